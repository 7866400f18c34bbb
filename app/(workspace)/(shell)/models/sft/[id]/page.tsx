import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireAdmin } from '../../../../../_lib/server.ts';
import { SftDetail } from './_components/sft-detail.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('sft'))('pageTitle') };
}

export default async function SftPage({ params }: { params: Promise<{ id: string }> }) {
  await requireAdmin();
  return <SftDetail sftRunId={(await params).id} />;
}
