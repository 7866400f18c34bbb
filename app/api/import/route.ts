// A file on its way into an import: its bytes as they come, kept under the hash of their content. Nothing of it is read yet.
import { z } from 'zod';
import { AppError, asKnownError } from '../../../domain/errors.ts';
import { currentUser, serverInstance } from '../../../server/instance.ts';
import { mostUploadBytes, storeUpload, sweepUploads } from '../../../server/services/imports.ts';
import { requireRole } from '../../../server/services/members.ts';

const querySchema = z.object({ projectId: z.uuid() });

async function requireSender(request: Request): Promise<void> {
  const user = await currentUser(request.headers);
  if (!user) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
  const query = querySchema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!query.success) throw new AppError('INVALID_INPUT', 'projectId: must be the id of a project.');
  await requireRole(serverInstance().db, user, query.data.projectId, 'admin');
  // Another site's form cannot send this kind, so that it cannot ask in this person's name.
  if (request.headers.get('content-type') !== 'application/octet-stream') {
    throw new AppError('INVALID_INPUT', 'The file must be sent as application/octet-stream.');
  }
  if (Number(request.headers.get('content-length') ?? 0) > mostUploadBytes) {
    throw new AppError('INVALID_INPUT', 'The file is larger than 512 MiB: split it, or use `rankloop import`.');
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const part = await reader?.read();
      if (!part || part.done) return;
      yield part.value;
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

export async function POST(request: Request): Promise<Response> {
  try {
    await requireSender(request);
    const { db, artifacts } = serverInstance();
    await sweepUploads(db, artifacts);
    const key = await storeUpload(artifacts, chunksOf(request.body));
    return Response.json({ key }, { headers: { 'cache-control': 'no-store' } });
  } catch (error) {
    const known = asKnownError(error);
    if (!known) throw error;
    return Response.json({ error: known.message, code: known.code }, { status: known.traits.http });
  }
}
