// Gradient checkpointing (Chen et al. 2016): of a part of the graph only its input is kept, and what the backward pass
// needs of its inside is computed again.
import type { GraphBuilder, Value } from '../graph/builder.ts';
import { pullBack } from './gradient.ts';

/** Marks a value inside of what is checkpointed that is not to be computed again. */
export type Keep = (value: Value) => Value;

/**
 * `build(x)`, differentiated through a second copy of itself. `build` must add the same nodes each time, and depend on
 * nothing that is differentiated but x and inputs of the graph. What it passes through `keep` is held from the first
 * time: small values that are dear to compute.
 *
 * The copy begins from x + 0 dY: without a data dependency on the gradient the runtime would merge it with the first
 * one, or run it long before it is needed, and keep all that it was to save.
 */
export function checkpointed(g: GraphBuilder, x: Value, build: (x: Value, keep: Keep) => Value): Value {
  const kept: Value[] = [];
  const y = build(g.stopGradient(x), (value) => {
    kept.push(value);
    return value;
  });
  const inputs = [x, ...inputsOf(g, y)];
  const [value] = g.withGradient(inputs, [y], ([dY], isWanted) =>
    g.scope('again', () => {
      const again = g.stopGradient(g.add(x, zeroOf(g, dY as Value)));
      const wrt = [again, ...inputs.slice(1).filter((_, i) => isWanted[i + 1])];
      const rest = [...kept];
      // The first copy's memory in the second one's place: nothing reads what that computes, so it is left out.
      const takeKept = (value: Value) => {
        const [taken] = g.withGradient([value], [rest.shift() ?? value], ([dValue]) => [dValue ?? null]);
        return taken as Value;
      };
      const copy = build(again, takeKept);
      const found = new Map(pullBack(g, copy, dY as Value, wrt).map((gradient, i) => [wrt[i], gradient]));
      return [again, ...inputs.slice(1)].map((input) => found.get(input) ?? null);
    }),
  );
  return value as Value;
}

/** A scalar 0 that can only be had once x is there. */
export function zeroOf(g: GraphBuilder, x: Value): Value {
  return g.mul(g.gather(g.reshape(x, [-1]), g.constant(0, 'int64')), 0);
}

/** The float inputs of the graph that y is made of. */
function inputsOf(g: GraphBuilder, y: Value): Value[] {
  const seen = new Set<Value>();
  const stack = [y];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    stack.push(...(value.producer?.inputs ?? []));
  }
  return [...seen].filter((value) => g.isInput(value) && value.dtype.startsWith('float'));
}
