import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { RankingDetail } from './_components/ranking-detail.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('rankings'))('one') };
}

export default async function RankingPage({ params }: { params: Promise<{ id: string }> }) {
  await requireProjectRole('reviewer');
  return <RankingDetail rankingId={(await params).id} />;
}
