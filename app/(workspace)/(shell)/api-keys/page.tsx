import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { requireAdmin } from '../../../_lib/server.ts';
import { ApiKeyList } from './_components/api-key-list.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('apiKeys'))('title') };
}

export default async function ApiKeysPage() {
  await requireAdmin();
  return <ApiKeyList />;
}
