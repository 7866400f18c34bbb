// An on-policy run, top to bottom: sampling with the adapter as it stands, judging, and training on what was sampled take
// turns. The sampler's session and the training session stay open: the adapter's matrices are fed to both.
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Adapter } from '../checkpoint/peft.ts';
import { type SamplingConfig, samplingConfigSchema, trainConfigSchema } from '../config.ts';
import { EngineError } from '../errors.ts';
import { deviation } from '../grpo.ts';
import { type OnlineConfigs, type OnlineMethod, stepsPerSampling } from '../online-config.ts';
import type { Prompt, Reference, SampledResponse, TrainMetrics } from '../ports.ts';
import { createRandom } from '../random.ts';
import { assertWeightsFit } from '../runtime/external-weights.ts';
import { openSession } from '../runtime/session.ts';
import { createSampler } from '../sampling/sampler.ts';
import type { TokenRow } from './batch.ts';
import { type FrozenCheckpoint, openFrozen } from './frozen.ts';
import { grpoStep } from './grpo-step.ts';
import { optimize } from './loop.ts';
import { onlineDpoStep } from './online-dpo-step.ts';
import type { Group, OnlineStep } from './online-step.ts';
import { openPolicy, type TrainedPolicy } from './policy.ts';
import { preferenceStep } from './preference-step.ts';
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

export type OnlineJob = { [M in OnlineMethod]: JobOf<M> }[OnlineMethod];

interface JobOf<M extends OnlineMethod> {
  method: M;
  config: OnlineConfigs[M];
  /** Folder of the base checkpoint. */
  model: string;
  /** Adapter folder to start from; null = a fresh one of `config.lora`'s shape. */
  adapter: string | null;
  reference: Reference;
  prompts: readonly Prompt[];
  score: ScoreResponses;
  /** Folder that receives the PEFT adapter, metrics.jsonl and `checkpoint-<step>/` while training. */
  out: string;
  resumeFrom?: string;
  device?: string;
}

export interface OnlineResult {
  /** The PEFT adapter's folder. */
  adapter: string;
  /** What the policy was held against, or null where nothing was. */
  reference: string | null;
  steps: number;
  /** Steps left out because their loss or gradients were not finite. */
  skippedSteps: number;
  samplings: number;
  responses: number;
  /** Groups that the judge gave no verdict on. */
  unjudged: number;
  /** Prompts left out before training, by reason. */
  dropped: Record<string, number>;
  seconds: number;
}

/** A prompt's place in the run: it is sampled anew in each of its samplings. */
interface PromptRow extends TokenRow {
  prompt: readonly number[];
  /** As given. */
  text: Prompt;
  sampling: number;
  /** Its place in the sampling. */
  place: number;
}

interface OnlineOutcome {
  groups: readonly Group[];
  trained: readonly unknown[];
}

/** Trains an adapter and writes it to `job.out`. Stops between steps, or within a sampling, on the signal (CANCELLED). */
export async function trainOnline(
  job: OnlineJob,
  onMetrics: (metrics: TrainMetrics) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<OnlineResult> {
  const started = performance.now();
  const { config } = job;
  const device = job.device ?? 'auto';
  const stored = await openCheckpoint(job.model);
  assertWeightsFit(stored.tensors.values(), stored.folder);
  if (config.temperature !== 1 && job.method === 'grpo' && stored.config.logitSoftcap !== null) {
    throw new EngineError(
      'CONFIG_INVALID',
      `temperature is ${config.temperature}, but this model caps its logits softly: GRPO takes temperature 1 there.`,
    );
  }
  const dropped: Record<string, number> = {};
  const prompts = usablePrompts(stored, job, dropped);
  const rows = layOut(prompts, job);
  const checkpoint = await openFrozen(stored, config, device);
  const { policy, initial } = await openPolicy(job, checkpoint, device);
  if (!policy.adapter) throw new Error('An on-policy run trains an adapter.');
  const step = await openStep(job, checkpoint, policy, initial, device, signal);
  const live = new Map([[policyKey, policy.adapter]]);
  const sampler = createSampler(stored, { device, adapter: policyKey, live }, openSession);
  const samplings = rowsBySampling(rows);
  let current = { index: -1, groups: [] as Group[] };
  const counts = { samplings: 0, responses: 0, unjudged: 0 };

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
      counts.samplings++;
      counts.responses += groups.reduce((sum, group) => sum + group.responses.length, 0);
      counts.unjudged += groups.filter((group) => group.scores === null).length;
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

  try {
    const { steps, skippedSteps } = await optimize<PromptRow, OnlineOutcome>({
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
        checkpoint.config,
        config,
        step.fingerprint,
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
      onMetrics,
      signal,
    });
    await policy.write(job.out);
    const takesReference = job.method === 'online_dpo' || job.config.beta > 0;
    const seconds = (performance.now() - started) / 1000;
    return {
      adapter: job.out,
      reference: takesReference ? nameOf(job) : null,
      steps,
      skippedSteps,
      ...counts,
      dropped,
      seconds,
    };
  } finally {
    await step.close();
    await sampler.close();
  }
}

/** The policy's name among the sampler's adapters: no folder is called so. */
const policyKey = '\u0000policy';

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
    step: preferenceStep({ checkpoint, policy, reference, config: settings }),
  });
}

