// `rankloop doctor`: what this machine has and whether a model would run on it, in words.
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { type DeviceMemory, judgeMemory, type MemoryVerdict } from '../domain/models.ts';
import type { InspectedModel } from '../engine/checkpoint/inspect.ts';
import type { Device } from '../engine/config.ts';
import { type CommandOutcome, log, runCommand } from './io.ts';
import { addDeviceOption } from './options.ts';

interface Options {
  model?: string;
  dataDir: string;
  device: Device;
  json?: boolean;
}

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

const demoModel = fileURLToPath(new URL('../demo/model', import.meta.url));

export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check Node, the runtime, devices, memory, the data folder, and what a model needs')
    .option('--model <dir>', 'the checkpoint to check (default: the demo model)')
    .option('--data-dir <dir>', 'the data folder to check', process.env.DATA_DIR ?? '.data')
    .option('--json', 'print one JSON object on stdout');
  addDeviceOption(command).action((options: Options) => runCommand(options.json, () => examine(options)));
}

async function examine(options: Options): Promise<CommandOutcome> {
  let device: DeviceMemory | null = null;
  let model: { facts: InspectedModel; needs: Need[] } | null = null;
  const checks = [
    checkNode(),
    await attempt('runtime', checkRuntime),
    await attempt('memory', async () => {
      device = await readMemory(options.device);
      return describeMemory(device);
    }),
    await attempt('data folder', () => checkDataDir(options.dataDir)),
    await attempt('model', async () => {
      model = await examineModel(options.model ?? demoModel, device);
      return describeModel(options.model ?? demoModel, model);
    }),
  ];
  for (const { name, ok, detail } of checks) log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length > 0 && !options.json) {
    throw new AppError('INVALID_INPUT', `${failed.length} of ${checks.length} checks failed.`);
  }
  if (failed.length > 0) process.exitCode = 1;
  return { result: { ok: failed.length === 0, checks, device, model }, summary: 'All is well.' };
}

async function attempt(name: string, check: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 9);
  return { name: 'node', ok, detail: ok ? process.versions.node : `${process.versions.node}; 20.9 or newer is needed` };
}

async function checkRuntime(): Promise<string> {
  const [{ hasCuda }, { GraphBuilder }, { openSession }] = await Promise.all([
    import('../engine/runtime/provider.ts'),
    import('../engine/graph/builder.ts'),
    import('../engine/runtime/session.ts'),
  ]);
  const g = new GraphBuilder('doctor');
  g.output('y', g.add(g.input('x', 'float32', [1]), 1));
  const session = await openSession(g.build(), { device: 'cpu' });
  const { y } = await session.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } });
  await session.close();
  if (y?.data[0] !== 2) throw new Error('ONNX Runtime computed 1 + 1 wrongly: install onnxruntime-node again.');
  return `ONNX Runtime runs on the CPU${hasCuda() ? '; its CUDA libraries are installed' : '; its CUDA libraries are not installed'}`;
}

const size = (bytes: number) =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;

async function readMemory(device: Device): Promise<DeviceMemory> {
  const { readDeviceMemory } = await import('../engine/runtime/device-memory.ts');
  return readDeviceMemory(device);
}

function describeMemory({ kind, name, freeBytes, totalBytes }: DeviceMemory): string {
  const text = `${name} has ${size(freeBytes)} free of ${size(totalBytes)}, ${availableParallelism()} cores`;
  if (kind === 'cpu' && freeBytes < 2 ** 29) throw new Error(`${text}: end other programs.`);
  return text;
}

async function checkDataDir(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(
      `${folder} cannot be written (${error instanceof Error ? error.message : error}); give another --data-dir.`,
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < 2 ** 29) throw new Error(`${folder} has only ${(free / 2 ** 20).toFixed(0)} MiB of disk left.`);
  return `${folder} can be written, ${(free / 2 ** 30).toFixed(1)} GiB free`;
}

interface Need {
  precision: string;
  weights: number;
  kv: number;
  total: number;
  verdict: MemoryVerdict | null;
}

/** What the model is, and what sampling from it needs on this device, by how precisely its weights are held. */
async function examineModel(folder: string, device: DeviceMemory | null) {
  const { inspectModel } = await import('../engine/checkpoint/inspect.ts');
  const facts = await inspectModel(folder);
  const needs = facts.memory.needs
    .filter((need) => need.device === (device?.kind ?? 'cpu'))
    .map(({ precision, weights, kv, total }): Need => {
      return { precision, weights, kv, total, verdict: device && judgeMemory(total, device) };
    });
  return { facts, needs };
}

const verdictWords: { [V in MemoryVerdict]: string } = {
  fits: 'fits',
  tight: 'fits once other programs give memory back',
  'too-large': 'too large',
};

function describeModel(folder: string, { facts, needs }: { facts: InspectedModel; needs: Need[] }): string {
  const { rows, length } = facts.memory;
  const isWidened =
    needs.some(({ precision }) => precision === 'fp32') && facts.dtypes.some((dtype) => dtype !== 'F32');
  const widened = isWidened ? ' On a CPU, half-precision weights are widened to fp32 as they are loaded.' : '';
  const options = needs.map(
    ({ precision, weights, kv, total, verdict }) =>
      `${size(total)} in ${precision} (weights ${size(weights)}, cache ${size(kv)}${verdict ? `: ${verdictWords[verdict]}` : ''})`,
  );
  const text =
    `${folder}: ${facts.architecture}, ${(facts.parameters / 1e6).toFixed(1)}M parameters, ` +
    `${size(facts.weightBytes)} of ${facts.dtypes.join(' and ')} weights. ` +
    `To sample ${rows} responses of ${length} tokens at once it needs ${options.join(', or ')}.${widened}`;
  if (needs.every(({ verdict }) => verdict === 'too-large'))
    throw new Error(`${text} Choose a smaller model or a larger device.`);
  return text;
}
