// Brings an uploaded file into its project, in one transaction that no other worker's attempt can end: a cancelled, failed
// or fenced one leaves nothing. How far it is stands in transactions of their own.
import { importFile, openUpload } from '../../server/services/imports.ts';
import type { JobHandler } from '../context.ts';

const tellEveryMs = 500;

export const importUpload: JobHandler<'import'> = async (payload, context) => {
  const { projectId, batchId, createdBy, upload, options } = payload;
  let bytes = 0;
  const source = await openUpload(context.artifacts, upload, (read) => {
    bytes += read;
  });
  const total = Math.ceil(source.size / 1_000);
  let toldAt = 0;
  const onChunk = async () => {
    if (Date.now() - toldAt < tellEveryMs) return;
    toldAt = Date.now();
    // The file's start is read more than once.
    const done = Math.min(total, Math.floor(bytes / 1_000));
    await context.write((tx) => context.progress(tx, { done, total }));
  };
  await context.db.transaction(async (tx) => {
    await importFile(tx, source, { projectId, batchId, createdBy, options }, { signal: context.signal, onChunk });
    await context.claim(tx);
    await context.progress(tx, { done: total, total });
    await context.finish(tx);
  });
};
