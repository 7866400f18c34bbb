import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { PersonDetail } from './_components/person-detail.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('quality'))('title') };
}

export default async function PersonQualityPage({ params }: { params: Promise<{ id: string }> }) {
  await requireProjectRole('reviewer');
  return <PersonDetail userId={(await params).id} />;
}
