// GRPO's part of an on-policy run: what the responses of one sampling are worth, and a micro-batch over whole groups.
import type { Adapter } from '../checkpoint/peft.ts';
import { groupAdvantages, tokenShares } from '../grpo.ts';
import { type GrpoConfig, stepsPerSampling } from '../online-config.ts';
import { createSessionCache, type Tensor } from '../runtime/session.ts';
import { type BatchSize, packRows, sequenceTokens, sizeOf, type TokenRow } from './batch.ts';
import { coarse } from './buckets.ts';
import type { FrozenCheckpoint } from './frozen.ts';
import { gradientsOf } from './graph.ts';
import { grpoGraph, tokenLogpsGraph } from './grpo-graph.ts';
import type { Group, OnlineStep } from './online-step.ts';
import { planTraining, withScoring } from './plan.ts';
import type { BuildGraph, TrainedPolicy } from './policy.ts';
import { rowsPerBatch, scoreResponseTokens } from './score.ts';

/** A group as a row: responses that are left out have weight 0. */
interface GrpoRow extends TokenRow {
  /** Counted tokens of each response. */
  lengths: number[];
  advantages: number[];
  /** Token log-probs under the policy that sampled and under the reference, by response; null where not needed. */
  old: number[][] | null;
  reference: number[][] | null;
}

interface GrpoOutcome {
  tokens: number;
  entropy: number;
  clipped: number;
  kl: number;
}

interface Options {
  checkpoint: FrozenCheckpoint;
  policy: TrainedPolicy;
  /** Null is the bare model; unused where `beta` is 0. */
  reference: Adapter | null;
  config: GrpoConfig;
  device: string;
}

export function grpoStep({ checkpoint, policy, reference, config, device }: Options): OnlineStep {
  const perPass = stepsPerSampling({ ...config, num_iterations: 1 });
  /** One step takes all that was sampled, and once: the policy that learns is the one that sampled. */
  const isOwn = stepsPerSampling(config) === 1;
  const sessions = {
    step: createSessionCache(sessionsHeld),
    old: createSessionCache(sessionsHeld),
    reference: createSessionCache(sessionsHeld),
  };
  let rows = new Map<Group, GrpoRow>();
  let flatShare = 0;
  let sampledTokens = 0;
  const rowsOf = (groups: readonly Group[]) => groups.map((group) => rows.get(group) as GrpoRow);
  const batchRows = config.per_device_train_batch_size / config.num_generations;
  const build =
    (size: BatchSize): BuildGraph =>
    (model, trained) =>
      grpoGraph(model, size, trained, config, isOwn);
  return {
    plan: (promptLength, length) => {
      const tokens = (count: number) => Array<number>(count).fill(0);
      const longest = { prompt: tokens(promptLength), completions: Array(config.num_generations).fill(tokens(length)) };
      const size = coarse(sizeOf([longest], batchRows));
      const scored = policy.measure((model) =>
        tokenLogpsGraph(model, sizeOf([longest], rowsPerBatch), config.temperature),
      );
      const kinds = Number(!isOwn) + Number(config.beta > 0);
      return withScoring(
        planTraining(checkpoint, policy, [{ size, build: build(size) }], config.optim),
        Array(kinds).fill(scored),
      );
    },
    prepare: async (groups, signal) => {
      const { advantages, flatShare: share } = groupAdvantages(
        groups.map(({ scores }) => scores),
        config.scale_rewards,
      );
      flatShare = share;
      const plain = groups.map((group) => countedRow(group, config));
      const logpsUnder = (adapter: Adapter | null, cache: keyof typeof sessions) =>
        scoreResponseTokens(
          { checkpoint, adapter, rows: plain, temperature: config.temperature, device, sessions: sessions[cache] },
          signal,
        );
      const old = isOwn ? null : await logpsUnder(policy.adapter, 'old');
      const referenced = config.beta > 0 ? await logpsUnder(reference, 'reference') : null;
      rows = new Map(
        groups.map((group, i) => [
          group,
          {
            ...(plain[i] as (typeof plain)[number]),
            advantages: advantages[i] ?? [],
            old: old?.[i] ?? null,
            reference: referenced?.[i] ?? null,
          },
        ]),
      );
      sampledTokens = plain.reduce((sum, { lengths }) => sum + lengths.reduce((a, b) => a + b, 0), 0);
    },
    run: async (groups, _, at) => {
      const batch = rowsOf(groups);
      const size = coarse(sizeOf(batch, batchRows));
      const session = await sessions.step.get(JSON.stringify(size), () => policy.open(build(size)));
      const lengths = batch.flatMap((row) => row.lengths);
      const shares = tokenShares(config.loss_type, {
        lengths,
        sampledTokens,
        stepsPerPass: perPass,
        accumulation: config.gradient_accumulation_steps,
        maxCompletionLength: config.max_completion_length,
      });
      const outputs = await session.run({
        ...packGroups(batch, shares, size, config, isOwn),
        ...policy.feeds(size, at),
      });
      return {
        loss: Number(outputs.loss?.data[0]),
        gradients: gradientsOf(outputs, policy.tensors.keys()),
        outcomes: batch.map((row, r) => outcomeOf(row, r, outputs, size)),
        tokens: batch.reduce((sum, row) => sum + sequenceTokens(row), 0),
      };
    },
    summarise: (outcomes) => {
      const tokens = Math.max(1, totalOf(outcomes, 'tokens'));
      const perToken = (name: keyof GrpoOutcome) => totalOf(outcomes, name) / tokens;
      return {
        frac_reward_zero_std: flatShare,
        ...(config.beta > 0 ? { kl: perToken('kl') } : {}),
        entropy: perToken('entropy'),
        'clip_ratio/region_mean': perToken('clipped'),
      };
    },
    statistics: (outcomes) => ({
      tokens: totalOf(outcomes, 'tokens'),
      entropy: totalOf(outcomes, 'entropy'),
      kl: config.beta > 0 ? totalOf(outcomes, 'kl') : null,
      pairs: [],
    }),
    companions: new Map(),
    takesReference: config.beta > 0,
    fingerprint: config.beta > 0 ? (reference?.shape ?? 'base') : 'none',
    afterStep: () => {},
    close: async () => {
      for (const cache of Object.values(sessions)) await cache.close();
    },
  };
}

