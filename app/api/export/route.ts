// The pairs as a JSONL download, streamed: the browser's pace sets ours, so memory stays level whatever the size.
import { z } from 'zod';
import { AppError, asKnownError } from '../../../domain/errors.ts';
import { pairPolicyNames } from '../../../domain/pairs.ts';
import { currentUser, serverInstance } from '../../../server/instance.ts';
import { exportFormats, exportPairs } from '../../../server/services/export.ts';
import { findRole } from '../../../server/services/members.ts';

const querySchema = z.object({
  projectId: z.uuid(),
  format: z.enum(exportFormats).default('trl'),
  datasetVersionId: z.uuid().optional(),
  pairPolicy: z.enum(pairPolicyNames).optional(),
});

async function openExport(request: Request) {
  const user = await currentUser(request.headers);
  if (!user) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
  const query = querySchema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!query.success) {
    const issue = query.error.issues[0];
    throw new AppError('INVALID_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { db } = serverInstance();
  // In the same words where there is no such project: who may not export it learns nothing of it.
  if ((await findRole(db, user, query.data.projectId)) !== 'admin') {
    throw new AppError('FORBIDDEN', 'Only an admin of this project may export its pairs.');
  }
  return exportPairs(db, query.data);
}

function toStream(chunks: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

export async function GET(request: Request): Promise<Response> {
  try {
    const { filename, chunks } = await openExport(request);
    return new Response(toStream(chunks), {
      headers: {
        'content-type': 'application/jsonl; charset=utf-8',
        'content-disposition': `attachment; filename="${filename}"`,
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    const known = asKnownError(error);
    if (!known) throw error;
    return Response.json({ error: known.message, code: known.code }, { status: known.traits.http });
  }
}
