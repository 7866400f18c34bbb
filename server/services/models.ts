// Models as the pages see them: registered, brought from the Hub, tried again, removed. The worker looks into their
// files (worker/jobs/models.ts); nothing of a stranger's file is parsed here.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { and, asc, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { jobRuns, workers } from '../../db/schema/jobs.ts';
import { judges, policies, projects } from '../../db/schema/project.ts';
import { models, sftRuns } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { workerSilenceSeconds } from '../../domain/jobs.ts';
import { activeSftStatuses } from '../../domain/sft.ts';
import { reasonOf } from '../../engine/errors.ts';
import { isUniqueViolation } from '../database-errors.ts';
import { listModelFolders, resolveModelFolder } from '../models-dir.ts';
import { enqueue, jobColumns } from './jobs.ts';

export type Model = typeof models.$inferSelect;

/** Every model, the newest last, with its job while there is one. */
export async function listModels(db: Queryable) {
  const [rows, jobs] = await Promise.all([
    db.select().from(models).orderBy(asc(models.createdAt), asc(models.id)),
    db
      .select({ ...jobColumns, modelId: jobRuns.modelId })
      .from(jobRuns)
      .where(and(isNotNull(jobRuns.modelId), inArray(jobRuns.status, ['queued', 'running'])))
      .orderBy(desc(jobRuns.createdAt)),
  ]);
  return rows.map((model) => ({ ...model, job: jobs.find((job) => job.modelId === model.id) ?? null }));
}

/** What the living workers' devices have. */
export async function listDevices(db: Queryable) {
  return db
    .select({ id: workers.id, name: workers.name, device: workers.device, memory: workers.memory })
    .from(workers)
    .where(sql`${workers.heartbeatAt} > now() - make_interval(secs => ${workerSilenceSeconds})`)
    .orderBy(asc(workers.startedAt));
}

/** Folders that could be registered and are not. */
export async function listUnregisteredFolders(db: Queryable, modelsDir: string): Promise<string[]> {
  const known = new Set((await db.select({ folder: models.folder }).from(models)).map(({ folder }) => folder));
  return (await listModelFolders(modelsDir)).filter((folder) => !known.has(folder));
}

export async function requireModel(db: Queryable, modelId: string): Promise<Model> {
  const [model] = await db.select().from(models).where(eq(models.id, modelId));
  if (!model) throw new AppError('NOT_FOUND', 'There is no such model.');
  return model;
}

/** A model that can be sampled from, and its folder as policies name it. */
export async function requireReadyModel(db: Queryable, modelsDir: string, modelId: string) {
  const model = await requireModel(db, modelId);
  if (model.status !== 'ready' || !model.folder) {
    throw new AppError('CONFLICT', `The model ${model.name} is not ready: see the models page.`);
  }
  return { model, modelDir: modelDirOf(modelsDir, model.folder) };
}

/** Below the project's root it is named from there, so that the whole can be moved. */
export function modelDirOf(modelsDir: string, folder: string): string {
  const absolute = path.join(modelsDir, folder);
  const fromRoot = path.relative(process.cwd(), absolute);
  return fromRoot.startsWith('..') || path.isAbsolute(fromRoot) ? absolute : fromRoot;
}

export async function registerFolder(
  db: Database,
  modelsDir: string,
  input: { folder: string; name?: string | undefined },
) {
  await resolveModelFolder(modelsDir, input.folder);
  const { folder } = input;
  return insertModel(
    db,
    { name: input.name ?? path.posix.basename(folder), source: 'folder', folder, status: 'registering' },
    `The folder ${folder} is registered already.`,
  );
}

export interface AddFromHub {
  hubId: string;
  revision?: string | undefined;
  name?: string | undefined;
}

/** The revision is resolved to a commit when the download begins, and stays with that commit. */
export async function addFromHub(db: Database, { hubId, revision, name }: AddFromHub) {
  return insertModel(
    db,
    {
      name: name ?? hubId.split('/').at(-1) ?? hubId,
      source: 'hub',
      hubId,
      hubRevision: revision ?? 'main',
      status: 'downloading',
    },
    `${hubId} is registered already.`,
  );
}

