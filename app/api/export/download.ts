// A file as a download, streamed: the browser's pace sets ours, so memory stays level whatever the size.
import { asKnownError } from '../../../domain/errors.ts';

export interface Download {
  filename: string;
  chunks: AsyncIterable<string>;
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

/** What `open` gives, or what it refuses, as a response. */
export async function answerWith(open: () => Promise<Download>): Promise<Response> {
  try {
    const { filename, chunks } = await open();
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
