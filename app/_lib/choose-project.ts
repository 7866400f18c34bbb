'use server';
import { cookies } from 'next/headers';
import { projectCookie } from './project-cookie.ts';

/** Remembers which project this browser has open. Whether the person may see it is asked when it is read. */
export async function chooseProject(projectId: string): Promise<void> {
  (await cookies()).set(projectCookie, projectId, { maxAge: 31_536_000, sameSite: 'lax', httpOnly: true });
}
