// A message to a model, answered in lines of JSON while it is sampled. Closing the connection stops the worker.
import { AppError, asKnownError } from '../../../domain/errors.ts';
import { currentUser, serverInstance } from '../../../server/instance.ts';
import { type TryLine, type TryRequest, tryModel, tryRequestSchema } from '../../../server/services/try-model.ts';

async function readRequest(request: Request): Promise<TryRequest> {
  const user = await currentUser(request.headers);
  if (!user) throw new AppError('UNAUTHENTICATED', 'Sign in first.');
  // Every project's policies can be tried here: the installation's admins' business.
  if (user.role !== 'admin') throw new AppError('FORBIDDEN', 'Only an admin may try a model.');
  // Another site's form cannot send JSON, so that it cannot ask in this person's name.
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    throw new AppError('INVALID_INPUT', 'The request must be JSON.');
  }
  const parsed = tryRequestSchema.safeParse(await request.json().catch(() => null));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError('INVALID_INPUT', `${issue?.path.join('.')}: ${issue?.message}`);
}

function toStream(lines: AsyncIterable<TryLine>, stop: () => void): ReadableStream<Uint8Array> {
  const iterator = lines[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    cancel: stop,
  });
}

/** An error after the first line is a line too. */
async function* withError(lines: AsyncIterable<TryLine>): AsyncGenerator<TryLine> {
  try {
    yield* lines;
  } catch (error) {
    const known = asKnownError(error);
    if (!known) console.error('try:', error);
    yield { type: 'error', message: known?.message ?? 'Something went wrong on the server. Its log says what.' };
  }
}

export async function POST(request: Request): Promise<Response> {
  try {
    const asked = await readRequest(request);
    const stop = new AbortController();
    const signal = AbortSignal.any([request.signal, stop.signal]);
    const lines = withError(tryModel(serverInstance(), asked, signal));
    return new Response(
      toStream(lines, () => stop.abort()),
      {
        headers: { 'content-type': 'application/jsonl; charset=utf-8', 'cache-control': 'no-store, no-transform' },
      },
    );
  } catch (error) {
    const known = asKnownError(error);
    if (!known) throw error;
    return Response.json({ error: known.message, code: known.code }, { status: known.traits.http });
  }
}
