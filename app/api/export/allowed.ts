// Who may take a project's data with them: its admins. What the address asks, parsed.
import type { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { currentUser, serverInstance } from '../../../server/instance.ts';
import { findRole } from '../../../server/services/members.ts';

export async function readExportQuery<S extends z.ZodType<{ projectId: string }>>(
  request: Request,
  schema: S,
): Promise<z.output<S>> {
  const user = await currentUser(request.headers);
  if (!user) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
  const query = schema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!query.success) {
    const issue = query.error.issues[0];
    throw new AppError('INVALID_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  // In the same words where there is no such project: who may not export it learns nothing of it.
  if ((await findRole(serverInstance().db, user, query.data.projectId)) !== 'admin') {
    throw new AppError('FORBIDDEN', 'Only an admin of this project may export its data.');
  }
  return query.data;
}
