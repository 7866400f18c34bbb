import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { LabelScreen } from './_components/label-screen.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('label'))('title') };
}

export default function LabelPage() {
  return <LabelScreen />;
}
