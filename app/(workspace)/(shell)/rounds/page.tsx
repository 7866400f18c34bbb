import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { RoundList } from './_components/round-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('rounds'))('title') };
}

export default async function RoundsPage() {
  await requireProjectRole('admin');
  return <RoundList />;
}
