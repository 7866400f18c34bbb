// What server components need: who asks, and the API called in-process, with the same authorisation as from outside.
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';
import type { User } from '../../server/auth.ts';
import { createContext } from '../../server/instance.ts';
import { appRouter } from '../../server/router.ts';
import { createCaller } from '../../server/trpc.ts';

const requestContext = cache(async () => createContext(await headers()));

export async function requireUser(): Promise<User> {
  return (await requestContext()).user ?? redirect('/sign-in');
}

/** For pages that annotators have no use for; the API refuses them anyway. */
export async function requireAdmin(): Promise<User> {
  const user = await requireUser();
  return user.role === 'admin' ? user : redirect('/');
}

export async function api() {
  return createCaller(appRouter)(await requestContext());
}
