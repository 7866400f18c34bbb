// How far two runs ended from one another: in their adapters, and in what they logged.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, readTensor } from '../engine/checkpoint/safetensors.ts';

/** The greatest distance of a number of one adapter from the other's; infinite where they differ in their tensors. */
export async function adapterDistance(one: string, other: string): Promise<number> {
  const [tensors, others] = [await tensorsOf(one), await tensorsOf(other)];
  if (tensors.size !== others.size) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (const [name, data] of tensors) {
    const theirs = others.get(name);
    for (const [i, value] of data.entries()) {
      const distance = Math.abs(value - (theirs?.[i] ?? Number.NaN));
      if (!(distance <= greatest)) greatest = distance;
    }
  }
  return greatest;
}

async function tensorsOf(folder: string): Promise<Map<string, Float32Array>> {
  const tensors = new Map<string, Float32Array>();
  for (const [name, tensor] of await readSafetensors(folder, 'adapter_model.safetensors')) {
    tensors.set(name, await readTensor(folder, tensor));
  }
  return tensors;
}

/** Over all lines and numbers of metrics.jsonl; infinite where one of them is missing, or the warnings differ. */
export async function curveDistance(one: string, other: string): Promise<number> {
  const [lines, others] = [await linesOf(one), await linesOf(other)];
  const [warnings, theirs] = [await warningsOf(one), await warningsOf(other)];
  if (lines.length !== others.length || warnings !== theirs) return Number.POSITIVE_INFINITY;
  const distances = lines.flatMap((line, i) =>
    Object.entries(line).map(([name, value]) => Math.abs(value - (others[i]?.[name] ?? Number.POSITIVE_INFINITY))),
  );
  return Math.max(...distances);
}

const warningsOf = (folder: string) => readFile(join(folder, 'diagnostics.jsonl'), 'utf8');

async function linesOf(folder: string): Promise<Record<string, number>[]> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
