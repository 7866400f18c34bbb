// Fine-tunes a model on a file of examples. Each attempt trains in a hidden folder of its own beside the finished models
// and goes on from the newest whole checkpoint of the earlier ones; what it gives gets its name at once and is registered.
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { jobRuns } from '../../db/schema/jobs.ts';
import { models, sftMetrics, sftRuns, sftWarnings } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { parseJsonLines, sftRowSchema, toSftExample } from '../../domain/formats.ts';
import { isSftActive, type SftOutcome, sftOutcomeSchema } from '../../domain/sft.ts';
import { sftConfigSchema } from '../../engine/config.ts';
import { mkdirReason, reasonOf } from '../../engine/errors.ts';
import { isUniqueViolation } from '../../server/database-errors.ts';
import { resolveModelFolder } from '../../server/models-dir.ts';
import { requireModel, sftFolder } from '../../server/services/models.ts';
import { nameTaken, sftDataFile } from '../../server/services/sft.ts';
import { applySftEvent } from '../../server/services/sft-status.ts';
import type { JobContext, JobHandler } from '../context.ts';
import { inspectFolder } from '../inspect-model.ts';
import { newestOfAttempts } from '../training-attempts.ts';
import { type MetricsTarget, metricsWriter } from '../training-metrics.ts';

type SftRun = typeof sftRuns.$inferSelect;

/** Beside the weights: which run made them. */
const recordFile = 'fine-tuning.json';
const recordSchema = z.object({ run: z.uuid(), outcome: sftOutcomeSchema });

export const sft: JobHandler<'sft'> = async ({ sftRunId }, context) => {
  const run = await context.write((tx) => applySftEvent(tx, sftRunId, 'train'));
  await sweep(context);
  const folder = sftFolder(context.modelsDir, run.id);
  const target = path.join(context.modelsDir, run.name);
  try {
    // An attempt that was killed between the renaming and its last write has left all that it had to make.
    const named = await readRecord(target, run);
    const made = named ?? (await train(context, run, folder));
    if (!named && (await isThere(target))) throw nameTaken(run.name);
    await register(context, run, { from: named ? target : made.folder, to: target, outcome: made.outcome });
  } catch (error) {
    if (await isCancelled(context)) await rm(folder, { recursive: true, force: true });
    throw error;
  }
  await rm(folder, { recursive: true, force: true });
};

interface Made {
  folder: string;
  outcome: SftOutcome;
}

async function train(context: JobContext, run: SftRun, folder: string): Promise<Made> {
  if (!run.modelId) throw new AppError('CONFLICT', `The model ${run.modelName} has been removed.`);
  const base = await requireModel(context.db, run.modelId);
  const data = path.join(await context.artifacts.openFolder(run.dataKey), sftDataFile);
  const rows = parseJsonLines(sftRowSchema, await readFile(data, 'utf8'), run.dataName);
  const resumeFrom = await newestOfAttempts(folder);
  const out = path.join(folder, String(context.fence));
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw new AppError('DATA_DIR_UNUSABLE', `Cannot create the folder ${out}: ${mkdirReason(error)}.`, {
      cause: error,
    });
  });
  const result = await context.engine.sft(
    {
      model: await resolveModelFolder(context.modelsDir, base.folder ?? ''),
      examples: rows.map(toSftExample),
      config: sftConfigSchema.parse(run.config), // a run that was started by an older version lacks newer settings
      out,
      ...(resumeFrom ? { resumeFrom } : {}),
    },
    metricsWriter(context, out, metricsOf(run.id)),
    context.signal,
  );
  const { steps, examples, heldOut, best, stoppedEarly, seconds } = result;
  const dropped = Object.values(result.dropped).reduce((sum, count) => sum + count, 0);
  const outcome = { steps, examples, dropped, seconds, heldOut, best, stoppedEarly };
  for (const name of await readdir(out)) {
    if (name.startsWith('checkpoint-')) await rm(path.join(out, name), { recursive: true, force: true });
  }
  const record = { run: run.id, model: run.modelName, data: run.dataKey, config: run.config, outcome };
  await writeFile(path.join(out, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  return { folder: out, outcome };
}

const metricsOf = (sftRunId: string): MetricsTarget => ({
  channel: 'sft',
  id: sftRunId,
  add: (tx, steps) =>
    tx
      .insert(sftMetrics)
      .values(steps.map((step) => ({ sftRunId, ...step })))
      .onConflictDoNothing(),
  replace: (tx, step) =>
    tx
      .insert(sftMetrics)
      .values({ sftRunId, ...step })
      .onConflictDoUpdate({
        target: [sftMetrics.sftRunId, sftMetrics.step],
        set: step,
        setWhere: sql`${sftMetrics.fence} < ${step.fence}`,
      }),
  warn: (tx, warnings) =>
    tx
      .insert(sftWarnings)
      .values(warnings.map((warning) => ({ sftRunId, ...warning })))
      .onConflictDoNothing(),
});

/** Gives the folder its name and the model its row under the job's lock: a fenced attempt can do neither. */
async function register(
  context: JobContext,
  run: SftRun,
  { from, to, outcome }: { from: string; to: string; outcome: SftOutcome },
): Promise<void> {
  const facts = await inspectFolder(from, run.name, context.signal);
  try {
    await context.write(async (tx) => {
      const [model] = await tx
        .insert(models)
        .values({ name: run.name, source: 'folder', folder: run.name, status: 'ready', facts })
        .returning({ id: models.id });
      if (!model) throw new Error('insert into models returned no row');
      await applySftEvent(tx, run.id, 'finish', { resultModelId: model.id, outcome });
      await context.finish(tx);
      if (from !== to) {
        await rename(from, to).catch((error: unknown) => {
          throw new AppError('OUTPUT_NOT_WRITABLE', `Cannot write ${to}: ${reasonOf(error)}.`, { cause: error });
        });
      }
    });
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(run.name) : error;
  }
}

/** What stands under the run's name already, if this run has made it. */
async function readRecord(target: string, run: SftRun): Promise<Made | null> {
  const text = await readFile(path.join(target, recordFile), 'utf8').catch(() => null);
  if (!text?.includes(run.id)) return null;
  const record = recordSchema.parse(JSON.parse(text));
  return record.run === run.id ? { folder: target, outcome: record.outcome } : null;
}

async function isCancelled(context: JobContext): Promise<boolean> {
  const [job] = await context.db
    .select({ cancelRequested: jobRuns.cancelRequested })
    .from(jobRuns)
    .where(eq(jobRuns.id, context.jobRunId))
    .catch(() => []);
  return job?.cancelRequested === true;
}

/** Checkpoints are large: those of runs that have ended (failed, or cancelled while their worker was away) go. */
async function sweep({ db, modelsDir }: JobContext): Promise<void> {
  const names = await readdir(modelsDir).catch(() => []);
  const left = names.flatMap((name) => /^\.sft-([0-9a-f-]{36})$/.exec(name)?.[1] ?? []);
  if (left.length === 0) return;
  // Folders of runs that this database does not know are another installation's.
  const runs = await db
    .select({ id: sftRuns.id, status: sftRuns.status })
    .from(sftRuns)
    .where(inArray(sftRuns.id, left));
  for (const { id, status } of runs) {
    if (!isSftActive(status)) await rm(sftFolder(modelsDir, id), { recursive: true, force: true });
  }
}

const isThere = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );
