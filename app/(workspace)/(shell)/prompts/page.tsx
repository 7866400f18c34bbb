import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { PromptList } from './_components/prompt-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('prompts'))('title') };
}

export default async function PromptsPage({ searchParams }: { searchParams: Promise<{ sample?: string }> }) {
  await requireProjectRole('reviewer');
  return <PromptList startsSampling={(await searchParams).sample === '1'} />;
}
