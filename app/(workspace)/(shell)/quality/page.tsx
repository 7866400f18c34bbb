import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { QualityPage } from './_components/quality-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('quality'))('title') };
}

export default async function Quality() {
  await requireProjectRole('annotator');
  return <QualityPage />;
}
