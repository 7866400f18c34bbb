import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { ReviewScreen } from './_components/review-screen.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('review.task'))('title') };
}

export default async function ReviewTaskPage({ params }: { params: Promise<{ id: string }> }) {
  await requireProjectRole('reviewer');
  const { id } = await params;
  return <ReviewScreen key={id} taskId={id} />;
}
