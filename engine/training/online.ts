// An on-policy run, top to bottom: sampling with the adapter as it stands, judging, and training on what was sampled take
// turns. The sampler's session and the training session stay open: the adapter's matrices are fed to both.
import { z } from 'zod';
import { sampleWeights } from '../checkpoint/identity.ts';
import type { Adapter } from '../checkpoint/peft.ts';
import { type SamplingConfig, samplingConfigSchema, trainConfigSchema } from '../config.ts';
import { EngineError } from '../errors.ts';
import { deviation } from '../grpo.ts';
import type { Prompt, Reference, SampledResponse, TrainingPlan, TrainingWarning, TrainMetrics } from '../ports.ts';
import { openSession } from '../runtime/session.ts';
import { samplerNeeds } from '../sampling/needs.ts';
import { createSampler } from '../sampling/sampler.ts';
import { createDiagnostics, textsOf } from './diagnostics.ts';
import { type FrozenCheckpoint, openFrozen } from './frozen.ts';
import { grpoStep } from './grpo-step.ts';
import { optimize, type RunObserver } from './loop.ts';
import {
  layOut,
  type OnlineSettings,
  type PromptRow,
  promptsPerBatch,
  promptsPerSampling,
  rowsBySampling,
  seedOf,
  type UsablePrompt,
  usablePrompts,
} from './online-data.ts';
import { onlineDpoStep } from './online-dpo-step.ts';
import type { Group, OnlineStep } from './online-step.ts';
import { withSampler } from './plan.ts';
import { openPolicy, type TrainedPolicy } from './policy.ts';
import { type OnlineOutcome, policyCourse, promptRemedies } from './policy-diagnostics.ts';
import { preferenceStep } from './preference-step.ts';
import { writeRecord } from './record.ts';
import { chooseReference, nameOf, openReference } from './reference.ts';
import { fingerprintOf } from './resume.ts';

/** Responses to be scored; each request has a seed of its own, for a judge that draws. */
export interface ScoreRequest {
  prompt: Prompt;
  responses: readonly string[];
  seed: number;
}

/** Scores, one a response, higher is better, in the requests' order; null where there is no verdict. */
export type ScoreResponses = (
  requests: readonly ScoreRequest[],
  signal?: AbortSignal,
) => Promise<readonly (readonly number[] | null)[]>;

export type OnlineJob = OnlineSettings & {
  /** Folder of the base checkpoint. */
  model: string;
  /** Adapter folder to start from; null = a fresh one of `config.lora`'s shape. */
  adapter: string | null;
  reference: Reference;
  prompts: readonly Prompt[];
  score: ScoreResponses;
  /** Who scores, by name: recorded, and a run goes on only with the same. */
  judge: string;
  /** Folder that receives the PEFT adapter, metrics.jsonl and `checkpoint-<step>/` while training. */
  out: string;
  resumeFrom?: string;
  device?: string;
};

export interface OnlineResult {
  /** The PEFT adapter's folder. */
  adapter: string;
  /** What the policy was held against, or null where nothing was. */
  reference: string | null;
  steps: number;
  plan: TrainingPlan;
  /** Prompts that were sampled from. */
  prompts: number;
  /** Steps left out because their loss or gradients were not finite. */
  skippedSteps: number;
  samplings: number;
  responses: number;
  /** Groups that the judge gave no verdict on. */
  unjudged: number;
  /** Prompts left out before training, by reason. */
  dropped: Record<string, number>;
  warnings: TrainingWarning[];
  seconds: number;
}

