// Everything behind the sign-in: the API, live updates, and who is asking for which project.
import { getTranslations } from 'next-intl/server';
import type { ReactNode } from 'react';
import { openProject, ownProjects, requireUser } from '../_lib/server.ts';
import { WorkspaceProvider } from '../_lib/workspace.tsx';
import { ApiProvider } from '../_trpc/provider.tsx';
import { Empty } from '../_ui/state.tsx';
import { LiveUpdates } from './_components/live-updates.tsx';

export default async function WorkspaceLayout({ children }: { children: ReactNode }) {
  const user = await requireUser();
  const [projects, project] = await Promise.all([ownProjects(), openProject()]);
  if (!project) {
    const t = await getTranslations('workspace');
    return (
      <main className="mx-auto max-w-xl px-4 py-24">
        <Empty title={t('noProject')}>{t('noProjectText')}</Empty>
      </main>
    );
  }
  const { id, name, email, role } = user;
  return (
    <ApiProvider>
      <WorkspaceProvider workspace={{ user: { id, name, email, isAdmin: role === 'admin' }, project, projects }}>
        <LiveUpdates />
        {children}
      </WorkspaceProvider>
    </ApiProvider>
  );
}
