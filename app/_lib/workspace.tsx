'use client';
// Who is signed in and which project is open: known from the first paint, since the layout reads both on the server.
import { createContext, type ReactNode, use } from 'react';
import type { ProjectRole } from '../../domain/roles.ts';

interface WorkspaceProject {
  id: string;
  name: string;
  role: ProjectRole;
}

export interface Workspace {
  user: { id: string; name: string; email: string; isAdmin: boolean };
  /** With this person's role in it. */
  project: WorkspaceProject;
  projects: WorkspaceProject[];
}

const WorkspaceContext = createContext<Workspace | null>(null);

export function WorkspaceProvider({ workspace, children }: { workspace: Workspace; children: ReactNode }) {
  return <WorkspaceContext value={workspace}>{children}</WorkspaceContext>;
}

export function useWorkspace(): Workspace {
  const workspace = use(WorkspaceContext);
  if (!workspace) throw new Error('useWorkspace: this component stands outside the workspace layout.');
  return workspace;
}
