// What the methods of an on-policy run have in common: groups of responses with their scores go in, a step's loss and
// gradients come out.
import type { TensorToWrite } from '../checkpoint/safetensors.ts';
import type { SampledResponse } from '../ports.ts';
import type { BatchMoment, BatchResult } from './loop.ts';

/** The responses to one prompt of one sampling. */
export interface Group {
  /** Token ids. */
  prompt: readonly number[];
  responses: readonly SampledResponse[];
  /** One a response, higher is better; null where the judge gave no verdict. */
  scores: readonly number[] | null;
}

export interface OnlineStep {
  /** Told of a sampling before the first step on it. */
  prepare(groups: readonly Group[], signal?: AbortSignal): Promise<void>;
  /** Loss and gradients of a micro-batch of groups, as their part of a step over `stepGroups`. */
  run(groups: readonly Group[], stepGroups: readonly Group[], at: BatchMoment): Promise<BatchResult<unknown>>;
  summarise(outcomes: readonly unknown[]): Record<string, number>;
  /** What else changes as the run goes on, kept in its checkpoints. */
  companions: ReadonlyMap<string, TensorToWrite>;
  /** Identifies what the policy is held against. */
  fingerprint: unknown;
  /** To be told of every optimiser step. */
  afterStep(step: number): void;
  close(): Promise<void>;
}
