// The worker's side of the engine process: jobs' requests one at a time, cancelled between chunks or steps, killed where
// that takes too long; beside them `serve`, between a job's steps. A dead child is replaced at the next request.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ReadPrompt, ServedChunk } from '../domain/serving.ts';
import type { InspectedModel } from '../engine/checkpoint/inspect.ts';
import type { SamplingConfig } from '../engine/config.ts';
import { EngineError } from '../engine/errors.ts';
import type {
  PairScore,
  SampledChunk,
  SampleRequest,
  Sampler,
  TrainingPair,
  TrainJob,
  TrainMetrics,
  TrainResult,
} from '../engine/ports.ts';
import { engineProcessFlags } from '../engine/runtime/process-flags.ts';
import type { RewardModel } from '../engine/training/reward-model.ts';
import type { SftJob, SftResult } from '../engine/training/sft.ts';
import type {
  EngineOperation,
  EngineOperations,
  EngineRequest,
  FromEngine,
  ModelOptions,
  RewardModelOptions,
  ToEngine,
} from './engine-protocol.ts';
import { streamed } from './streamed.ts';

/** The child ended in the middle of a request: out of memory, a crash of the native runtime, or a kill. */
export class EngineDied extends Error {
  override readonly name = 'EngineDied';
}

/** Told of each logged step, in order; what it throws ends the run. */
type MetricsListener = (metrics: TrainMetrics) => Promise<void>;

export interface Engine {
  sample(
    model: ModelOptions,
    requests: SampleRequest[],
    config: SamplingConfig,
    signal?: AbortSignal,
  ): AsyncIterable<SampledChunk>;
  train(job: TrainJob, onMetrics: MetricsListener, signal?: AbortSignal): Promise<TrainResult>;
  /** Supervised fine-tuning: a checkpoint in the job's folder. */
  sft(job: SftJob, onMetrics: MetricsListener, signal?: AbortSignal): Promise<SftResult>;
  score(model: ModelOptions, pairs: TrainingPair[], signal?: AbortSignal): Promise<PairScore[]>;
  /**
   * Samples for whoever waits, beside a job: between its chunks or steps. Cancelling it never kills the job's process.
   * The caller sees to it that few ask at once.
   */
  serve(
    model: ModelOptions,
    requests: SampleRequest[],
    config: SamplingConfig,
    options: { stream: boolean },
    signal?: AbortSignal,
  ): AsyncIterable<ServedChunk>;
  /** Throws the engine's own words where a folder's config or tokenizer cannot be used; it may have no weights yet. */
  recognise(folder: string, signal?: AbortSignal): Promise<null>;
  /** Throws the engine's own words where the adapter is no reward model, or its base does not fit. */
  recogniseReward(folders: RewardModelOptions, signal?: AbortSignal): Promise<null>;
  /** What a model folder holds. Throws the engine's own words for one that cannot be used. */
  inspect(folder: string, signal?: AbortSignal): Promise<InspectedModel>;
  /** What a model makes of each token of the prompts: as `serve`, for whoever waits. */
  read(model: ModelOptions, prompts: SampleRequest['prompt'][], signal?: AbortSignal): Promise<ReadPrompt[]>;
  /** A model of this engine as a sampler port. */
  sampler(model: ModelOptions): Sampler;
  /** A reward model, opened at its first question. */
  rewardModel(folders: RewardModelOptions): RewardModel;
  /** The child's process id while there is one. */
  pid(): number | null;
  close(): Promise<void>;
}

export interface EngineOptions {
  device: string;
  /** Where quantised weights are kept; if not said, where the command line keeps them. */
  cacheDir?: string;
  /** How long a cancelled request may take to end before the child is killed. */
  cancelPatienceMs?: number;
}

