import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ApiProvider } from '../_trpc/provider.tsx';
import { Entrance } from '../_ui/entrance.tsx';
import { SetupForm } from './_components/setup-form.tsx';

export async function generateMetadata(): Promise<Metadata> {
  // The address holds a token: no other site may learn it.
  return { title: (await getTranslations('setup'))('title'), referrer: 'no-referrer' };
}

export default async function SetupPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const t = await getTranslations('setup');
  const { token } = await searchParams;
  return (
    <Entrance title={t('title')} intro={t('intro')}>
      <ApiProvider>
        <SetupForm token={typeof token === 'string' ? token : ''} />
      </ApiProvider>
    </Entrance>
  );
}
