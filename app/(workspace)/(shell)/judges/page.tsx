import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { JudgeList } from './_components/judge-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('judges'))('title') };
}

export default async function JudgesPage() {
  await requireProjectRole('admin');
  return <JudgeList />;
}
