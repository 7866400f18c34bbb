// `rankloop bench cuda`: proves sampler and trainer on an NVIDIA device. The runtime's own log shows where each node runs and what
// is copied; greedy tokens are held against the CPU's; then tokens/s.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { EngineError } from '../engine/errors.ts';
import { createRandom } from '../engine/random.ts';
import { readDeviceMemory } from '../engine/runtime/device-memory.ts';
import { executionProviders } from '../engine/runtime/provider.ts';
import type { Work } from './contestant.ts';
import { findOffenders, type Placement, readPlacement } from './cuda-log.ts';
import { type CudaTrainingReport, proveTraining, trainingSummary } from './cuda-training.ts';
import { benchModels, checkpointFolder } from './models.ts';
import { type Running, startContestant } from './processes.ts';
import { currentCommit } from './sampler.ts';
import { type GreedyAgreement, greedyAgreement, type Spread, spread } from './statistics.ts';
import { randomPrompt } from './tokenizer.ts';

export interface CudaReport {
  bench: 'cuda';
  commit: string;
  date: string;
  device: string;
  card: string;
  placement: Placement;
  /** What speaks against the loop running on the device alone; empty = proven. */
  offenders: string[];
  greedy: GreedyAgreement;
  speed: { model: string; rows: number; tokensPerSecond: Spread }[];
  training: CudaTrainingReport;
  holds: boolean;
}

/** Half precision may turn a near tie another way, after which a row goes its own way: most tokens must be equal, not all. */
const wantedAgreement = 0.95;
const repetitions = 3;
const demoFolder = fileURLToPath(new URL('../demo/model', import.meta.url));

export async function benchCuda(
  { device, cache }: { device: string; cache: string },
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<CudaReport> {
  const started = new Date();
  // Each throws in words: no libraries, no driver or card.
  executionProviders(device);
  const { kind, name: card } = await readDeviceMemory(device);
  if (kind !== 'cuda')
    throw new EngineError('CONFIG_INVALID', `bench cuda needs --device cuda or cuda:N, not ${device}.`);

  log(`Opening the sampler's session on ${card} with the runtime's verbose log.`);
  const { log: told } = await runChild('cuda-child.ts', demoFolder, device);
  const placement = readPlacement(told);
  const offenders = findOffenders(placement, 'CUDAExecutionProvider', 'generate', '/loop/');
  signal.throwIfAborted();

  log("Comparing greedy tokens with the CPU's.");
  const work = await demoWork();
  const [onCpu, onDevice] = [await measureOnce('cpu', work), await measureOnce(device, work)];
  const greedy = greedyAgreement(onCpu, onDevice);

  const speed: CudaReport['speed'] = [];
  for (const model of [benchModels.small, benchModels['100M']]) {
    const running = await start(await checkpointFolder(cache, model), device);
    try {
      for (const rows of [1, 8, 32]) {
        signal.throwIfAborted();
        log(`${model.name}: batch ${rows}`);
        speed.push({ model: model.name, rows, tokensPerSecond: await measureSpeed(running, rows) });
      }
    } finally {
      running.stop();
    }
  }
  signal.throwIfAborted();
  log('Training a step, and comparing its gradients with the CPU.');
  const training = await proveTraining(device, (where, type) =>
    runChild('cuda-training-child.ts', demoFolder, where, type),
  );
  const holds = offenders.length === 0 && greedy.share >= wantedAgreement && training.holds;
  const date = started.toISOString();
  return {
    bench: 'cuda',
    commit: currentCommit(),
    date,
    device,
    card,
    placement,
    offenders,
    greedy,
    speed,
    training,
    holds,
  };
}

/** What the runtime says while a process of its own runs a script on a device, and what the script prints. */
function runChild(script: string, folder: string, device: string, ...rest: string[]) {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = fileURLToPath(new URL(script, import.meta.url));
  return new Promise<{ log: string; stdout: string }>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, file, folder, device, ...rest], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, told]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => told.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const [stdout, log] = [printed, told].map((chunks) => Buffer.concat(chunks).toString('utf8')) as [string, string];
      if (code === 0) resolve({ log, stdout });
      else reject(new EngineError('DEVICE_UNAVAILABLE', `${script} does not run on ${device}: ${lastWords(log)}`));
    });
  });
}

const lastWords = (log: string) => /EngineError: (.*)/.exec(log)?.[1] ?? log.trim().split('\n').slice(-3).join(' ');

const promptSchema = z.object({ prompt: z.array(z.object({ content: z.string() })) });

/** Greedy, on the demo model: a trained one, whose likeliest token leads by more than rounding. */
async function demoWork(): Promise<Work> {
  const { tokenizer } = await openCheckpoint(demoFolder);
  const lines = (await readFile(new URL('../demo/prompts/heldout.jsonl', import.meta.url), 'utf8')).split('\n');
  const prompts = lines.slice(0, 16).map((line) => {
    const { prompt } = promptSchema.parse(JSON.parse(line));
    const text = `<|user|>${prompt[0]?.content}<|end|><|assistant|>`;
    return { text, ids: tokenizer.encodePrompt(text) };
  });
  return { calls: [{ prompts, n: 1 }], newTokens: 48, temperature: 0, seed: 1 };
}

async function start(folder: string, device: string): Promise<Running> {
  const running = await startContestant('ours', folder, { device });
  if ('reason' in running) throw new EngineError('DEVICE_UNAVAILABLE', running.reason);
  return running;
}

async function measureOnce(device: string, work: Work): Promise<number[][]> {
  const running = await start(demoFolder, device);
  try {
    return (await running.measure(work)).rows;
  } finally {
    running.stop();
  }
}

async function measureSpeed(running: Running, rows: number): Promise<Spread> {
  const random = createRandom(1);
  const prompts = Array.from({ length: rows }, () => ({ text: randomPrompt(32, random), ids: [] }));
  const work: Work = { calls: [{ prompts, n: 1 }], newTokens: 128, temperature: 0.9, seed: 1 };
  await running.measure(work);
  const speeds: number[] = [];
  for (let i = 0; i < repetitions; i++) speeds.push((rows * work.newTokens) / (await running.measure(work)).seconds);
  return spread(speeds);
}

export function cudaSummary({ card, placement, offenders, greedy, speed, training }: CudaReport): string {
  const nodes = Object.entries(placement.nodes).map(([provider, count]) => `${provider} ${count}`);
  const outside = placement.copies.filter(({ graph }) => graph === 'generate').map(({ count }) => count);
  return [
    `${card}: nodes ${nodes.join(', ')}; copies around the loop ${outside[0] ?? 0}.`,
    ...(offenders.length === 0 ? ['Inside the loop: no copy, no node on the CPU.'] : offenders),
    `Greedy tokens equal to the CPU's: ${(100 * greedy.share).toFixed(1)} % of ${greedy.tokens}, ${greedy.equalRows} of ${greedy.rows} rows whole.`,
    ...speed.map(
      ({ model, rows, tokensPerSecond: { median, min, max } }) =>
        `${model}, batch ${rows}: ${median.toFixed(0)} tokens/s (${min.toFixed(0)}-${max.toFixed(0)})`,
    ),
    trainingSummary(training),
  ].join('\n');
}
