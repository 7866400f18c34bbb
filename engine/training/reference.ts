// What a policy is held against: the bare model or an adapter, scored once, again after each move (TR-DPO), or beside
// every forward of the policy where a loss takes its whole distribution. A loss that takes none opens none.
import { createHash } from 'node:crypto';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { type Adapter, readAdapter } from '../checkpoint/peft.ts';
import type { TensorToWrite } from '../checkpoint/safetensors.ts';
import { EngineError } from '../errors.ts';
import { type LossSettings, referenceUse } from '../loss-config.ts';
import { loraName } from '../models/lora.ts';
import type { TrainJob } from '../ports.ts';
import { cacheFolder } from '../quantization/quantized-checkpoint.ts';
import { createSessionCache, type SessionCache } from '../runtime/session.ts';
import type { TokenRow } from './batch.ts';
import type { FrozenCheckpoint } from './frozen.ts';
import { tailWeights } from './preference-batch.ts';
import { cachedLogps } from './reference-cache.ts';
import { scoreRows, scoringHash } from './score.ts';

export interface ReferenceModel {
  /** `base`, an adapter's folder, or null where the losses take no reference: what a run records. */
  readonly name: string | null;
  readonly adapter: Adapter | null;
  /** Identifies its numbers: a run goes on only against the reference that it began with. */
  readonly fingerprint: string;
  /** Scores rows ahead of training, or finds their scores on disk, where that holds to its end; else gives nothing. */
  prepare(rows: readonly TokenRow[]): Promise<number[][]>;
  /** Summed log-probabilities [row][completion]; a row that comes again is not scored again until the reference moves. */
  logpsOf(rows: readonly TokenRow[]): Promise<number[][]>;
  /** What a checkpoint must keep of it: the matrices of a reference that moves. */
  readonly tensors: ReadonlyMap<string, TensorToWrite>;
  /** To be told of every optimiser step; moves the reference where it is due. */
  afterStep(step: number): void;
  close(): Promise<void>;
}

/** Batches that training scores between its steps come in few sizes. */
const sessionsHeld = 4;

/** `initial` is the adapter that training starts from, `policy` the one that it changes; null is the bare model, or that all weights are trained. */
export async function openReference(
  job: Pick<TrainJob, 'adapter' | 'reference' | 'config'>,
  checkpoint: FrozenCheckpoint,
  { initial, policy }: { initial: Adapter | null; policy: Adapter | null },
  device: string,
  signal?: AbortSignal,
): Promise<ReferenceModel> {
  const settings = job.config;
  const use = referenceUse(settings);
  const chosen = use === 'none' ? null : await chooseReference(job, checkpoint, initial);
  const adapter = settings.sync_ref_model && policy ? movable(chosen, policy) : chosen;
  const sessions = createSessionCache(sessionsHeld);
  let known = new WeakMap<TokenRow, number[]>();
  const score = async (rows: readonly TokenRow[], cache?: SessionCache) => {
    const unknown = [...new Set(rows)].filter((row) => !known.has(row));
    const weighted = unknown.map((row) => weighTail(row, settings));
    const logps = await scoreRows(checkpoint, adapter, weighted, device, signal, cache);
    for (const [i, row] of unknown.entries()) known.set(row, logps[i] ?? []);
  };
  return {
    name: use === 'none' ? null : nameOf(job),
    adapter,
    fingerprint: use === 'none' ? 'none' : fingerprintOfAdapter(adapter),
    prepare: async (rows) => {
      if (use !== 'fixed') return [];
      const weighted = rows.map((row) => weighTail(row, settings));
      const by = {
        checkpoint,
        adapter: fingerprintOfAdapter(adapter),
        graph: scoringHash(checkpoint, adapter),
        device,
      };
      const logps = await cachedLogps(cacheFolder(), by, weighted, () =>
        scoreRows(checkpoint, adapter, weighted, device, signal),
      );
      for (const [i, row] of rows.entries()) known.set(row, logps[i] ?? []);
      return logps;
    },
    logpsOf: async (rows) => {
      await score(rows, sessions);
      return rows.map((row) => known.get(row) ?? []);
    },
    tensors: new Map(settings.sync_ref_model && adapter ? matricesOf(adapter) : []),
    afterStep: (step) => {
      if (!settings.sync_ref_model || !adapter || !policy || step % settings.ref_model_sync_steps !== 0) return;
      mix(adapter, policy, settings.ref_model_mixup_alpha);
      known = new WeakMap();
    },
    close: () => sessions.close(),
  };
}

