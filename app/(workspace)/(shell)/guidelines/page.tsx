import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { GuidelinesPage } from './_components/guidelines-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('guidelines'))('title') };
}

export default async function Guidelines() {
  await requireProjectRole('admin');
  return <GuidelinesPage />;
}
