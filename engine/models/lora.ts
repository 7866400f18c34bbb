// LoRA (Hu et al. 2021): W x + scale B A x, with A [r, in] and B [out, r] as plain inputs of the graph, so that one
// session serves any adapter of the same modules. Training states the scale in the graph; sampling feeds scale * B.
import type { LoraConfig } from '../config.ts';
import { exactType, type GraphBuilder, type Value } from '../graph/builder.ts';
import type { WeightShapes } from './weights.ts';

/** What A x is multiplied with: the adapter's scale where B does not hold it, or a mask over the rank of each row. */
export type LoraScale = number | Value;

/** An adapter's two matrices as values of a graph, by the module they belong to. */
export type LoraSource = (module: string) => {
  a: Value;
  b: Value;
  scale?: LoraScale /** What it reads of x, where dropout acts. */;
  drop?: (x: Value) => Value;
} | null;

export const noLora: LoraSource = () => null;

/** The modules, by full name, that `target_modules` selects among a model's linear layers. */
export function loraTargets(weights: WeightShapes, targets: readonly string[]): string[] {
  return [...weights]
    .filter(([name, shape]) => name.endsWith('.weight') && name.startsWith('model.layers.') && shape.length === 2)
    .map(([name]) => name.slice(0, -'.weight'.length))
    .filter((module) => targets.some((target) => module === target || module.endsWith(`.${target}`)));
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
    const [out, inner] = weights.get(`${module}.weight`) ?? [];
    if (out === undefined || inner === undefined) throw new Error(`No linear layer ${module}.`);
    const a = g.input(prefix + loraName(module, 'A'), exactType(g), [rank, inner]);
    const b = g.input(prefix + loraName(module, 'B'), exactType(g), [out, rank]);
    const pair = { a: g.cast(a, g.dtype), b: g.cast(b, g.dtype) };
    pairs.set(module, scale === undefined ? pair : { ...pair, scale });
    values.set(loraName(module, 'A'), a).set(loraName(module, 'B'), b);
  }
  return { source: (module) => pairs.get(module) ?? null, values };
}

export const loraName = (module: string, matrix: 'A' | 'B') => `${module}.lora_${matrix}`;

/** alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (Kalajdzievski 2023). */
export function loraScale({ r, lora_alpha, use_rslora }: Pick<LoraConfig, 'r' | 'lora_alpha' | 'use_rslora'>): number {
  return lora_alpha / (use_rslora ? Math.sqrt(r) : r);
}
