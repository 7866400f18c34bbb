// Reverse-mode differentiation: walks a graph from a scalar back to the tensors asked for, in reverse order of
// building (which is a topological order), accumulates, and undoes broadcasting. It knows no op.
import type { GraphBuilder, GraphNode, Value } from '../graph/builder.ts';
import { type OpType, sameShape } from '../graph/ops.ts';
import { type GradientRule, gradientRules, noGradient, notDifferentiable } from './rules.ts';

/**
 * Adds the nodes that compute d loss / d x for each x of `wrt` and returns them in that order.
 * `loss` is a scalar (shape []); a tensor that does not reach it gets zeros. Nothing is differentiated
 * that does not lie between `wrt` and `loss`. Throws where an op on that way is not differentiable.
 */
export function gradients(g: GraphBuilder, loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0) throw new Error(`The loss must be a scalar, not [${loss.shape}].`);
  return pullBack(g, loss, g.constant(1, loss.dtype), wrt);
}

/** The same from any value `y` with the gradient `dY` of its own shape: dY^T (dy / dx) for each x of `wrt`. */
export function pullBack(g: GraphBuilder, y: Value, dY: Value, wrt: readonly Value[]): Value[] {
  const path = nodesBetween(y, wrt);
  const onPath = new Set<Value>(wrt);
  for (const node of path) for (const output of node.outputs) onPath.add(output);

  const found = new Map<Value, Value>([[y, dY]]);
  for (const node of path.toReversed()) {
    const dOutputs = node.outputs.map((output) => found.get(output));
    if (dOutputs.every((gradient) => gradient === undefined)) continue;
    const filled = dOutputs.map((gradient, i) => gradient ?? g.zeros(outputAt(node, i).shape, outputAt(node, i).dtype));
    const isWanted = node.inputs.map((input) => onPath.has(input));
    for (const [i, gradient] of applyRule(g, node, filled, isWanted).entries()) {
      const input = node.inputs[i];
      if (!input || !gradient || !onPath.has(input)) continue;
      const fitted = sumToShape(g, gradient, input);
      const known = found.get(input);
      found.set(input, known ? g.add(known, fitted) : fitted);
    }
  }
  return wrt.map((value) => found.get(value) ?? g.zeros(value.shape, value.dtype));
}

/** The nodes on a way from `wrt` to `y`, inputs before outputs. */
function nodesBetween(y: Value, wrt: readonly Value[]): GraphNode[] {
  const sources = new Set(wrt);
  const depends = new Map<GraphNode, boolean>();
  const ordered: GraphNode[] = [];
  // An explicit stack: a deep model is deeper than JavaScript's.
  const stack: { node: GraphNode; isExpanded: boolean }[] = [];
  const visit = (value: Value) => {
    if (value.producer && !depends.has(value.producer)) stack.push({ node: value.producer, isExpanded: false });
  };
  visit(y);
  while (stack.length > 0) {
    const top = stack.at(-1);
    if (!top) break;
    if (depends.has(top.node)) {
      stack.pop();
    } else if (!top.isExpanded) {
      top.isExpanded = true;
      if (isFollowed(top.node)) top.node.inputs.forEach(visit);
    } else {
      stack.pop();
      const isOnPath =
        isFollowed(top.node) &&
        top.node.inputs.some((input) => sources.has(input) || (input.producer && depends.get(input.producer)));
      depends.set(top.node, isOnPath);
      if (isOnPath) ordered.push(top.node);
    }
  }
  return ordered;
}

const isFollowed = (node: GraphNode) => node.vjp !== undefined || gradientRules[node.type] !== noGradient;

function applyRule<T extends OpType>(
  g: GraphBuilder,
  node: GraphNode<T>,
  dOutputs: readonly Value[],
  isWanted: readonly boolean[],
) {
  const { vjp } = node;
  if (vjp) return g.scope('gradient', () => vjp(dOutputs, isWanted));
  const rule: GradientRule<T> | typeof noGradient | typeof notDifferentiable = gradientRules[node.type];
  if (rule === noGradient) return [];
  const [dY] = dOutputs;
  if (rule === notDifferentiable || !dY) throw new Error(`${node.name}: ${node.type} has no gradient rule.`);
  return g.scope('gradient', () => rule(g, node, dY, dOutputs));
}

function outputAt(node: GraphNode, index: number): Value {
  const value = node.outputs[index];
  if (!value) throw new Error(`${node.name} has no output ${index}.`);
  return value;
}

/** Sums a gradient over the axes along which its input was broadcast. */
function sumToShape(g: GraphBuilder, gradient: Value, { shape }: Value): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []));
  return g.reshape(axes.length > 0 ? g.reduceSum(gradient, axes, true) : gradient, shape);
}
