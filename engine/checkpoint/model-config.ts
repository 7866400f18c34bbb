// What a graph needs to know of a model: sizes, and how its layers attend, embed and activate.
// Read from a folder by read-config.ts.

export type Architecture =
  | 'LlamaForCausalLM'
  | 'MistralForCausalLM'
  | 'Qwen2ForCausalLM'
  | 'Qwen3ForCausalLM'
  | 'SmolLM3ForCausalLM'
  | 'Gemma2ForCausalLM'
  | 'Gemma3ForCausalLM'
  | 'Phi3ForCausalLM';

export type RopeScaling =
  | { type: 'default' }
  | { type: 'linear'; factor: number }
  /** NTK-aware: the base grows with what a sequence has beyond the original length. */
  | { type: 'dynamic'; factor: number; originalMaxPositions: number }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositions: number;
    }
  | {
      type: 'yarn';
      factor: number;
      betaFast: number;
      betaSlow: number;
      isTruncated: boolean;
      originalMaxPositions: number;
    }
  /** One factor per frequency; long ones for a sequence beyond the original length. */
  | { type: 'longrope'; shortFactors: number[]; longFactors: number[]; originalMaxPositions: number };

/** One set of rotary tables. */
export interface Rope {
  theta: number;
  /** How many of a head's dimensions turn: all of them, or the first few (partial rotary). */
  dim: number;
  scaling: RopeScaling;
  /** What cos and sin are multiplied with (yarn and longrope; else 1). */
  attentionFactor: number;
}

/** How one layer attends. */
export interface LayerAttention {
  /** How many tokens a token sees, itself included; null = all before it. */
  window: number | null;
  /** Index into `ropes`; null = no position embedding at all. */
  rope: number | null;
}

export interface ModelConfig {
  architecture: Architecture;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  /** One per layer. */
  attention: LayerAttention[];
  /** Distinct rotary tables that layers refer to. */
  ropes: Rope[];
  /** What scores are multiplied with before the softmax: 1 / sqrt(headDim), or what the config states. */
  attentionScale: number;
  /** cap x tanh(score / cap) where the model has it. */
  attentionSoftcap: number | null;
  logitSoftcap: number | null;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocabSize: number;
  maxPositions: number;
  rmsNormEpsilon: number;
  activation: 'silu' | 'gelu_tanh';
  /** The linear layers of a block that add a bias, by their last name. */
  biases: readonly string[];
  /** What embedded tokens are multiplied with. */
  embeddingScale: number;
  hasTiedHead: boolean;
  eosTokenIds: number[];
  /** Its embedding learns nothing. */
  padTokenId: number | null;
}
