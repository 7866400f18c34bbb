import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../../_lib/server.ts';
import { NewRound } from './_components/new-round.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('newRound'))('title') };
}

export default async function NewRoundPage() {
  await requireProjectRole('admin');
  return <NewRound />;
}
