import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { PairList } from './_components/pair-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('pairs'))('title') };
}

export default async function PairsPage() {
  await requireProjectRole('admin');
  return <PairList />;
}
