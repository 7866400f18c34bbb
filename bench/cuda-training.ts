// The part of `bench cuda` about training: where each node of a step runs, and its gradients against the CPU's.
import { z } from 'zod';
import type { Placement } from './cuda-log.ts';
import { readPlacement } from './cuda-log.ts';

export interface CudaTrainingReport {
  placement: Placement;
  /** What speaks against a step that runs on the device alone; empty = proven. */
  offenders: string[];
  compute: string;
  loss: { cpu: number; device: number };
  /** |gradients on the device - on the CPU| over |those on the CPU|. */
  distance: number;
  holds: boolean;
}

/** bf16 has 8 bits. */
const wantedDistance = 0.05;
const compute = 'bfloat16';
const resultSchema = z.object({ loss: z.number(), gradients: z.array(z.number()) });

/** `runChild` starts the step in a process of its own, on a device and in a type. */
export async function proveTraining(
  device: string,
  runChild: (device: string, compute: string) => Promise<{ log: string; stdout: string }>,
): Promise<CudaTrainingReport> {
  const read = (stdout: string) => resultSchema.parse(JSON.parse(stdout));
  const onCpu = read((await runChild('cpu', 'float32')).stdout);
  const child = await runChild(device, compute);
  const onDevice = read(child.stdout);
  const placement = readPlacement(child.log);
  const offenders = trainingOffenders(placement, 'CUDAExecutionProvider');
  const apart = Math.hypot(...onCpu.gradients.map((value, i) => value - (onDevice.gradients[i] ?? Number.NaN)));
  const distance = apart / Math.hypot(...onCpu.gradients);
  const loss = { cpu: onCpu.loss, device: onDevice.loss };
  return { placement, offenders, compute, loss, distance, holds: offenders.length === 0 && distance <= wantedDistance };
}

/** Nodes of the layers, the head and the gradients on the CPU, and copies inside the head's loop. */
export function trainingOffenders(placement: Placement, provider: string): string[] {
  if (placement.sessions === 0)
    return ['The log has no "Node placements": this build of the runtime does not tell them.'];
  const offenders: string[] = [];
  if (!placement.nodes[provider]) offenders.push(`No node at all is on ${provider}.`);
  for (const { graph, count, values } of placement.copies) {
    if (graph.startsWith('chunks')) offenders.push(`${count} copies inside the head's loop: ${values.join(', ')}`);
  }
  for (const node of placement.onCpu) {
    const name = /\((.*)\)$/.exec(node)?.[1] ?? '';
    if (/^\/(model|gradient|log_probs\/chunks|loss)\b/.test(name)) offenders.push(`On the CPU: ${node}`);
  }
  return offenders;
}

export function trainingSummary({ placement, offenders, compute: type, loss, distance }: CudaTrainingReport): string {
  const nodes = Object.entries(placement.nodes).map(([provider, count]) => `${provider} ${count}`);
  return [
    `Training in ${type}: nodes ${nodes.join(', ')}; loss ${loss.device.toFixed(5)} (CPU ${loss.cpu.toFixed(5)}), ` +
      `gradients within ${(100 * distance).toFixed(2)} % of the CPU's.`,
    ...(offenders.length === 0 ? ['Layers, head and gradients: no node on the CPU, no copy in the head.'] : offenders),
  ].join('\n');
}
