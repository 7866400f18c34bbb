// LoRA (Hu et al. 2021): W x + scale B A x, with A [r, in] and B [out, r] as plain inputs of the graph, so that one
// session serves any adapter of the same modules. Training states the scale in the graph; sampling feeds scale * B.
import type { LoraConfig } from '../config.ts';
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import type { WeightShapes } from './weights.ts';

/** What A x is multiplied with: the adapter's scale where B does not hold it, or a mask over the rank of each row. */
export type LoraScale = number | Value;

/** An adapter's two matrices as values of a graph. */
export interface LoraMatrices {
  a: Value;
  b: Value;
  scale?: LoraScale;
  /** What it reads of x, where dropout acts. */
  drop?: (x: Value) => Value;
}

/** By the module that they belong to; null where it has none. */
export type LoraSource = (module: string) => LoraMatrices | null;

export const noLora: LoraSource = () => null;

/** Where embedding and head are one matrix, each is a module of its own still, as in PEFT: an adapter changes one use. */
export const embeddingModule = 'model.embed_tokens';
export const headModule = 'lm_head';

/** The modules, by full name, that `target_modules` selects of a model. */
export function loraTargets(weights: WeightShapes, targets: readonly string[]): string[] {
  const named = [...weights.keys()].map((name) => name.replace(/\.weight$/, ''));
  return [...new Set([...named, headModule])].filter(
    (module) =>
      loraShape(weights, module) !== null &&
      targets.some((target) => module === target || module.endsWith(`.${target}`)),
  );
}

/**
 * What a module's adapter maps: B is [out, r] and A [r, inner]. An embedding maps one-hot ids, so that its `inner` is the
 * vocabulary. null where the module cannot carry one.
 */
export function loraShape(weights: WeightShapes, module: string): readonly [out: number, inner: number] | null {
  const isHead = module === headModule;
  const isEmbedding = module === embeddingModule;
  const tied = isHead ? weights.get(`${embeddingModule}.weight`) : undefined;
  const [rows, columns, ...more] = weights.get(`${module}.weight`) ?? tied ?? [];
  const canCarry = isHead || isEmbedding || module.startsWith('model.layers.');
  if (!canCarry || rows === undefined || columns === undefined || more.length > 0) return null;
  return isEmbedding ? [columns, rows] : [rows, columns];
}

/**
 * Adds the inputs `<module>.lora_A` [rank, in] and `<module>.lora_B` [out, rank] for each module, after `prefix`: in fp32
 * (fp64 in checks), as an optimiser keeps them; half precision is the graph's own affair.
 */
export function loraInputs(
  g: GraphBuilder,
  weights: WeightShapes,
  modules: readonly string[],
  rank: number | 'rank',
  scale?: LoraScale,
  prefix = '',
): { source: LoraSource; values: Map<string, Value> } {
  const values = new Map<string, Value>();
  const pairs = new Map<string, { a: Value; b: Value; scale?: LoraScale }>();
  for (const module of modules) {
    const shape = loraShape(weights, module);
    if (!shape) throw new Error(`No linear layer ${module}.`);
    const [out, inner] = shape;
    const a = g.input(prefix + loraName(module, 'A'), exactType(g), [rank, inner]);
    const b = g.input(prefix + loraName(module, 'B'), exactType(g), [out, rank]);
    const pair = { a: g.cast(a, g.dtype), b: g.cast(b, g.dtype) };
    pairs.set(module, scale === undefined ? pair : { ...pair, scale });
    values.set(loraName(module, 'A'), a).set(loraName(module, 'B'), b);
  }
  return { source: (module) => pairs.get(module) ?? null, values };
}

/** scale A x, [..., rank]: what B is multiplied with. */
export const lowRank = (g: GraphBuilder, { a, scale, drop }: LoraMatrices, x: Value): Value =>
  scaled(g, g.linear(drop ? drop(x) : x, a), scale);

/** The same of one-hot `ids` [..., vocab], by their ids [batch, seq]: columns of A. Neither PEFT nor we drop any. */
export function lowRankOfIds(
  g: GraphBuilder,
  { a, scale }: LoraMatrices,
  ids: Value,
  padTokenId: number | null,
): Value {
  const picked = g.transpose(g.gather(a, ids, 1), [1, 2, 0]);
  const [columns] = g.withGradient([a], [picked], ([dColumns]) => {
    const [rank, vocabulary] = a.shape.map(Number) as [number, number];
    const rows = g.reshape(dColumns as Value, [-1, rank]);
    const learned = padTokenId === null ? rows : g.where(isId(g, ids, padTokenId), 0, rows);
    return [g.transpose(g.scatterAdd(g.zeros([vocabulary, rank], a.dtype), ids, learned))];
  });
  return scaled(g, columns as Value, scale);
}

/** bool [ids, 1]. torch's embeddings (padding_idx) learn nothing for the padding, wherever it stands, and PEFT's with them. */
const isId = (g: GraphBuilder, ids: Value, id: number): Value =>
  g.equal(g.reshape(ids, [-1, 1]), g.constant([id], 'int64'));

const scaled = (g: GraphBuilder, low: Value, scale: LoraScale | undefined): Value =>
  scale === undefined ? low : g.mul(low, scale);

export const loraName = (module: string, matrix: 'A' | 'B') => `${module}.lora_${matrix}`;

/** alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (Kalajdzievski 2023). */
export function loraScale({ r, lora_alpha, use_rslora }: Pick<LoraConfig, 'r' | 'lora_alpha' | 'use_rslora'>): number {
  return lora_alpha / (use_rslora ? Math.sqrt(r) : r);
}
