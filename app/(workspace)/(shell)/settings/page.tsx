import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { SettingsPage } from './_components/settings-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('settings'))('title') };
}

export default async function Settings() {
  await requireProjectRole('admin');
  return <SettingsPage />;
}
