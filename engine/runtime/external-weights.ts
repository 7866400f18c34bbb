// Where a graph's weights really lie, before a session opens over them: links followed, and no more than memory holds.
import { placeOf, rootOf } from '../checkpoint/files.ts';
import { EngineError } from '../errors.ts';
import type { OnnxGraph, OnnxTensor } from '../graph/onnx.ts';
import { hostMemory } from './device-memory.ts';

/**
 * The graph with the locations of its external tensors relative to `root`, the folder that the runtime is to read
 * from: it refuses links that leave that folder, and a snapshot in the Hub's cache is all links into `blobs` beside it.
 */
export async function locateWeights(graph: OnnxGraph, folder: string): Promise<{ graph: OnnxGraph; root: string }> {
  const { root } = await rootOf(folder);
  const places = new Map<string, string>();
  for (const { location } of externalTensors(graph)) {
    if (!places.has(location)) places.set(location, await placeOf(folder, location));
  }
  const located = (tensor: OnnxTensor): OnnxTensor => {
    const { source } = tensor;
    const location = 'location' in source ? places.get(source.location) : undefined;
    return location === undefined ? tensor : { ...tensor, source: { ...source, location } as OnnxTensor['source'] };
  };
  return { root, graph: { ...graph, initializers: graph.initializers.map(located) } };
}

/** The places of a graph's weights in files. */
export function externalTensors(graph: OnnxGraph): { location: string; length: number }[] {
  return graph.initializers.flatMap(({ source }) => ('location' in source ? [source] : []));
}

/** Throws OUT_OF_MEMORY where the weights alone have more bytes than the machine: loading them could only end badly. */
export function assertWeightsFit(weights: Iterable<{ length: number }>, folder: string): void {
  let bytes = 0;
  for (const { length } of weights) bytes += length;
  const { totalBytes } = hostMemory();
  if (bytes <= totalBytes) return;
  const gigabytes = (count: number) => (count / 1e9).toFixed(1);
  throw new EngineError(
    'OUT_OF_MEMORY',
    `The weights in ${folder} have ${gigabytes(bytes)} GB, more than the ${gigabytes(totalBytes)} GB of this machine's memory: use a smaller model.`,
  );
}
