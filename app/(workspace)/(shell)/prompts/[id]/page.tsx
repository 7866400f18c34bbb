import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { PromptDetail } from './_components/prompt-detail.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('prompt'))('title') };
}

export default async function PromptPage({ params }: { params: Promise<{ id: string }> }) {
  await requireProjectRole('reviewer');
  return <PromptDetail promptId={(await params).id} />;
}
