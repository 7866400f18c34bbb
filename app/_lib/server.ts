// What server components need: who asks, and the API called in-process, with the same authorisation as from outside.
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import { isAtLeast, type ProjectRole } from '../../domain/roles.ts';
import type { User } from '../../server/auth.ts';
import { createContext } from '../../server/instance.ts';
import { appRouter } from '../../server/router.ts';
import { createCaller } from '../../server/trpc.ts';
import { projectCookie } from './project-cookie.ts';

const requestContext = cache(async () => createContext(await headers()));

export async function requireUser(): Promise<User> {
  return (await requestContext()).user ?? redirect('/sign-in');
}

/** Who is signed in, on pages that strangers see too. */
export async function findCurrentUser(): Promise<User | null> {
  return (await requestContext()).user;
}

/** For the installation's own pages; the API refuses all others anyway. */
export async function requireAdmin(): Promise<User> {
  const user = await requireUser();
  return user.role === 'admin' ? user : redirect('/');
}

/** For pages of the open project: whoever has a lower role there has no use for them. */
export async function requireProjectRole(wanted: ProjectRole): Promise<void> {
  await requireUser();
  const project = await openProject();
  if (!project || !isAtLeast(project.role, wanted)) redirect('/');
}

/** The project that this browser has open, and the person's role in it; all that are theirs. */
export const ownProjects = cache(async () =>
  (await (await api()).projects.list()).map(({ id, name, role }) => ({ id, name, role })),
);

export const openProject = cache(async () => {
  const projects = await ownProjects();
  const chosen = (await cookies()).get(projectCookie)?.value;
  return projects.find(({ id }) => id === chosen) ?? projects[0] ?? null;
});

export async function api() {
  return createCaller(appRouter)(await requestContext());
}
