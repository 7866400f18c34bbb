// `rankloop bench memory`: a bf16 checkpoint of 1.1 billion random parameters, sampled in a process of its own, whose peak
// of memory is held against a limit. The checkpoint (2.2 GB) lies in a folder that is removed at the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { EngineError } from '../engine/errors.ts';
import { createRandom } from '../engine/random.ts';
import type { Work } from './contestant.ts';
import { benchModels, cacheBytesPerToken, checkpointFolder, parameterCount } from './models.ts';
import { startContestant } from './processes.ts';
import { randomPrompt } from './tokenizer.ts';

export interface MemoryBenchReport {
  bench: 'memory';
  parameters: number;
  /** Of the weights on disk, and in fp32, which the CPU computes in. */
  weightBytes: number;
  fp32Bytes: number;
  cacheBytes: number;
  /** Before the model was opened. */
  baselineBytes: number;
  peakBytes: number;
  limitBytes: number;
  holds: boolean;
  /** The second time: the first also loads the weights. */
  tokensPerSecond: number;
}

const limitBytes = 8e9;
const [promptTokens, samples, newTokens] = [128, 4, 16];

export async function benchMemory(log: (line: string) => void, signal: AbortSignal): Promise<MemoryBenchReport> {
  const model = benchModels['1B'];
  const cache = await mkdtemp(join(tmpdir(), 'rankloop-memory-'));
  try {
    log('Writing a bf16 checkpoint of 1.1 billion random parameters.');
    const folder = await checkpointFolder(cache, model);
    const { tokenizer } = await openCheckpoint(folder);
    const text = randomPrompt(promptTokens, createRandom(1));
    const prompt = { text, ids: tokenizer.encodePrompt(text) };
    const work: Work = { calls: [{ prompts: [prompt], n: samples }], newTokens, temperature: 0.9, seed: 1 };
    signal.throwIfAborted();
    log(`Sampling ${samples} responses to ${promptTokens} tokens, twice.`);
    const running = await startContestant('ours', folder);
    if ('reason' in running) throw new EngineError('DEVICE_UNAVAILABLE', running.reason);
    try {
      await running.measure(work);
      signal.throwIfAborted();
      const { seconds, peakBytes } = await running.measure(work);
      return {
        bench: 'memory',
        parameters: parameterCount(model),
        weightBytes: 2 * parameterCount(model),
        fp32Bytes: 4 * parameterCount(model),
        cacheBytes: samples * (promptTokens + newTokens) * cacheBytesPerToken(model),
        baselineBytes: running.baselineBytes,
        peakBytes,
        limitBytes,
        holds: peakBytes <= limitBytes,
        tokensPerSecond: (samples * newTokens) / seconds,
      };
    } finally {
      running.stop();
    }
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

export function memorySummary(report: MemoryBenchReport): string {
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  return (
    `${(report.parameters / 1e9).toFixed(2)} billion parameters (${gb(report.weightBytes)} on disk, ` +
    `${gb(report.fp32Bytes)} in fp32, cache ${gb(report.cacheBytes)}): peak ${gb(report.peakBytes)}, ` +
    `${report.holds ? 'within' : 'over'} ${gb(report.limitBytes)}; ${report.tokensPerSecond.toFixed(1)} tokens/s.`
  );
}
