import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { api, openProject } from '../../_lib/server.ts';
import { LabelScreen } from './_components/label-screen.tsx';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('label'))('title') };
}

export default async function LabelPage() {
  const project = await openProject();
  if (!project) return null;
  const context = await (await api()).label.context({ projectId: project.id });
  return <LabelScreen key={project.id} initialContext={context} />;
}
