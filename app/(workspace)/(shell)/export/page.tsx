import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { ExportForm } from './_components/export-form.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('export'))('title') };
}

export default async function ExportPage({ searchParams }: { searchParams: Promise<{ version?: string | string[] }> }) {
  await requireProjectRole('admin');
  const { version } = await searchParams;
  return <ExportForm initialVersion={typeof version === 'string' ? version : ''} />;
}
