// For tests: a checkpoint's weights, each rounded to what its four bits stand for.
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { isQuantised } from '../checkpoint/memory.ts';
import { readTensor, type TensorToWrite } from '../checkpoint/safetensors.ts';
import { dequantizeRows, quantizeRows } from './int4.ts';

export async function roundedWeights(checkpoint: Checkpoint, block: number): Promise<Map<string, TensorToWrite>> {
  const rounded = new Map<string, TensorToWrite>();
  for (const [name, shape] of checkpoint.shapes) {
    const stored = checkpoint.tensors.get(name);
    if (!stored) continue;
    const data = await readTensor(checkpoint.folder, stored);
    const columns = shape[1] ?? 0;
    const back = () => dequantizeRows(quantizeRows(data, columns, block), columns, block);
    rounded.set(name, { shape, data: isQuantised(name, shape) ? back() : data });
  }
  return rounded;
}
