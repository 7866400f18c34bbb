// The two ports of the engine, and the values that cross them. Everything here is plain data that survives a
// process boundary: the worker speaks to its engine child through the same types that the command line uses.
import type { SamplingConfig, TrainConfig } from './config.ts';

export interface ChatMessage {
  role: string;
  content: string;
}

/** Plain text is used as it stands; messages go through the checkpoint's chat template. */
export type Prompt = string | ChatMessage[];

/**
 * A completion of a prompt: text, an assistant's messages, the exact tokens that were sampled here, or text that its
 * length has cut, which gets no end.
 */
export type Completion = string | ChatMessage[] | { tokenIds: number[] } | { cutText: string };

/** What SFT learns: a prompt's completion, or every assistant's turn of a conversation. */
export type SftExample = { prompt: Prompt; completion: Completion } | { messages: ChatMessage[] };

export interface SampleRequest {
  id: string;
  /** Token ids are used as they stand. */
  prompt: Prompt | { tokenIds: number[] };
  /** How many responses to this prompt: they share one prefill. */
  n: number;
  /** Response i of a request is a function of (policy, prompt, seed, i, config). */
  seed: number;
  /** A PEFT adapter's folder; null is the bare model. Requests of one call may differ in it. */
  adapter?: string | null;
  /** Whether `progress` chunks are wanted while the responses grow. */
  stream?: boolean;
}

export interface SampledResponse {
  /** The decoded response without special tokens, up to the stop string that ended it. */
  text: string;
  /** The sampled ids, the end-of-sequence id included where it was met, and the last token of a stop string. */
  tokenIds: number[];
  finishReason: 'stop' | 'length';
  /** Sum over `tokenIds` of the untempered, unfiltered log-softmax (nats): equals what `score` gives. */
  logp: number;
  /** The parts of `logp`, one per token. */
  tokenLogps: number[];
}

/** A response of a server elsewhere: its text, and the log-probs where the server tells them. It has no token ids here. */
export interface RemoteResponse {
  text: string;
  tokenIds: null;
  finishReason: 'stop' | 'length';
  logp: number | null;
  tokenLogps: number[] | null;
}

export type SampledChunk<R = SampledResponse> =
  /** A response has grown: `text` is the whole text so far, without an end that further tokens may change. */
  | { type: 'progress'; id: string; index: number; text: string }
  /** A response is finished; each (id, index) gets exactly one. */
  | { type: 'response'; id: string; index: number; response: R };

export interface Sampler<R = SampledResponse> {
  /** Streams chunks until every request has its n responses; stops within one chunk of the signal. */
  sample(requests: SampleRequest[], config: SamplingConfig, signal?: AbortSignal): AsyncIterable<SampledChunk<R>>;
  close(): Promise<void>;
}

export interface TrainingPair {
  prompt: Prompt;
  chosen: Completion;
  rejected: Completion;
  /** What the pair's loss is multiplied by; 1 where it is not said. */
  weight?: number;
  /** By how much chosen was judged better: used with `margin_scale`. */
  margin?: number;
  /** What the pair was ranked by (helpful, harmless, honest...): used with `criterion_weights`. */
  criterion?: string;
}

/** A completion that is desirable or not, for losses that take no pairs (KTO). */
export interface UnpairedExample {
  prompt: Prompt;
  completion: Completion;
  label: boolean;
  weight?: number;
}

export type TrainingExample = TrainingPair | UnpairedExample;

/** What the new policy is held against: the bare model, the adapter that training starts from, or another adapter. */
export type Reference = 'base' | 'initial' | { adapter: string };

export interface TrainJob {
  /** Folder of the base checkpoint. */
  model: string;
  /** Adapter folder to start from; null = a fresh one of `config.lora`'s shape. */
  adapter: string | null;
  reference: Reference;
  /** Pairs, or single completions for a loss of those, which also takes both sides of a pair. */
  pairs: TrainingExample[];
  evalPairs?: TrainingExample[];
  config: TrainConfig;
  /** Folder that receives the PEFT adapter, metrics.jsonl and `checkpoint-<step>/` while training. */
  out: string;
  /** A `checkpoint-<step>` folder of an interrupted run of the same job: training goes on from there. */
  resumeFrom?: string;
  device?: string;
}

export interface TrainMetrics {
  step: number;
  maxSteps: number;
  epoch: number;
  /** TRL's names: loss, grad_norm, learning_rate, rewards/accuracies, rewards/margins, logps/chosen, ... */
  values: Record<string, number>;
  /** What the run is warned of since the last metrics. */
  warnings?: TrainingWarning[];
}

/** What the diagnostics of a run may find in its data and its course. */
export const warningKinds = [
  'truncated',
  'dropped',
  'duplicates',
  'contradictions',
  'length_bias',
  'far_from_policy',
  'reference_disagrees',
  'falling_chosen',
  'growing_length',
  'drift',
  'entropy_collapse',
  'perfect_accuracy',
  'exploding_margin',
  'label_noise',
  'lengthening',
  'cut_responses',
  'flat_rewards',
  'falling_reward',
  'unjudged',
] as const;
export type WarningKind = (typeof warningKinds)[number];

export interface TrainingWarning {
  kind: WarningKind;
  /** The optimiser step after which it was found; 0 is before the first. */
  step: number;
  /** What was found, with its numbers, and what is usually done about it. */
  message: string;
  remedy: string;
  figures: Record<string, number>;
  /** Examples that show it, the worst first. */
  examples?: { prompt: string; chosen: string; rejected: string; value: number }[];
}

/** What a run is going to take, told before its first step: sizes in bytes. */
export interface TrainingPlan {
  /** The batch that takes most: rows of a prompt with its completions, and tokens a row. */
  rows: number;
  length: number;
  /** Numbers that training changes. */
  trainedParameters: number;
  /** Weights as they lie in their files, and widened where the CPU computes in fp32. */
  weights: number;
  /** Trained tensors, and AdamW's two moments of each. */
  optimizer: number;
  /** What a step holds at once, gradients included. */
  activations: number;
  /** The process, the runtime, the tokenizer, the graph. */
  process: number;
  /** Of a run that samples: the weights as its sampler holds them, and the most that its cache takes. */
  sampler?: { weights: number; cache: number };
  peak: number;
}

export interface TrainResult {
  /** The PEFT adapter's folder. */
  adapter: string;
  /** What the losses were computed against: `base`, an adapter's folder, or null where they take no reference. */
  reference: string | null;
  steps: number;
  plan: TrainingPlan;
  trainedPairs: number;
  /** Pairs left out before training, by reason. */
  dropped: Record<string, number>;
  /** Rows of which a part was cut, by reason. */
  truncated: Record<string, number>;
  /** The share of the token places of an epoch's batches that hold no token. */
  paddingShare: number;
  /** Steps left out because their loss or gradients were not finite. */
  skippedSteps: number;
  /** The best evaluation's step and metric; with load_best_model_at_end the adapter is that step's. */
  best: { step: number; value: number } | null;
  /** Whether early stopping ended the run. */
  stoppedEarly: boolean;
  warnings: TrainingWarning[];
  seconds: number;
}

export interface PairScore {
  logpsChosen: number;
  logpsRejected: number;
  tokensChosen: number;
  tokensRejected: number;
}