/** Trains an adapter and writes it to `job.out`. Stops between steps, or within a sampling, on the signal (CANCELLED). */
export async function trainOnline(
  job: OnlineJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
  onPlan: (plan: TrainingPlan) => void = () => {},
): Promise<OnlineResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const checkpoint = await openFrozen(job.model, config, device);
  if (config.temperature !== 1 && job.method === 'grpo' && checkpoint.config.logitSoftcap !== null) {
    throw new EngineError(
      'CONFIG_INVALID',
      `temperature is ${config.temperature}, but this model caps its logits softly: GRPO takes temperature 1 there.`,
    );
  }
  const { usable: prompts, dropped } = usablePrompts(checkpoint, job.prompts, config);
  const rows = layOut(prompts, job);
  const { policy, initial } = await openPolicy(job, checkpoint, device);
  if (!policy.adapter) throw new Error('An on-policy run trains an adapter.');
  const step = await openStep(job, checkpoint, policy, initial, device, signal);
  const plan = planOf(step, checkpoint, job, prompts, device);
  onPlan(plan);
  const live = new Map([[policyKey, policy.adapter]]);
  const sampler = createSampler(checkpoint, { device, adapter: policyKey, live }, openSession);
  const samplings = rowsBySampling(rows);
  let current = { index: -1, groups: [] as Group[] };
  let counts = noCounts;

  /** Samples and judges with the policy as it stands, at the first batch of each sampling. */
  const groupsOf = async (wanted: readonly PromptRow[]): Promise<Group[]> => {
    const index = wanted[0]?.sampling ?? 0;
    if (index !== current.index) {
      const asked = samplings.get(index) ?? [];
      const responses = await sampleGroups(asked);
      const scores = await job.score(
        asked.map(({ text, place }, i) => ({
          prompt: text,
          responses: (responses[i] ?? []).map((response) => response.text),
          seed: seedOf(config.seed, index, place),
        })),
        signal,
      );
      const groups = asked.map(({ prompt }, i) => groupOf(prompt, responses[i] ?? [], scores[i] ?? null));
      await step.prepare(groups, signal);
      current = { index, groups };
      counts = {
        samplings: counts.samplings + 1,
        responses: counts.responses + groups.reduce((sum, group) => sum + group.responses.length, 0),
        unjudged: counts.unjudged + groups.filter((group) => group.scores === null).length,
      };
    }
    return wanted.map(({ place }) => current.groups[place] as Group);
  };

  async function sampleGroups(asked: readonly PromptRow[]): Promise<SampledResponse[][]> {
    const responses: SampledResponse[][] = asked.map(() => []);
    const requests = asked.map(({ prompt, sampling, place }, i) => ({
      id: String(i),
      prompt: { tokenIds: [...prompt] },
      n: config.num_generations,
      seed: seedOf(config.seed, sampling, place),
    }));
    for await (const chunk of sampler.sample(requests, samplingOf(config), signal)) {
      if (chunk.type === 'response') (responses[Number(chunk.id)] ?? [])[chunk.index] = chunk.response;
    }
    return responses;
  }

  const diagnostics = createDiagnostics({
    facts: {
      rows: prompts.map(({ ids }) => ({ prompt: ids, completions: [] })),
      reference: [],
      dropped,
      truncated: {},
    },
    course: policyCourse<PromptRow>(step.statistics),
    remedies: promptRemedies,
    textsOf: textsOf(checkpoint),
  });
  /** The counts are those of all attempts at the run. */
  const observer: RunObserver<PromptRow, OnlineOutcome> = {
    ...diagnostics,
    save: () => ({ counts, diagnostics: diagnostics.save() }),
    load: (saved) => {
      const known = savedSchema.parse(saved);
      counts = known.counts;
      diagnostics.load(known.diagnostics);
    },
  };

  try {
    const { steps, skippedSteps, warnings } = await optimize<PromptRow, OnlineOutcome>({
      rows,
      tensors: policy.tensors,
      companions: step.companions,
      config: {
        ...config,
        per_device_train_batch_size: promptsPerBatch(job),
        train_sampling_strategy: 'sequential',
        num_train_epochs: 1,
        max_steps: -1,
      },
      out: job.out,
      fingerprint: fingerprintOf(
        job.method,
        job.judge,
        checkpoint.config,
        config,
        [await sampleWeights(checkpoint), step.fingerprint],
        prompts.map(({ ids }) => ids),
        policy.adapter.shape,
      ),
      resumeFrom: job.resumeFrom,
      runBatch: async (batch, stepRows, at) => {
        const groups = await groupsOf(batch);
        const { outcomes, ...result } = await step.run(groups, await groupsOf(stepRows), at);
        return { ...result, outcomes: [{ groups, trained: outcomes }] };
      },
      summarise: (outcomes) => ({
        ...rewardMetrics(outcomes.flatMap(({ groups }) => groups)),
        ...step.summarise(outcomes.flatMap(({ trained }) => trained)),
      }),
      afterStep: (done) => step.afterStep(done),
      needsLossScale: policy.needsLossScale,
      observer,
      onMetrics,
      signal,
    });
    const reference = step.takesReference ? nameOf(job) : null;
    await writeRecord(
      job.out,
      {
        model: job.model,
        adapter: job.adapter,
        reference,
        config,
        data: { rows: prompts.length, dropped, truncated: {} },
        held_out: null,
        steps,
        skipped_steps: skippedSteps,
      },
      { method: job.method, judge: job.judge, ...counts },
    );
    await policy.write(job.out);
    const seconds = (performance.now() - started) / 1000;
    return {
      adapter: job.out,
      reference,
      steps,
      plan,
      prompts: prompts.length,
      skippedSteps,
      ...counts,
      dropped,
      warnings,
      seconds,
    };
  } finally {
    await step.close();
    await sampler.close();
  }
}

