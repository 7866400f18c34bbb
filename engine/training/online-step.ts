// What the methods of an on-policy run have in common: groups of responses with their scores go in, a step's loss and
// gradients come out.
import type { TensorToWrite } from '../checkpoint/safetensors.ts';
import type { SampledResponse, TrainingPlan } from '../ports.ts';
import type { Observation } from './course-diagnostics.ts';
import type { BatchMoment, BatchResult } from './loop.ts';

/** The responses to one prompt of one sampling. */
export interface Group {
  /** Token ids. */
  prompt: readonly number[];
  responses: readonly SampledResponse[];
  /** One a response, higher is better; null where the judge gave no verdict. */
  scores: readonly number[] | null;
}

/** What a step's outcomes say of the policy. */
export interface PolicyStatistics {
  /** Tokens that count, with the sums of their entropies and of the divergence from the reference (nats). */
  tokens: number;
  entropy: number;
  /** Null without a reference. */
  kl: number | null;
  /** Where the method makes pairs of responses. */
  pairs: Observation[];
}

export interface OnlineStep {
  /** What training on responses of `length` tokens to a prompt of so many will take, the sampler aside. */
  plan(promptLength: number, length: number): TrainingPlan;

  /** Told of a sampling before the first step on it. */
  prepare(groups: readonly Group[], signal?: AbortSignal): Promise<void>;
  /** Loss and gradients of a micro-batch of groups, as their part of a step over `stepGroups`. */
  run(groups: readonly Group[], stepGroups: readonly Group[], at: BatchMoment): Promise<BatchResult<unknown>>;
  summarise(outcomes: readonly unknown[]): Record<string, number>;
  statistics(outcomes: readonly unknown[]): PolicyStatistics;
  /** What else changes as the run goes on, kept in its checkpoints. */
  companions: ReadonlyMap<string, TensorToWrite>;
  /** Whether the policy is held against a reference at all. */
  takesReference: boolean;
  /** Identifies it. */
  fingerprint: unknown;
  /** To be told of every optimiser step. */
  afterStep(step: number): void;
  close(): Promise<void>;
}
