// Brings a training's metrics to the database, those included that an attempt had logged when its worker was killed: they
// may have been on their way.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Transaction } from '../db/client.ts';
import type { TrainingWarning, TrainMetrics } from '../engine/ports.ts';
import { notify } from '../server/services/notify.ts';
import type { JobContext } from './context.ts';

export interface LoggedStep extends Pick<TrainMetrics, 'step' | 'maxSteps' | 'epoch' | 'values'> {
  fence: number;
}

/** Where the metrics of one kind of training go, and who hears of them. */
export interface MetricsTarget {
  channel: 'round' | 'sft';
  id: string;
  /** Stores steps that are not there yet. */
  add(tx: Transaction, steps: LoggedStep[]): Promise<unknown>;
  /** Stores a step in the place of an earlier attempt's: one that goes on from a checkpoint comes by some once more. */
  replace(tx: Transaction, step: LoggedStep): Promise<unknown>;
  /** Stores warnings, at least one, that are not there yet: a later attempt tells all that the earlier ones found. */
  warn(tx: Transaction, warnings: StoredWarning[]): Promise<unknown>;
}

export type StoredWarning = TrainingWarning & Required<Pick<TrainingWarning, 'examples'>>;

const notifyEveryMs = 400;

/** Takes the metrics of the attempt that writes to the folder `attempt`. */
export function metricsWriter(context: JobContext, attempt: string, target: MetricsTarget) {
  let notifiedAt = 0;
  let isFirst = true;
  return (metrics: TrainMetrics) =>
    context.write(async (tx) => {
      const { step, maxSteps, epoch, values, warnings = [] } = metrics;
      const { fence } = context;
      if (isFirst) {
        const logged = await metricsBefore(attempt, step, maxSteps);
        if (logged.length > 0)
          await target.add(
            tx,
            logged.map((earlier) => ({ ...earlier, fence })),
          );
        isFirst = false;
      }
      await target.replace(tx, { step, maxSteps, epoch, values, fence });
      if (warnings.length > 0) {
        await target.warn(
          tx,
          warnings.map(({ examples = [], ...warning }) => ({ ...warning, examples })),
        );
      }
      await context.progress(tx, { done: step, total: maxSteps });
      if (Date.now() - notifiedAt < notifyEveryMs) return;
      notifiedAt = Date.now();
      await notify(tx, target.channel, target.id);
    });
}

const lineSchema = z.object({ step: z.number(), epoch: z.number() }).catchall(z.number().nullable());

/**
 * The metrics in an attempt's metrics.jsonl before a step, with those of the attempts that it goes on from: what was logged
 * when a worker was killed may not have come to the database.
 */
async function metricsBefore(attempt: string, step: number, maxSteps: number): Promise<TrainMetrics[]> {
  const text = await readFile(path.join(attempt, 'metrics.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => lineSchema.parse(JSON.parse(line)))
    .filter((line) => line.step < step)
    .map(({ step, epoch, ...values }) => ({ step, maxSteps, epoch, values: withNaN(values) }));
}

/** JSON has no number for what is none. */
const withNaN = (values: Record<string, number | null>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? Number.NaN]));