const countsSchema = z.object({
  samplings: z.number().int(),
  responses: z.number().int(),
  unjudged: z.number().int(),
});
const noCounts: z.infer<typeof countsSchema> = { samplings: 0, responses: 0, unjudged: 0 };
const savedSchema = z.object({ counts: countsSchema, diagnostics: z.unknown() });

/** What the run is going to take: its training and its sampler stay open side by side. */
function planOf(
  step: OnlineStep,
  checkpoint: FrozenCheckpoint,
  job: OnlineJob,
  prompts: readonly UsablePrompt[],
  device: string,
): TrainingPlan {
  const { num_generations: n, max_completion_length: length } = job.config;
  const longest = prompts.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const needs = samplerNeeds(checkpoint, {
    device,
    precision: samplingOf(job.config).precision,
    responses: n * Math.min(prompts.length, promptsPerSampling(job)),
    length: longest + length,
  });
  return withSampler(step.plan(longest, length), needs);
}

/** The policy's name among the sampler's adapters: no folder is called so. */
const policyKey = '\u0000policy';

/** Of a step's sizes, which come as they are sampled. */
const sessionsHeld = 4;

async function openStep(
  job: OnlineJob,
  checkpoint: FrozenCheckpoint,
  policy: TrainedPolicy,
  initial: Adapter | null,
  device: string,
  signal: AbortSignal | undefined,
): Promise<OnlineStep> {
  if (job.method === 'grpo') {
    const reference = job.config.beta > 0 ? await chooseReference(job, checkpoint, initial) : null;
    return grpoStep({ checkpoint, policy, reference, config: job.config, device });
  }
  const { config } = job;
  const settings = trainConfigSchema.parse(
    Object.fromEntries(Object.entries(config).filter(([name]) => name in trainConfigSchema.shape)),
  );
  const reference = await openReference(
    { ...job, config: settings },
    checkpoint,
    { initial, policy: policy.adapter },
    device,
    signal,
  );
  return onlineDpoStep({
    policy,
    reference,
    config,
    settings,
    step: preferenceStep({ checkpoint, policy, reference, config: settings, sessionsHeld }),
  });
}

function samplingOf(config: OnlineJob['config']): SamplingConfig {
  const { temperature, top_p, top_k, min_p, stop, max_completion_length: max_new_tokens } = config;
  const precision = config.load_in_4bit ? 'int4' : 'auto';
  return samplingConfigSchema.parse({ temperature, top_p, top_k, min_p, stop, max_new_tokens, precision });
}

function groupOf(prompt: readonly number[], responses: SampledResponse[], scores: readonly number[] | null): Group {
  if (scores && (scores.length !== responses.length || !scores.every(Number.isFinite))) {
    throw new EngineError(
      'DATA_INVALID',
      `A judge gave the scores [${scores.join(', ')}] to ${responses.length} responses: each takes one finite number.`,
    );
  }
  return { prompt, responses, scores };
}

/** TRL's names; means over the responses of the steps since the last report. */
function rewardMetrics(groups: readonly Group[]): Record<string, number> {
  const rewards = groups.flatMap(({ scores }) => scores ?? []);
  const responses = groups.flatMap((group) => group.responses);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return {
    ...(rewards.length > 0 ? { reward: mean(rewards), reward_std: deviation(rewards) } : {}),
    'completions/mean_length': mean(responses.map(({ tokenIds }) => tokenIds.length)),
    'completions/clipped_ratio': mean(responses.map(({ finishReason }) => Number(finishReason === 'length'))),
  };
}
