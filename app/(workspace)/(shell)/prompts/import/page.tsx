import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { ImportScreen } from './_components/import-screen.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('imports'))('title') };
}

interface ImportPageProps {
  searchParams: Promise<{ job?: string; batch?: string }>;
}

export default async function ImportPage({ searchParams }: ImportPageProps) {
  await requireProjectRole('admin');
  const { job, batch } = await searchParams;
  return <ImportScreen run={batch ? { jobRunId: job ?? null, batchId: batch } : null} />;
}
