// Brings a model from the Hub: pins its commit, downloads the files it needs beside the finished models, gives the whole
// folder its name at once, and looks into it. A successor of a killed worker goes on where that one stood.
import { rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { models } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { neededFiles } from '../../domain/models.ts';
import { reasonOf } from '../../engine/errors.ts';
import { isUniqueViolation } from '../../server/database-errors.ts';
import { resolveModelFolder } from '../../server/models-dir.ts';
import { readHubToken } from '../../server/services/hub-token.ts';
import { markModelReady } from '../../server/services/model-status.ts';
import { type Model, partialFolder, requireModel } from '../../server/services/models.ts';
import type { JobContext, JobHandler } from '../context.ts';
import { type Hub, openHub } from '../hub.ts';
import { inspectFolder, recogniseFolder } from '../inspect-model.ts';
import { downloadModel } from '../model-download.ts';

/** A job's counters are whole numbers of this many bytes. */
const unit = 1000;
const reportEveryMs = 500;

export const download: JobHandler<'download'> = async ({ modelId }, context) => {
  const model = await requireModel(context.db, modelId);
  const token = await readHubToken(context.db, context.secret);
  const hub = openHub({ endpoint: context.hubEndpoint, token, signal: context.signal });
  const { hubId, commit, folder } = await pin(context, hub, model);
  if (!(await isFolder(path.join(context.modelsDir, folder))))
    await bring(context, hub, model, { hubId, commit, folder });
  const facts = await inspectFolder(await resolveModelFolder(context.modelsDir, folder), model.name, context.signal);
  await context.write(async (tx) => {
    await markModelReady(tx, modelId, facts);
    await context.finish(tx);
  });
};

interface Pinned {
  hubId: string;
  commit: string;
  folder: string;
}

/** The commit is asked for once: a branch that moves changes nothing afterwards. */
async function pin(context: JobContext, hub: Hub, model: Model): Promise<Pinned> {
  const { hubId, hubRevision, hubCommit, folder } = model;
  if (!hubId) throw new AppError('CONFLICT', `The model ${model.name} is not from the Hub.`);
  if (hubCommit && folder) return { hubId, commit: hubCommit, folder };
  const commit = await hub.resolve(hubId, hubRevision ?? 'main');
  const named = `${hubId.replace('/', '--')}--${commit.slice(0, 12)}`;
  try {
    await context.write((tx) =>
      tx.update(models).set({ hubCommit: commit, folder: named }).where(eq(models.id, model.id)),
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('CONFLICT', `Commit ${commit.slice(0, 12)} of ${hubId} is on the models page already.`);
  }
  return { hubId, commit, folder: named };
}

async function bring(context: JobContext, hub: Hub, model: Model, { hubId, commit, folder }: Pinned): Promise<void> {
  const files = neededFiles(hubId, await hub.list(hubId, commit));
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const partial = partialFolder(context.modelsDir, model.id);
  let reportedAt = 0;
  await downloadModel({
    // An unknown architecture is refused before gigabytes of it have come.
    beforeWeights: () => recogniseFolder(partial, model.name, context.signal),
    hub,
    hubId,
    commit,
    files,
    folder: partial,
    signal: context.signal,
    onProgress: async (bytes, message) => {
      if (bytes < total && Date.now() - reportedAt < reportEveryMs) return;
      reportedAt = Date.now();
      await context.write((tx) =>
        context.progress(tx, { done: Math.floor(bytes / unit), total: Math.ceil(total / unit), message }),
      );
    },
  });
  const target = path.join(context.modelsDir, folder);
  await rename(partial, target).catch((error: unknown) => {
    throw new AppError('OUTPUT_NOT_WRITABLE', `Cannot write ${target}: ${reasonOf(error)}.`, { cause: error });
  });
}

const isFolder = (folder: string) =>
  stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
