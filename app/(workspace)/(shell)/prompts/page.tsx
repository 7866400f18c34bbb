import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { PromptList } from './_components/prompt-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('prompts'))('title') };
}

interface PromptsPageProps {
  searchParams: Promise<{ sample?: string; batch?: string }>;
}

export default async function PromptsPage({ searchParams }: PromptsPageProps) {
  await requireProjectRole('reviewer');
  const { sample, batch } = await searchParams;
  return <PromptList startsSampling={sample === '1'} batchId={batch} />;
}
