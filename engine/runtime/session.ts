// The only door to onnxruntime-node: opens sessions over graphs that we built, and runs them.
// `run` blocks the event loop for its whole time (the binding is synchronous): see worker/engine-host.ts.
import * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import { type DataType, encodeModel, type OnnxGraph, type TypedArray } from '../graph/onnx.ts';
import { assertWeightsFit, externalTensors, locateWeights } from './external-weights.ts';
import { collectGiven, countGiven } from './garbage.ts';
import { describeProviderFailure, executionProviders } from './provider.ts';
import { standBack } from './turns.ts';

/** A tensor that crosses into or out of a graph. bf16 cannot. */
export interface Tensor {
  dtype: Exclude<DataType, 'bfloat16'>;
  shape: readonly number[];
  data: TypedArray;
}

export interface SessionOptions {
  /** The folder that external tensors' locations are relative to. */
  folder?: string;
  device?: string;
  /** Keeps weights mapped instead of packed a second time for speed: right where a weight is used once per long run. */
  keepMapped?: boolean;
  /** Fuses and folds; fp64 gradient checks run with 'basic', since some fusions are float only. */
  optimization?: 'all' | 'basic';
  threads?: number;
  /** The runtime tells all it does with the session on stderr: which provider each node is placed on, what is copied. */
  isVerbose?: boolean;
}

export interface Session {
  readonly inputNames: readonly string[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

export async function openSession(graph: OnnxGraph, options: SessionOptions = {}): Promise<Session> {
  const session: Record<string, string> = {};
  if (options.keepMapped) session.disable_prepacking = '1';
  const providers = executionProviders(options.device ?? 'auto');
  let located = graph;
  if (options.folder) {
    if (providers.includes('cpu')) assertWeightsFit(externalTensors(graph), options.folder);
    const { graph: inPlace, root } = await locateWeights(graph, options.folder);
    located = inPlace;
    session.model_external_initializers_file_folder_path = root;
  }
  let native: ort.InferenceSession;
  try {
    native = await ort.InferenceSession.create(encodeModel(located), {
      executionProviders: providers,
      graphOptimizationLevel: options.optimization ?? 'all',
      // Planned memory patterns keep every buffer of the backward pass alive: a third more memory, no faster.
      enableMemPattern: false,
      logSeverityLevel: options.isVerbose ? 0 : 3,
      intraOpNumThreads: options.threads ?? 0,
      extra: { session },
    });
  } catch (error) {
    throw describeFailure(error, options.folder);
  }
  return {
    inputNames: native.inputNames,
    run: async (feeds) => {
      await standBack();
      collectGiven();
      const tensors: Record<string, ort.Tensor> = {};
      for (const [name, { dtype, shape, data }] of Object.entries(feeds)) {
        tensors[name] = new ort.Tensor(dtype, data as Float32Array, shape);
      }
      const results = await native.run(tensors).catch((error: unknown) => {
        throw options.folder && isOutOfBounds(error) ? damagedWeights(options.folder, error) : error;
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]) => {
          countGiven((data as TypedArray).byteLength);
          return [name, { dtype: type as Tensor['dtype'], shape: dims, data: data as TypedArray }];
        }),
      );
    },
    close: () => native.release(),
  };
}

/** Sessions by a key such as a batch's size: each is opened at its first use. */
export interface SessionCache {
  get(key: string, open: () => Promise<Session>): Promise<Session>;
  close(): Promise<void>;
}

/** Beyond `capacity` sessions the one opened first is closed; a caller holds no more of them at once. */
export function createSessionCache(capacity = Number.POSITIVE_INFINITY): SessionCache {
  const sessions = new Map<string, Promise<Session>>();
  return {
    get: async (key, open) => {
      const known = sessions.get(key);
      if (known) return known;
      const [oldest] = sessions;
      if (oldest && sessions.size >= capacity) {
        sessions.delete(oldest[0]);
        await (await oldest[1]).close();
      }
      const session = open();
      sessions.set(key, session);
      // One that failed is no session to close, and the next attempt may have more luck.
      session.catch(() => sessions.delete(key));
      return session;
    },
    close: async () => {
      for (const session of sessions.values()) await (await session).close();
      sessions.clear();
    },
  };
}

/** The runtime found no memory for a tensor: fewer rows may fit. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error &&
    /failed to allocate memory|bad_alloc|out of memory|Available memory of .* is smaller than requested/i.test(
      error.message,
    )
  );
}

/** An index computed from what is no number: a draw from NaN points beyond the vocabulary. */
const isOutOfBounds = (error: unknown) =>
  error instanceof Error && /out of (data )?(bounds|range)|within .*bounds/i.test(error.message);

/** What a model's NaN and infinities mean. */
export function damagedWeights(folder: string, cause?: unknown): EngineError {
  return new EngineError(
    'CHECKPOINT_INVALID',
    `${folder}: the model computes what is no number: its weights, or an adapter's, are damaged. Download them again.`,
    { cause },
  );
}

function describeFailure(error: unknown, folder: string | undefined): Error {
  const message = error instanceof Error ? error.message : String(error);
  const ofProvider = describeProviderFailure(message);
  if (ofProvider) return ofProvider;
  if (folder && /initializer|external data|shape|dimension|type error/i.test(message)) {
    const [line = ''] = message.split('\n');
    return new EngineError(
      'CHECKPOINT_INVALID',
      `The weights in ${folder} do not match their files: ${line.slice(0, 120)}. Download the checkpoint again.`,
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(message);
}