/** Prompts a micro-batch: GRPO's size counts responses, online DPO's prompts. */
function promptsPerBatch({ method, config }: OnlineJob): number {
  const { per_device_train_batch_size: batch, num_generations: n } = config;
  return { grpo: batch / n, online_dpo: batch }[method];
}

function samplingOf(config: OnlineJob['config']): SamplingConfig {
  const { temperature, top_p, top_k, min_p, stop, max_completion_length: max_new_tokens } = config;
  const precision = config.load_in_4bit ? 'int4' : 'auto';
  return samplingConfigSchema.parse({ temperature, top_p, top_k, min_p, stop, max_new_tokens, precision });
}

function usablePrompts(
  { tokenizer, config: model }: FrozenCheckpoint,
  { prompts, config }: OnlineJob,
  dropped: Record<string, number>,
): { text: Prompt; ids: number[] }[] {
  const room = model.maxPositions - config.max_completion_length;
  const limit = Math.min(config.max_prompt_length, room);
  const usable = prompts
    .map((text) => ({ text, ids: tokenizer.encodePrompt(text) }))
    .filter(({ ids }) => {
      const reason = ids.length === 0 ? 'empty' : ids.length > limit ? `longer than ${limit} tokens` : null;
      if (reason !== null) dropped[reason] = (dropped[reason] ?? 0) + 1;
      return reason === null;
    });
  if (usable.length > 0) return usable;
  throw new EngineError(
    'DATA_INVALID',
    `No prompt is left to train on: all ${prompts.length} are empty or longer than ${limit} tokens (max_prompt_length ` +
      `${config.max_prompt_length}; the model has ${model.maxPositions} positions, responses take ${config.max_completion_length}).`,
  );
}

/** The run's rows in order: each sampling takes the next prompts, in an order of their own for each epoch. */
function layOut(prompts: readonly { text: Prompt; ids: number[] }[], job: OnlineJob): PromptRow[] {
  const { config } = job;
  const every = stepsPerSampling(config);
  const passes = 'num_iterations' in config ? config.num_iterations : 1;
  const promptsPerSampling = (promptsPerBatch(job) * config.gradient_accumulation_steps * every) / passes;
  const samplings =
    config.max_steps > 0
      ? Math.ceil(config.max_steps / every)
      : Math.ceil((config.num_train_epochs * prompts.length) / promptsPerSampling);
  const drawn: { text: Prompt; ids: number[] }[] = [];
  for (let epoch = 0; drawn.length < samplings * promptsPerSampling; epoch++) {
    const random = createRandom(config.seed * 1_000_003 + epoch);
    drawn.push(...(config.train_sampling_strategy === 'sequential' ? prompts : random.shuffle(prompts)));
  }
  const rows: PromptRow[] = [];
  for (let sampling = 0; sampling < samplings; sampling++) {
    const asked = drawn.slice(sampling * promptsPerSampling, (sampling + 1) * promptsPerSampling);
    for (let pass = 0; pass < passes; pass++) {
      for (const [place, { text, ids }] of asked.entries()) {
        rows.push({ prompt: ids, completions: [], text, sampling, place });
      }
    }
  }
  const rowsPerStep = promptsPerBatch(job) * config.gradient_accumulation_steps;
  return config.max_steps > 0 ? rows.slice(0, config.max_steps * rowsPerStep) : rows;
}

/** Each sampling's prompts, once. */
function rowsBySampling(rows: readonly PromptRow[]): Map<number, PromptRow[]> {
  const samplings = new Map<number, PromptRow[]>();
  for (const row of rows) {
    const known = samplings.get(row.sampling) ?? [];
    known[row.place] = row;
    samplings.set(row.sampling, known);
  }
  return samplings;
}

/** What a prompt's place in the run draws from: a run that is resumed draws what it would have drawn. */
const seedOf = (seed: number, sampling: number, place: number) =>
  Math.floor(createRandom(seed * 1_000_003 + sampling * 65_537 + place).uniform() * 0xffffffff);

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