async function insertModel(
  db: Database,
  values: typeof models.$inferInsert,
  taken: string,
): Promise<{ modelId: string; jobRunId: string }> {
  try {
    return await db.transaction(async (tx) => {
      const [model] = await tx.insert(models).values(values).returning();
      if (!model) throw new Error('insert into models returned no row');
      return { modelId: model.id, jobRunId: await enqueueFor(tx, model) };
    });
  } catch (error) {
    throw isUniqueViolation(error) ? new AppError('CONFLICT', taken) : error;
  }
}

function enqueueFor(tx: Transaction, { id, source }: Model): Promise<string> {
  return enqueue(tx, source === 'hub' ? 'download' : 'inspect', { modelId: id }, { modelId: id, total: 0 });
}

/** Looks again, or goes on with a download where it stopped. */
export async function retryModel(db: Database, params: { modelId: string }) {
  return db.transaction(async (tx) => {
    const model = await lockIdleModel(tx, params.modelId);
    const status = model.source === 'hub' ? 'downloading' : 'registering';
    await tx.update(models).set({ status, error: null }).where(eq(models.id, model.id));
    return { jobRunId: await enqueueFor(tx, model) };
  });
}

/** Takes a model off the list. A folder's files stay; those from the Hub, which can be had again, go. */
export async function removeModel(db: Database, modelsDir: string, params: { modelId: string }): Promise<void> {
  const model = await db.transaction(async (tx) => {
    const locked = await lockIdleModel(tx, params.modelId);
    await refuseWhileTrainedFrom(tx, locked);
    if (locked.folder) await refuseWhereUsed(tx, locked.name, modelDirOf(modelsDir, locked.folder));
    await tx.delete(models).where(eq(models.id, locked.id));
    return locked;
  });
  if (model.source === 'folder') return;
  const folders = [partialFolder(modelsDir, model.id), ...(model.folder ? [path.join(modelsDir, model.folder)] : [])];
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      throw new AppError(
        'OUTPUT_NOT_WRITABLE',
        `${model.name} was removed, but its files in ${folder} remain: ${reasonOf(error)}.`,
      );
    });
  }
}

/** Where a run's attempts train, each in a folder of its own. */
export function sftFolder(modelsDir: string, sftRunId: string): string {
  return path.join(modelsDir, `.sft-${sftRunId}`);
}

/** Where a download grows until it is whole. */
export function partialFolder(modelsDir: string, modelId: string): string {
  return path.join(modelsDir, `.partial-${modelId}`);
}

async function lockIdleModel(tx: Transaction, modelId: string): Promise<Model> {
  const [model] = await tx.select().from(models).where(eq(models.id, modelId)).for('update');
  if (!model) throw new AppError('NOT_FOUND', 'There is no such model.');
  const [job] = await tx
    .select({ id: jobRuns.id })
    .from(jobRuns)
    .where(and(eq(jobRuns.modelId, modelId), inArray(jobRuns.status, ['queued', 'running'])))
    .limit(1);
  if (job) throw new AppError('CONFLICT', `A job still works on ${model.name}: cancel it first.`);
  return model;
}

async function refuseWhereUsed(tx: Transaction, name: string, modelDir: string): Promise<void> {
  const [used] = await tx
    .select({ project: projects.name })
    .from(policies)
    .innerJoin(projects, eq(projects.id, policies.projectId))
    .where(eq(policies.modelDir, modelDir))
    .limit(1);
  if (used) throw new AppError('CONFLICT', `The project ${used.project} stands on ${name}: it has to stay.`);
  const [judging] = await tx
    .select({ name: judges.name, project: projects.name })
    .from(judges)
    .innerJoin(projects, eq(projects.id, judges.projectId))
    .where(and(eq(judges.baseModelDir, modelDir), isNull(judges.removedAt)))
    .limit(1);
  if (judging) {
    throw new AppError(
      'CONFLICT',
      `The judge ${judging.name} of ${judging.project} stands on ${name}: remove that judge first.`,
    );
  }
}

/** A model that a run trains from, or waits to, has to stay. */
async function refuseWhileTrainedFrom(tx: Transaction, model: Model): Promise<void> {
  const [run] = await tx
    .select({ name: sftRuns.name })
    .from(sftRuns)
    .where(and(eq(sftRuns.modelId, model.id), inArray(sftRuns.status, [...activeSftStatuses])))
    .limit(1);
  if (run) throw new AppError('CONFLICT', `${run.name} is being fine-tuned from ${model.name}: cancel that first.`);
}
