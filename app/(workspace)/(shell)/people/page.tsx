import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireAdmin } from '../../../_lib/server.ts';
import { PeopleList } from './_components/people-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('people'))('title') };
}

export default async function PeoplePage() {
  await requireAdmin();
  return <PeopleList />;
}
