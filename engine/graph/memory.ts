// What a graph's values take while it runs, told before it runs: its nodes in the order in which they will come, each
// value held from the node that makes it to the last that reads it.
import { isGraph, type OnnxGraph, type OnnxNode } from './onnx.ts';

/** The same memory under another shape or name. */
const views = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);
/** What the runtime may write over an input that nobody reads after it. */
const inPlace = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Exp', 'Log', 'Sqrt', 'Sigmoid', 'Tanh']);

export interface GraphMemory {
  /** Of the weights that stay in their files, what a run reads of them. */
  weights: number;
  /** Of what the runtime computes once, when it opens a session: weights that it widens, for the most part. */
  folded: number;
  /** The most that values take at once while the graph runs. */
  peak: number;
}

/**
 * Inputs, and weights as they are stored, are not counted. `bytes` has the size of each value
 * (GraphBuilder.valueBytes).
 */
export function graphMemory(graph: OnnxGraph, bytes: ReadonlyMap<string, number>): GraphMemory {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  let folded = 0;
  const nodes = graph.nodes.filter((node) => {
    if (readsOf(node).some((name) => !constants.has(name))) return true;
    for (const name of node.outputs) {
      constants.add(name);
      if (!views.has(node.type)) folded += bytes.get(name) ?? 0;
    }
    return false;
  });
  const running = { ...graph, nodes };
  return { weights: weightBytes(running, bytes), folded, peak: peakBytes(running, bytes) };
}

function peakBytes(graph: OnnxGraph, bytes: ReadonlyMap<string, number>): number {
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

/** Whole tensors, or the rows that are gathered of one that nothing else reads. One under two names is counted once. */
function weightBytes(graph: OnnxGraph, bytes: ReadonlyMap<string, number>): number {
  const gathered = new Map<string, number>();
  const whole = new Set<string>();
  for (const node of graph.nodes) {
    const [table = ''] = node.inputs;
    const isLookup = node.type === 'Gather';
    if (isLookup) gathered.set(table, (gathered.get(table) ?? 0) + (bytes.get(node.outputs[0] ?? '') ?? 0));
    for (const name of isLookup ? node.inputs.slice(1) : readsOf(node)) whole.add(name);
  }
  const places = new Map<string, number>();
  for (const { name, source } of graph.initializers) {
    if (!('location' in source)) continue;
    const read = whole.has(name) ? source.length : Math.min(source.length, gathered.get(name) ?? 0);
    const place = `${source.location} ${source.offset}`;
    places.set(place, Math.max(read, places.get(place) ?? 0));
  }
  return [...places.values()].reduce((sum, size) => sum + size, 0);
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
  return Object.values(node.attributes).filter(isGraph);
}
