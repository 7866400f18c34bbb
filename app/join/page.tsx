import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { findCurrentUser } from '../_lib/server.ts';
import { ApiProvider } from '../_trpc/provider.tsx';
import { Entrance } from '../_ui/entrance.tsx';
import { JoinForm } from './_components/join-form.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('join'))('title'), referrer: 'no-referrer' };
}

export default async function JoinPage() {
  const t = await getTranslations('join');
  const user = await findCurrentUser();
  return (
    <Entrance title={t('title')} intro={t('intro')}>
      <ApiProvider>
        <JoinForm user={user && { name: user.name, email: user.email }} />
      </ApiProvider>
    </Entrance>
  );
}
