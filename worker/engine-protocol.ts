// What the worker and its engine child say to one another: plain data of the engine's ports.
import type { ReadPrompt, ServedChunk } from '../domain/serving.ts';
import type { InspectedModel } from '../engine/checkpoint/inspect.ts';
import type { SamplingConfig } from '../engine/config.ts';
import type { EngineErrorCode } from '../engine/errors.ts';
import type {
  Completion,
  PairScore,
  Prompt,
  SampledChunk,
  SampleRequest,
  TrainingPair,
  TrainJob,
  TrainMetrics,
  TrainResult,
} from '../engine/ports.ts';
import type { SftJob, SftResult } from '../engine/training/sft.ts';

export interface ModelOptions {
  model: string;
  adapter: string | null;
}

/** Folders of a reward model: the base, and the adapter with the value head. */
export interface RewardModelOptions {
  model: string;
  adapter: string;
}

/** Each operation: what it takes, what it streams, what it ends with. */
export interface EngineOperations {
  sample: {
    input: ModelOptions & { requests: SampleRequest[]; config: SamplingConfig; stream: boolean };
    item: SampledChunk;
    result: null;
  };
  /** As `sample`, for whoever waits: beside a job. Requests are named by their prompt's number. */
  serve: {
    input: ModelOptions & { requests: SampleRequest[]; config: SamplingConfig; stream: boolean };
    item: ServedChunk;
    result: null;
  };
  /** What the model makes of each token of the prompts, for whoever waits. */
  read: { input: ModelOptions & { prompts: SampleRequest['prompt'][] }; item: never; result: ReadPrompt[] };
  train: { input: { job: TrainJob }; item: TrainMetrics; result: TrainResult };
  sft: { input: { job: SftJob }; item: TrainMetrics; result: SftResult };
  /** What a reward model makes of responses to a prompt. */
  reward: {
    input: RewardModelOptions & { prompt: Prompt; responses: readonly Completion[] };
    item: never;
    result: number[];
  };
  score: { input: ModelOptions & { pairs: TrainingPair[] }; item: never; result: PairScore[] };
  /** Whether config and tokenizer can be used, before there are weights. */
  recognise: { input: { folder: string }; item: never; result: null };
  /** Whether the adapter is a reward model, and one of this base's shape. */
  recogniseReward: { input: RewardModelOptions; item: never; result: null };
  inspect: { input: { folder: string }; item: never; result: InspectedModel };
}
export type EngineOperation = keyof EngineOperations;
export type EngineRequest = {
  [O in EngineOperation]: { operation: O; input: EngineOperations[O]['input'] };
}[EngineOperation];

export type ToEngine = { type: 'start'; id: number; request: EngineRequest } | { type: 'cancel'; id: number };

export type FromEngine =
  | { type: 'item'; id: number; item: unknown }
  | { type: 'result'; id: number; result: unknown }
  | { type: 'error'; id: number; code: EngineErrorCode | null; message: string };
