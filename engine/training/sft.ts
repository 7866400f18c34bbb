// Supervised fine-tuning of all parameters, or of an adapter: what is trained is an input of the graph, changed in place.
// It gives a checkpoint in Hugging Face layout with the original names, or a PEFT folder; it also makes the demo model from
// nothing.
import { join } from 'node:path';
import { sampleWeights } from '../checkpoint/identity.ts';
import { readModelConfig } from '../checkpoint/read-config.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import { expectedWeights } from '../models/index.ts';
import type { TrainingPlan, TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import { epochOrder, paddingShare } from './buckets.ts';
import { type DataReport, describeDropped } from './data.ts';
import { createDataDiagnostics } from './diagnostics.ts';
import { evaluationOf } from './evaluate.ts';
import { openFrozen } from './frozen.ts';
import { type OptimizationResult, optimize } from './loop.ts';
import { openPolicy } from './policy.ts';
import { writeRecord } from './record.ts';
import { fingerprintOfAdapter } from './reference.ts';
import { fingerprintOf } from './resume.ts';
import { prepareSftData, type SftExamples, type SftRow } from './sft-data.ts';
import { type SftOutcome, sftMetrics, sftStep } from './sft-step.ts';

export interface SftJob extends SftExamples {
  /** Folder of the checkpoint to start from. */
  model: string;
  /** A PEFT adapter's folder to go on from, where `config.lora` has a shape; left out, a fresh one. */
  adapter?: string | null;
  /** Folder that receives the trained checkpoint or adapter, metrics.jsonl and `checkpoint-<step>/` while training. */
  out: string;
  resumeFrom?: string;
  device?: string;
}

export interface SftResult extends OptimizationResult, DataReport {
  plan: TrainingPlan;
  /** How many were trained on, and how many held out. */
  examples: number;
  heldOut: number;
  /** The share of the token places of an epoch's batches that hold no token. */
  paddingShare: number;
  seconds: number;
}

/** Trains and writes what it gives to `job.out`. Stops between steps when the signal fires (CANCELLED). */
export async function trainSft(
  job: SftJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
  onPlan: (plan: TrainingPlan) => void = () => {},
): Promise<SftResult> {
  const started = performance.now();
  const { config, model, adapter = null } = job;
  const device = job.device ?? 'auto';
  const checkpoint = await openFrozen(model, config, device);
  const { policy } = await openPolicy({ model, adapter, config }, checkpoint, device);
  const { rows, evalRows, report, evalReport } = prepareSftData(checkpoint, job);
  if (rows.length === 0) {
    const reasons = describeDropped(report.dropped, job.examples.length);
    throw new EngineError('DATA_INVALID', `No example is left to train on: ${reasons}.`);
  }
  const step = sftStep(checkpoint, policy, config);
  const plan = step.plan(rows, evalRows);
  onPlan(plan);
  const start = policy.adapter && fingerprintOfAdapter(policy.adapter);
  try {
    const course = await optimize<SftRow, SftOutcome>({
      rows,
      tensors: policy.tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(
        'sft',
        checkpoint.config,
        config,
        await sampleWeights(checkpoint),
        start,
        rows,
        evalRows,
      ),
      resumeFrom: job.resumeFrom,
      needsLossScale: policy.needsLossScale,
      runBatch: step.run,
      summarise: sftMetrics,
      evaluation: evaluationOf(evalRows, config, step.evaluate, sftMetrics, signal),
      observer: createDataDiagnostics({ rows, reference: [], ...report }),
      onMetrics,
      signal,
    });
    await writeRecord(job.out, {
      model,
      adapter,
      reference: null,
      config,
      data: { rows: rows.length, ...report },
      held_out: evalRows.length > 0 ? { rows: evalRows.length, ...evalReport } : null,
      steps: course.steps,
      skipped_steps: course.skippedSteps,
    });
    await policy.write(job.out);
    return {
      ...course,
      ...report,
      plan,
      examples: rows.length,
      heldOut: evalRows.length,
      paddingShare: paddingShare(epochOrder(rows, config, 0), config.per_device_train_batch_size),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await step.close();
  }
}

/** Fresh weights, N(0, 0.02) and norms of one, for a folder that has a config and a tokenizer but no weights yet. */
export async function initialiseCheckpoint(folder: string, seed: number, dtype: 'F32' | 'F16' = 'F32'): Promise<void> {
  const random = createRandom(seed);
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of expectedWeights(await readModelConfig(folder))) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => (shape.length === 1 ? 1 : 0.02 * random.normal()));
    tensors.set(name, { shape, data });
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, dtype);
}
