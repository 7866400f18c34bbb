// Supervised fine-tuning: its start (which checks and stores the examples), and what it shows.
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { and, asc, desc, eq, gt, inArray } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { user } from '../../db/schema/people.ts';
import { models, sftMetrics, sftRuns, sftWarnings } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { parseJsonLines, sftRowSchema } from '../../domain/formats.ts';
import { needsHeldOut, type SftConfig } from '../../engine/config.ts';
import type { ArtifactStore } from '../artifacts.ts';
import { isUniqueViolation } from '../database-errors.ts';
import { cancelJob } from './job-end.ts';
import { enqueue, jobColumns } from './jobs.ts';
import { requireReadyModel } from './models.ts';

export interface SftPlaces {
  modelsDir: string;
  artifacts: ArtifactStore;
}

export interface StartSft {
  modelId: string;
  /** The new model's name, and its folder in the models directory. */
  name: string;
  config: SftConfig;
  /** JSONL: {messages}, or {prompt, completion}. */
  data: string;
  dataName: string;
}

/** What the examples' file is called in the artifact store: the key is then a function of its content alone. */
export const sftDataFile = 'data.jsonl';

/** Checks every line, stores the examples, and hands the run to the queue; of a bad line nothing is stored. */
export async function startSft(
  db: Database,
  actor: { id: string },
  { modelsDir, artifacts }: SftPlaces,
  { modelId, name, config, data, dataName }: StartSft,
): Promise<{ sftRunId: string; jobRunId: string }> {
  await requireReadyModel(db, modelsDir, modelId);
  if (config.lora) {
    const remedy = 'leave lora out, or train an adapter on the command line (rankloop sft)';
    throw new AppError('CONFIG_INVALID', `A fine-tuned model is whole, but lora gives an adapter: ${remedy}.`);
  }
  if (needsHeldOut(config) && config.eval_split === 0) {
    const asked = 'The settings judge by evaluations (early stopping, or the best checkpoint at the end)';
    throw new AppError('CONFIG_INVALID', `${asked}, and no example is held out: set eval_split.`);
  }
  const exampleCount = parseJsonLines(sftRowSchema, data, dataName).length;
  if (exampleCount === 0) throw new AppError('DATA_INVALID', `${dataName} holds no line: give a file with examples.`);
  await requireFreeName(db, modelsDir, name);
  const dataKey = await artifacts.putFile(sftDataFile, data);
  try {
    return await db.transaction(async (tx) => {
      const model = await lockReadyModel(tx, modelId);
      const [run] = await tx
        .insert(sftRuns)
        .values({
          name,
          modelId,
          modelName: model.name,
          config,
          dataKey,
          dataName,
          exampleCount,
          createdBy: actor.id,
        })
        .returning({ id: sftRuns.id });
      if (!run) throw new Error('insert into sft_runs returned no row');
      const jobRunId = await enqueue(tx, 'sft', { sftRunId: run.id }, { sftRunId: run.id, total: 0 });
      return { sftRunId: run.id, jobRunId };
    });
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(name) : error;
  }
}

/** Neither removed nor changed while the run is being written. */
async function lockReadyModel(tx: Transaction, modelId: string) {
  const [model] = await tx.select().from(models).where(eq(models.id, modelId)).for('share');
  if (model?.status !== 'ready')
    throw new AppError('CONFLICT', 'The model is not ready any more: see the models page.');
  return model;
}

async function requireFreeName(db: Queryable, modelsDir: string, name: string): Promise<void> {
  const [registered] = await db.select({ id: models.id }).from(models).where(eq(models.folder, name));
  const isThere = await lstat(path.join(modelsDir, name)).then(
    () => true,
    () => false,
  );
  if (registered || isThere) throw nameTaken(name);
}

export const nameTaken = (name: string) =>
  new AppError('CONFLICT', `The name ${name} is taken in the models directory: give the new model another one.`);

/** The newest first, without their examples and metrics. */
export async function listSftRuns(db: Queryable) {
  return db
    .select({
      id: sftRuns.id,
      name: sftRuns.name,
      status: sftRuns.status,
      modelId: sftRuns.modelId,
      modelName: sftRuns.modelName,
      exampleCount: sftRuns.exampleCount,
      resultModelId: sftRuns.resultModelId,
      createdAt: sftRuns.createdAt,
    })
    .from(sftRuns)
    .orderBy(desc(sftRuns.createdAt), desc(sftRuns.id))
    .limit(mostListed);
}

const mostListed = 100;

export async function requireSftRun(db: Queryable, sftRunId: string) {
  const [run] = await db.select().from(sftRuns).where(eq(sftRuns.id, sftRunId));
  if (!run) throw new AppError('NOT_FOUND', 'There is no such fine-tuning.');
  return run;
}

export async function getSftRun(db: Queryable, params: { sftRunId: string }) {
  const result = alias(models, 'result');
  const [found] = await db
    .select({
      run: sftRuns,
      startedBy: user.name,
      result: { id: result.id, name: result.name, status: result.status },
    })
    .from(sftRuns)
    .leftJoin(user, eq(user.id, sftRuns.createdBy))
    .leftJoin(result, eq(result.id, sftRuns.resultModelId))
    .where(eq(sftRuns.id, params.sftRunId));
  if (!found) throw new AppError('NOT_FOUND', 'There is no such fine-tuning.');
  const [job] = await db
    .select(jobColumns)
    .from(jobRuns)
    .where(eq(jobRuns.sftRunId, params.sftRunId))
    .orderBy(desc(jobRuns.createdAt))
    .limit(1);
  return { ...found, job: job ?? null };
}

export async function listSftMetrics(db: Queryable, params: { sftRunId: string; afterStep?: number | undefined }) {
  return db
    .select({
      step: sftMetrics.step,
      maxSteps: sftMetrics.maxSteps,
      epoch: sftMetrics.epoch,
      values: sftMetrics.values,
    })
    .from(sftMetrics)
    .where(and(eq(sftMetrics.sftRunId, params.sftRunId), gt(sftMetrics.step, params.afterStep ?? -1)))
    .orderBy(asc(sftMetrics.step));
}

/** What the diagnostics of the training found, in the order in which they came. */
export async function listSftWarnings(db: Queryable, params: { sftRunId: string }) {
  return db
    .select({
      kind: sftWarnings.kind,
      step: sftWarnings.step,
      figures: sftWarnings.figures,
      examples: sftWarnings.examples,
    })
    .from(sftWarnings)
    .where(eq(sftWarnings.sftRunId, params.sftRunId))
    .orderBy(asc(sftWarnings.step), asc(sftWarnings.createdAt), asc(sftWarnings.kind));
}

/** Stops the run's job; the run is cancelled with it. */
export async function cancelSftRun(db: Database, params: { sftRunId: string }) {
  const [job] = await db
    .select({ id: jobRuns.id })
    .from(jobRuns)
    .where(and(eq(jobRuns.sftRunId, params.sftRunId), inArray(jobRuns.status, ['queued', 'running'])));
  if (!job) throw new AppError('CONFLICT', 'This fine-tuning is not running.');
  return cancelJob(db, { jobRunId: job.id });
}