const sessionsHeld = 4;

const totalOf = (outcomes: readonly unknown[], name: keyof GrpoOutcome) =>
  (outcomes as readonly GrpoOutcome[]).reduce((sum, outcome) => sum + outcome[name], 0);

/** Tokens of a group; those of a response that its length has cut count nothing where the settings say so. */
function countedRow({ prompt, responses }: Group, { mask_truncated_completions: isMasked }: GrpoConfig) {
  const isLeftOut = responses.map(({ finishReason }) => isMasked && finishReason === 'length');
  return {
    prompt,
    completions: responses.map(({ tokenIds }) => tokenIds),
    weights: responses.map(({ tokenIds }, k) => tokenIds.map(() => (isLeftOut[k] ? 0 : 1))),
    lengths: responses.map(({ tokenIds }, k) => (isLeftOut[k] ? 0 : tokenIds.length)),
  };
}

/** The feeds of training/grpo-graph.ts. */
export function packGroups(
  batch: readonly GrpoRow[],
  shares: readonly number[],
  size: BatchSize,
  { beta }: Pick<GrpoConfig, 'beta'>,
  isOwn: boolean,
): Record<string, Tensor> {
  const perResponse = (value: (row: GrpoRow, k: number, r: number) => number): Tensor => {
    const data = new Float32Array(size.rows * size.completions);
    for (const [r, row] of batch.entries()) {
      for (let k = 0; k < size.completions; k++) data[r * size.completions + k] = value(row, k, r);
    }
    return { dtype: 'float32', shape: [size.rows, size.completions], data };
  };
  const perToken = (value: (row: GrpoRow, k: number, i: number, r: number) => number): Tensor => {
    const data = new Float32Array(size.rows * size.completions * size.span);
    for (const [r, row] of batch.entries()) {
      for (const [k, ids] of row.completions.entries()) {
        for (let i = 0; i < ids.length; i++) data[(r * size.completions + k) * size.span + i] = value(row, k, i, r);
      }
    }
    return { dtype: 'float32', shape: [size.rows, size.completions, size.span], data };
  };
  return {
    ...packRows(batch, size),
    advantages: perResponse((row, k) => row.advantages[k] ?? 0),
    token_shares: perToken((row, k, i, r) => (row.weights?.[k]?.[i] ?? 1) * (shares[r * size.completions + k] ?? 0)),
    ...(isOwn ? {} : { old_logps: perToken(({ old }, k, i) => old?.[k]?.[i] ?? 0) }),
    ...(beta > 0 ? { reference_logps: perToken(({ reference }, k, i) => reference?.[k]?.[i] ?? 0) } : {}),
  };
}

function outcomeOf(
  { lengths }: GrpoRow,
  r: number,
  outputs: Readonly<Record<string, Tensor>>,
  { completions }: BatchSize,
): GrpoOutcome {
  const total = (name: string) => {
    let sum = 0;
    for (let k = 0; k < completions; k++) sum += Number(outputs[name]?.data[r * completions + k] ?? 0);
    return sum;
  };
  return {
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    entropy: total('entropy'),
    clipped: total('clipped'),
    kl: total('kl'),
  };
}