/** The adapter that a policy is held against; null is the bare model. */
export async function chooseReference(
  { reference }: Pick<TrainJob, 'reference'>,
  checkpoint: Checkpoint,
  initial: Adapter | null,
): Promise<Adapter | null> {
  if (reference === 'base') return null;
  if (reference === 'initial') return initial;
  return readAdapter(reference.adapter, checkpoint);
}

/** What a run records of its reference. */
export function nameOf({ reference, adapter }: Pick<TrainJob, 'adapter' | 'reference'>): string {
  if (reference === 'base') return 'base';
  return reference === 'initial' ? (adapter ?? 'base') : reference.adapter;
}

/**
 * A reference that may move: its matrices are its own, of the policy's shape. The bare model becomes the policy's own A
 * with B = 0. Refuses an adapter of another shape, whose matrices cannot be mixed with the policy's.
 */
function movable(reference: Adapter | null, policy: Adapter): Adapter {
  const source = reference ?? policy;
  const isLike =
    source.scale === policy.scale &&
    source.modules.size === policy.modules.size &&
    [...policy.modules].every(([module, { a }]) => source.modules.get(module)?.a.shape[0] === a.shape[0]);
  if (!isLike) {
    throw new EngineError(
      'DATA_INVALID',
      "sync_ref_model mixes the reference's matrices with the policy's, but the two adapters differ in rank, scale or " +
        'modules: take base or initial as the reference, or leave sync_ref_model out.',
    );
  }
  const copy = ({ shape, data }: TensorToWrite, isZero = false) => ({
    shape,
    data: isZero ? new Float32Array(data.length) : data.slice(),
  });
  const modules = [...source.modules].map(
    ([name, { a, b }]) => [name, { a: copy(a), b: copy(b, !reference) }] as const,
  );
  return { ...source, modules: new Map(modules) };
}

/**
 * TR-DPO (Gorbatovski et al. 2024, eq. 5) as TRL does it on parameters: reference = alpha policy + (1 - alpha) reference,
 * matrix by matrix, A and B alike. At alpha 1 the reference is the policy; below it, B A is not mixed linearly.
 */
function mix(reference: Adapter, policy: Adapter, alpha: number): void {
  const targets = new Map(matricesOf(reference));
  for (const [name, { data }] of matricesOf(policy)) {
    const target = targets.get(name)?.data;
    if (!target) throw new Error(`The reference lacks ${name}.`);
    for (let i = 0; i < target.length; i++) {
      target[i] = alpha * (data[i] as number) + (1 - alpha) * (target[i] as number);
    }
  }
}

const matricesOf = (adapter: Adapter): [string, TensorToWrite][] =>
  [...adapter.modules].flatMap(([module, { a, b }]): [string, TensorToWrite][] => [
    [loraName(module, 'A'), a],
    [loraName(module, 'B'), b],
  ]);

const weighTail = (row: TokenRow, { ld_alpha }: LossSettings): TokenRow =>
  ld_alpha === null ? row : { ...row, weights: tailWeights(row, ld_alpha) };

/** A hash of an adapter's shape and numbers; null is the bare model. */
export function fingerprintOfAdapter(adapter: Adapter | null): string {
  if (!adapter) return 'base';
  const hash = createHash('sha256').update(JSON.stringify(adapter.shape));
  for (const [name, { data }] of matricesOf(adapter)) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
