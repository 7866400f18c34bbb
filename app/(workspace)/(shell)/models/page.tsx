import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireAdmin } from '../../../_lib/server.ts';
import { ModelList } from './_components/model-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('models'))('title') };
}

export default async function ModelsPage() {
  await requireAdmin();
  return <ModelList />;
}