const hostFile = fileURLToPath(new URL('./engine-host.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** What a request opens: when the child dies of it, this is where to look. */
function modelOf(request: EngineRequest): string {
  if (request.operation === 'inspect' || request.operation === 'recognise') return request.input.folder;
  return 'job' in request.input ? request.input.job.model : request.input.model;
}

/** No secret passes: model files are strangers. */
const passedVariables =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|LANG|SystemRoot|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|RANKLOOP_CACHE_DIR|(CUDA|NVIDIA|OMP|ORT)_\w+)$/i;

interface Handlers<O extends EngineOperation> {
  onItem: (item: EngineOperations[O]['item']) => void;
  /** Whether the child may be killed when a cancel takes too long: not where a job may be running beside it. */
  mayKill: boolean;
}

export function openEngine({ device, cacheDir, cancelPatienceMs = 10_000 }: EngineOptions): Engine {
  let child: ChildProcess | null = null;
  let count = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  /** How often, of late, a child died while it sampled: out of memory, most likely, so the next one takes less. */
  let deaths = 0;

  function startChild(): ChildProcess {
    const cwd = mkdtempSync(path.join(tmpdir(), 'rankloop-engine-'));
    const passed = Object.entries(process.env).filter(([name]) => passedVariables.test(name));
    const env: NodeJS.ProcessEnv = {
      ...Object.fromEntries(passed),
      ...(cacheDir ? { RANKLOOP_CACHE_DIR: cacheDir } : {}),
      NODE_ENV: process.env.NODE_ENV,
    };
    const started = fork(hostFile, [device, String(deaths)], {
      cwd,
      env,
      execArgv: [...engineProcessFlags, '--import', loader],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    started.once('exit', () => {
      rmSync(cwd, { recursive: true, force: true });
      if (child === started) child = null;
    });
    started.on('error', () => undefined);
    return started;
  }

  function perform<O extends EngineOperation>(
    request: Extract<EngineRequest, { operation: O }>,
    { onItem, mayKill }: Handlers<O>,
    signal: AbortSignal | undefined,
  ): Promise<EngineOperations[O]['result']> {
    if (closed) return Promise.reject(new EngineError('CANCELLED', 'The engine has been closed.'));
    if (signal?.aborted) return Promise.reject(new EngineError('CANCELLED', 'Cancelled.'));
    child ??= startChild();
    const host = child;
    const id = ++count;
    return new Promise((resolve, reject) => {
      let patience: NodeJS.Timeout | null = null;
      let killed = false;
      const say = (message: ToEngine) => host.connected && host.send(message, () => undefined);
      const cancel = () => {
        say({ type: 'cancel', id });
        if (!mayKill) return;
        patience = setTimeout(() => {
          killed = true;
          host.kill('SIGKILL');
        }, cancelPatienceMs);
      };
      const end = () => {
        if (patience) clearTimeout(patience);
        signal?.removeEventListener('abort', cancel);
        host.off('message', onMessage);
        host.off('exit', onExit);
      };
      const onMessage = (message: FromEngine) => {
        if (message.id !== id) return;
        if (message.type === 'item') return onItem(message.item as EngineOperations[O]['item']);
        end();
        if (message.type === 'result' && request.operation === 'sample') deaths = Math.max(0, deaths - 1);
        if (message.type === 'result') resolve(message.result as EngineOperations[O]['result']);
        else reject(message.code ? new EngineError(message.code, message.message) : new Error(message.message));
      };
      const onExit = (code: number | null, exitSignal: NodeJS.Signals | null) => {
        end();
        if (!killed && request.operation === 'sample') deaths++;
        reject(
          killed
            ? new EngineError('CANCELLED', 'Cancelled.')
            : new EngineDied(
                `The engine process ended during ${request.operation} with ${modelOf(request)} (${exitSignal ?? `exit code ${code}`}): the machine may be out of memory, or a file of the model wants too much of it.`,
              ),
        );
      };
      host.on('message', onMessage);
      host.on('exit', onExit);
      signal?.addEventListener('abort', cancel);
      say({ type: 'start', id, request });
    });
  }

  /** Requests wait for one another: a device serves one at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  /** A question of a job's, with one answer and nothing before it. */
  const ask = <O extends EngineOperation>(
    request: Extract<EngineRequest, { operation: O }>,
    signal: AbortSignal | undefined,
  ) => inTurn(() => perform<O>(request, { onItem: () => undefined, mayKill: true }, signal));

  /** A training in its turn, whose metrics are listened to one after the other. */
  async function watched<T>(
    work: (onItem: (metrics: TrainMetrics) => void, signal: AbortSignal) => Promise<T>,
    onMetrics: MetricsListener,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const stop = new AbortController();
    const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    let failure: { error: unknown } | null = null;
    let writes: Promise<void> = Promise.resolve();
    const onItem = (metrics: TrainMetrics) => {
      writes = writes
        .then(() => (failure ? undefined : onMetrics(metrics)))
        .catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        });
    };
    // What a listener threw (a fenced write, say) comes before the cancel that it caused.
    const settle = async () => {
      await writes;
      if (failure) throw failure.error;
    };
    try {
      const result = await inTurn(() => work(onItem, both));
      await settle();
      return result;
    } catch (error) {
      await settle();
      throw error;
    }
  }

  const sample = (input: EngineOperations['sample']['input'], signal: AbortSignal | undefined) =>
    streamed<SampledChunk>(
      (onItem, both) =>
        inTurn(() => perform<'sample'>({ operation: 'sample', input }, { onItem, mayKill: true }, both)),
      signal,
    );

  return {
    sample: (model, requests, config, signal) => sample({ ...model, requests, config, stream: false }, signal),
    serve: (model, requests, config, { stream }, signal) =>
      streamed<ServedChunk>(
        (onItem, both) =>
          perform<'serve'>(
            { operation: 'serve', input: { ...model, requests, config, stream } },
            { onItem, mayKill: false },
            both,
          ),
        signal,
      ),
    read: (model, prompts, signal) =>
      perform<'read'>(
        { operation: 'read', input: { ...model, prompts } },
        { onItem: () => undefined, mayKill: false },
        signal,
      ),
    sampler: (model) => ({
      sample: (requests, config, signal) => sample({ ...model, requests, config, stream: true }, signal),
      close: async () => undefined,
    }),
    rewardModel: (folders) => ({
      reward: (prompt, responses, signal) =>
        ask<'reward'>({ operation: 'reward', input: { ...folders, prompt, responses } }, signal),
      close: async () => undefined,
    }),
    score: (model, pairs, signal) => ask<'score'>({ operation: 'score', input: { ...model, pairs } }, signal),
    recognise: (folder, signal) => ask<'recognise'>({ operation: 'recognise', input: { folder } }, signal),
    recogniseReward: (folders, signal) =>
      ask<'recogniseReward'>({ operation: 'recogniseReward', input: folders }, signal),
    inspect: (folder, signal) => ask<'inspect'>({ operation: 'inspect', input: { folder } }, signal),
    train: (job, onMetrics, signal) =>
      watched(
        (onItem, both) => perform<'train'>({ operation: 'train', input: { job } }, { onItem, mayKill: true }, both),
        onMetrics,
        signal,
      ),
    sft: (job, onMetrics, signal) =>
      watched(
        (onItem, both) => perform<'sft'>({ operation: 'sft', input: { job } }, { onItem, mayKill: true }, both),
        onMetrics,
        signal,
      ),
    pid: () => child?.pid ?? null,
    async close() {
      closed = true;
      const host = child;
      if (!host || host.exitCode !== null) return;
      const exited = new Promise((resolve) => host.once('exit', resolve));
      if (host.connected) host.disconnect();
      const timer = setTimeout(() => host.kill('SIGKILL'), 3_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
