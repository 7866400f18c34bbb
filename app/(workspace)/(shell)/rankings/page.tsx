import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { RankingList } from './_components/ranking-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('rankings'))('title') };
}

export default async function RankingsPage() {
  await requireProjectRole('reviewer');
  return <RankingList />;
}
