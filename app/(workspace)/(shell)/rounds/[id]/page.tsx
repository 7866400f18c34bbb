import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { RoundDetail } from './_components/round-detail.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('round'))('pageTitle') };
}

export default async function RoundPage({ params }: { params: Promise<{ id: string }> }) {
  await requireProjectRole('admin');
  return <RoundDetail roundId={(await params).id} />;
}
