'use client';
// Who is signed in and which project is open: known from the first paint, since the layout reads both on the server.
import { createContext, type ReactNode, use } from 'react';

export interface Workspace {
  user: { id: string; name: string; email: string; isAdmin: boolean };
  project: { id: string; name: string };
  projects: { id: string; name: string }[];
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
