// Reads ONNX Runtime's own verbose log: on which provider it placed each node, and where it added copies between host
// and device. Our graphs have one graph around the loop; every other graph is the loop's body or a branch inside it.
import { stripVTControlCharacters } from 'node:util';

export interface Placement {
  /** Sessions that the log tells of. */
  sessions: number;
  /** Nodes by execution provider, those inside subgraphs included. */
  nodes: Record<string, number>;
  /** Copies that were added, by graph. */
  copies: { graph: string; count: number; values: string[] }[];
  /** Nodes on the CPU provider, as `Type (name)`; the log names them only where several providers share the nodes. */
  onCpu: string[];
}

const message = /\[[VIWEF]:onnxruntime:[^\]]*\] ?(.*)$/;

export function readPlacement(log: string): Placement {
  const placement: Placement = { sessions: 0, nodes: {}, copies: [], onCpu: [] };
  let added: string[] = [];
  let provider: string | null = null;
  for (const line of log.split('\n')) {
    const text = message.exec(stripVTControlCharacters(line).trimEnd())?.[1];
    if (text === undefined) continue;
    const [, value] = /^Add Memcpy(?:From|To)Host (?:after|before) (.+) for \w+$/.exec(text) ?? [];
    const [, count, graph] = /^(\d+) Memcpy nodes are added to the graph (\S*) for /.exec(text) ?? [];
    const [, placedOn, number] =
      /^ (?:All nodes|Node\(s\)) placed on \[(\w+)\]\. Number of nodes: (\d+)/.exec(text) ?? [];
    const [, node] = /^ {2}(\S+ \(.*\))$/.exec(text) ?? [];
    if (value) added.push(value);
    if (count && graph !== undefined) {
      placement.copies.push({ graph, count: Number(count), values: added });
      added = [];
    }
    if (text === 'Node placements') placement.sessions++;
    if (placedOn) {
      provider = placedOn;
      placement.nodes[placedOn] = (placement.nodes[placedOn] ?? 0) + Number(number);
    } else if (!node) {
      provider = null;
    } else if (provider === 'CPUExecutionProvider') {
      placement.onCpu.push(node);
    }
  }
  return placement;
}

/**
 * What speaks against the loop running on the device alone: copies added to a graph inside it, and nodes inside it on
 * the CPU. A node whose name does not tell where it stands (the runtime made it by fusing others) counts as inside.
 */
export function findOffenders(placement: Placement, provider: string, outerGraph: string, bodyPath: string): string[] {
  if (placement.sessions === 0)
    return ['The log has no "Node placements": this build of the runtime does not tell them.'];
  const offenders: string[] = [];
  if (!placement.nodes[provider]) offenders.push(`No node at all is on ${provider}.`);
  for (const { graph, count, values } of placement.copies) {
    if (graph !== outerGraph) offenders.push(`${count} copies inside the loop (graph ${graph}): ${values.join(', ')}`);
  }
  for (const node of placement.onCpu) {
    const name = /\((.*)\)$/.exec(node)?.[1] ?? '';
    if (name.startsWith(bodyPath)) offenders.push(`On the CPU inside the loop: ${node}`);
    else if (!name.startsWith('/') && !node.startsWith('Loop '))
      offenders.push(`On the CPU, perhaps inside the loop: ${node}`);
  }
  return offenders;
}
