// Starts contestants, each in a process of its own, and asks them.
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { engineProcessFlags } from '../engine/runtime/process-flags.ts';
import { replySchema, type Work } from './contestant.ts';
import { watchOwnMemory } from './own-memory.ts';

export const contestantNames = ['ours', 'per-token', 'transformers.js', 'llama.cpp', 'python'] as const;
export type ContestantName = (typeof contestantNames)[number];

export interface Measured {
  seconds: number;
  rows: number[][];
  peakBytes: number;
}

/** A contestant that has a checkpoint open. */
export interface Running {
  name: ContestantName;
  version: string;
  /** Held before the model was opened: the runtime and the libraries. */
  baselineBytes: number;
  /** Of what it holds, what no file backs (own-memory.ts): before the model was opened, and the most so far. */
  ownBaselineBytes: number | null;
  ownPeakBytes(): number | null;
  measure(work: Work): Promise<Measured>;
  stop(): void;
}

export interface Missing<N extends string = ContestantName> {
  name: N;
  reason: string;
}

/** Opens a checkpoint's folder in a contestant, or says why that one is missing. Only ours runs on another device than the CPU. */
export async function startContestant(
  name: ContestantName,
  folder: string,
  { python, device = 'cpu' }: { python?: string | undefined; device?: string } = {},
): Promise<Running | Missing> {
  if (name === 'python' && !python) {
    return { name, reason: 'no Python was named: --python PATH of one with torch and transformers' };
  }
  const child = name === 'python' ? runPython(python ?? '', folder) : runNode(name, folder, device);
  const memory = watchOwnMemory(child.pid);
  child.on('exit', memory.stop);
  const conversation = converse(child, name, replySchema);
  const first = await conversation.next();
  if ('missing' in first) return { name, reason: first.missing };
  if (!('baselineBytes' in first)) throw new Error(`${name} did not say what it holds.`);
  const ownBaselineBytes = memory.peak();
  await conversation.next();
  return {
    name,
    version: first.version,
    baselineBytes: first.baselineBytes,
    ownBaselineBytes,
    ownPeakBytes: memory.peak,
    measure: async (work) => {
      child.stdin?.write(`${JSON.stringify(work)}\n`);
      const answer = await conversation.next();
      if (!('rows' in answer)) throw new Error(`${name} gave no rows.`);
      return answer;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

export const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const stdio = ['pipe', 'pipe', 'pipe', 'pipe'] as const;

function runNode(name: string, folder: string, device: string): ChildProcess {
  return runTypeScript('child.ts', name, folder, device);
}

/** A script of this folder in a process of its own. */
export function runTypeScript(script: string, ...args: string[]): ChildProcess {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const flags = [...engineProcessFlags, '--import', loader];
  return spawn(process.execPath, [...flags, here(script), ...args], { stdio: [...stdio] });
}

function runPython(python: string, folder: string): ChildProcess {
  return spawn(python, [here('python/generate.py'), folder], { stdio: [...stdio] });
}

/** The replies of a process, one for each question; what it prints besides is told when it fails. */
export function converse<R extends object>(
  child: ChildProcess,
  name: string,
  schema: z.ZodType<R>,
): { next(): Promise<Exclude<R, { error: string }>> } {
  let noise = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      noise = (noise + chunk).slice(-4000);
    });
  }
  const replies: R[] = [];
  let wake = () => {};
  let end: string | null = null;
  const finish = (reason: string) => {
    end ??= reason;
    wake();
  };
  createInterface({ input: child.stdio[3] as Readable })
    .on('line', (line) => {
      replies.push(schema.parse(JSON.parse(line)));
      wake();
    })
    .on('close', () => finish('it ended'));
  child.on('error', (error) => finish(error.message));
  child.stdin?.on('error', () => finish('it does not listen'));
  return {
    next: async () => {
      while (replies.length === 0) {
        if (end !== null) throw new Error(`The contestant ${name} stopped: ${end}. ${noise.trim()}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const reply = replies.shift() as R;
      if ('error' in reply) throw new Error(`The contestant ${name} failed: ${reply.error} ${noise.trim()}`);
      return reply as Exclude<R, { error: string }>;
    },
  };
}
