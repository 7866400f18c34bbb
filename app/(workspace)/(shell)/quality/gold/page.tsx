import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { GoldPage } from './_components/gold-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('gold'))('title') };
}

export default async function Gold() {
  await requireProjectRole('admin');
  return <GoldPage />;
}
