import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { ApiProvider } from '../_trpc/provider.tsx';
import { Entrance } from '../_ui/entrance.tsx';
import { SetupHint } from './_components/setup-hint.tsx';
import { SignInForm } from './_components/sign-in-form.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('signIn'))('title') };
}

/** Only a path of this app is followed after signing in. */
function ownPath(next: string | string[] | undefined): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';
}

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string | string[] }> }) {
  const t = await getTranslations('signIn');
  return (
    <Entrance title={t('title')} intro={t('intro')}>
      <SignInForm next={ownPath((await searchParams).next)} />
      <ApiProvider>
        <SetupHint />
      </ApiProvider>
    </Entrance>
  );
}
