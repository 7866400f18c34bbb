// What a graph's values take while it runs, told before it runs: its nodes in the order in which they will come, each
// value held from the node that makes it to the last that reads it.
import type { OnnxGraph, OnnxNode } from './onnx.ts';

/** The same memory under another shape or name. */
const views = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);
/** What the runtime may write over an input that nobody reads after it. */
const inPlace = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
  'Exp',
  'Log',
  'Sqrt',
  'Sigmoid',
  'Tanh',
  'Where',
  'Softmax',
]);

/**
 * The most bytes that values of the graph take at once. `bytes` has the size of each (GraphBuilder.valueBytes); inputs,
 * weights and constants are the caller's and not counted.
 */
export function peakBytes(graph: OnnxGraph, bytes: ReadonlyMap<string, number>): number {
  const order = executionOrder(graph);
  const owners = new Map<string, string>(); // a view's memory is that of the value it looks at
  const ownerOf = (name: string) => owners.get(name) ?? name;
  const lastUse = new Map<string, number>();
  for (const [i, node] of order.entries()) {
    for (const name of readsOf(node)) lastUse.set(ownerOf(name), i);
    const [from = '', to = ''] = [node.inputs[0], node.outputs[0]];
    if (views.has(node.type)) owners.set(to, ownerOf(from));
  }
  for (const { name } of graph.outputs) lastUse.set(ownerOf(name), order.length);

  const live = new Map<string, number>();
  let [now, peak] = [0, 0];
  for (const [i, node] of order.entries()) {
    const inner = innerGraphs(node).reduce((most, body) => Math.max(most, peakBytes(body, bytes)), 0);
    const dying = readsOf(node)
      .map(ownerOf)
      .filter((name) => lastUse.get(name) === i && live.has(name));
    for (const [k, name] of node.outputs.entries()) {
      if (owners.has(name)) continue;
      const size = bytes.get(name) ?? 0;
      const reused = k === 0 && inPlace.has(node.type) ? dying.find((input) => live.get(input) === size) : undefined;
      if (reused !== undefined) {
        live.delete(reused);
        now -= size;
      }
      live.set(name, size);
      now += size;
    }
    peak = Math.max(peak, now + inner);
    const unread = node.outputs.filter((name) => !owners.has(name) && lastUse.get(name) === undefined);
    for (const name of [...dying, ...unread]) {
      now -= live.get(name) ?? 0;
      live.delete(name);
    }
  }
  return peak;
}

/** As ONNX Runtime orders nodes: depth first from the graph's last outputs, what a node reads before it. */
function executionOrder(graph: OnnxGraph): OnnxNode[] {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const read = new Set(graph.nodes.flatMap(readsOf));
  const stack = graph.nodes
    .filter((node) => !node.outputs.some((name) => read.has(name)))
    .map((node) => ({ node, isLeaving: false }));
  const ordered: OnnxNode[] = [];
  const seen = new Set<OnnxNode>();
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, isLeaving } = top;
    if (isLeaving) {
      ordered.push(node);
      continue;
    }
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, isLeaving: true });
    for (const name of readsOf(node)) {
      const maker = makers.get(name);
      if (maker && !seen.has(maker)) stack.push({ node: maker, isLeaving: false });
    }
  }
  return ordered;
}

/** The values that a node reads, those of its inner graphs included. */
function readsOf(node: OnnxNode): string[] {
  const inner = innerGraphs(node).flatMap((graph) => [
    ...graph.nodes.flatMap(readsOf),
    ...graph.outputs.map(({ name }) => name),
  ]);
  return [...node.inputs, ...inner];
}

function innerGraphs(node: OnnxNode): OnnxGraph[] {
  return Object.values(node.attributes).filter(
    (value): value is OnnxGraph => typeof value === 'object' && value !== null && 'nodes' in value,
  );
}
