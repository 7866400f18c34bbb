import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireAdmin } from '../../../_lib/server.ts';
import { PairList } from './_components/pair-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('pairs'))('title') };
}

export default async function PairsPage() {
  await requireAdmin();
  return <PairList />;
}
