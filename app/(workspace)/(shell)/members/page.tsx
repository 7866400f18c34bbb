import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireProjectRole } from '../../../_lib/server.ts';
import { MembersPage } from './_components/members-page.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('members'))('title') };
}

export default async function Members() {
  await requireProjectRole('admin');
  return <MembersPage />;
}
