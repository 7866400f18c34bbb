// One preference run, top to bottom: examples to token rows, the reference's log-probs where they hold, then LoRA steps on
// a static graph per batch size, and a PEFT adapter (or, where all weights are trained, a checkpoint) at the end.
import { sampleWeights } from '../checkpoint/identity.ts';
import { EngineError } from '../errors.ts';
import type { TrainingPlan, TrainJob, TrainMetrics, TrainResult } from '../ports.ts';
import { epochOrder, paddingShare } from './buckets.ts';
import { describeDropped, prepareData } from './data.ts';
import { createDiagnostics, preferenceCourse, textsOf } from './diagnostics.ts';
import { evaluationOf } from './evaluate.ts';
import { takesPairs } from './examples.ts';
import { openFrozen } from './frozen.ts';
import { optimize } from './loop.ts';
import { openPolicy } from './policy.ts';
import type { PreferenceRow } from './preference-batch.ts';
import { type Outcome, preferenceStep } from './preference-step.ts';
import { writeRecord } from './record.ts';
import { openReference } from './reference.ts';
import { fingerprintOf } from './resume.ts';

/** Trains an adapter on examples and writes it to `job.out`. Stops between steps when the signal fires (CANCELLED). */
export async function train(
  job: TrainJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
  onPlan: (plan: TrainingPlan) => void = () => {},
): Promise<TrainResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const checkpoint = await openFrozen(job.model, config, device);
  const { policy, initial } = await openPolicy(job, checkpoint, device);

  const { rows, evalRows, report, evalReport } = prepareData(checkpoint, job);
  if (rows.length === 0) {
    throw new EngineError(
      'DATA_INVALID',
      `No ${takesPairs(config) ? 'pair' : 'example'} is left to train on: ${describeDropped(report.dropped, job.pairs.length)}.`,
    );
  }
  const reference = await openReference(job, checkpoint, { initial, policy: policy.adapter }, device, signal);
  const referenceLogps = await reference.prepare(rows);
  await reference.prepare(evalRows);
  const step = preferenceStep({ checkpoint, policy, reference, config });
  const plan = step.plan(rows, evalRows);
  onPlan(plan);
  try {
    const course = await optimize<PreferenceRow, Outcome>({
      rows,
      tensors: step.tensors,
      companions: reference.tensors,
      config,
      out: job.out,
      fingerprint: fingerprintOf(
        checkpoint.config,
        config,
        [await sampleWeights(checkpoint), reference.fingerprint],
        rows,
        policy.adapter?.shape ?? null,
      ),
      resumeFrom: job.resumeFrom,
      needsLossScale: policy.needsLossScale,
      runBatch: step.run,
      summarise: step.summarise,
      afterStep: (done) => reference.afterStep(done),
      evaluation: evaluationOf(evalRows, config, step.evaluate, step.summarise, signal),
      observer: createDiagnostics({
        facts: { rows, reference: referenceLogps, ...report },
        course: preferenceCourse(rows, config),
        textsOf: textsOf(checkpoint),
      }),
      onMetrics,
      signal,
    });
    const { model, adapter } = job;
    await writeRecord(job.out, {
      model,
      adapter,
      reference: reference.name,
      config,
      data: { rows: rows.length, ...report },
      held_out: evalRows.length > 0 ? { rows: evalRows.length, ...evalReport } : null,
      steps: course.steps,
      skipped_steps: course.skippedSteps,
    });
    await policy.write(job.out);
    return {
      adapter: job.out,
      reference: reference.name,
      plan,
      trainedPairs: rows.length,
      ...report,
      ...course,
      paddingShare: paddingShare(epochOrder(rows, config, 0), config.per_device_train_batch_size),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await step.close();
    await reference.close();
  }
}
