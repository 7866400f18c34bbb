// `rankloop doctor`: what this machine has and whether a model would run on it, in words.
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { AppError } from '../domain/errors.ts';
import { type CommandOutcome, log, runCommand } from './io.ts';

interface Options {
  model?: string;
  dataDir: string;
  json?: boolean;
}

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

const demoModel = fileURLToPath(new URL('../demo/model', import.meta.url));

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check Node, the runtime, devices, memory, the data folder and a model')
    .option('--model <dir>', 'the checkpoint to check (default: the demo model)')
    .option('--data-dir <dir>', 'the data folder to check', process.env.DATA_DIR ?? '.data')
    .option('--json', 'print one JSON object on stdout')
    .action((options: Options) => runCommand(options.json, () => examine(options)));
}

async function examine(options: Options): Promise<CommandOutcome> {
  const checks = [
    checkNode(),
    await attempt('runtime', checkRuntime),
    checkMemory(),
    await attempt('data folder', () => checkDataDir(options.dataDir)),
    await attempt('model', () => checkModel(options.model ?? demoModel)),
  ];
  for (const { name, ok, detail } of checks) log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length > 0 && !options.json) {
    throw new AppError('INVALID_INPUT', `${failed.length} of ${checks.length} checks failed.`);
  }
  if (failed.length > 0) process.exitCode = 1;
  return { result: { ok: failed.length === 0, checks }, summary: 'All is well.' };
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

function checkMemory(): Check {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const detail = `${gib(freemem())} of ${gib(totalmem())} free, ${availableParallelism()} cores`;
  return { name: 'memory', ok: freemem() > 2 ** 29, detail };
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

async function checkModel(folder: string): Promise<string> {
  const { openCheckpoint } = await import('../engine/checkpoint/checkpoint.ts');
  const { config, tensors, shapes } = await openCheckpoint(folder);
  const parameters = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const bytes = [...tensors.values()].reduce((sum, { length }) => sum + length, 0);
  return (
    `${folder}: ${config.architecture}, ${(parameters / 1e6).toFixed(1)}M parameters, ` +
    `${(bytes / 2 ** 20).toFixed(0)} MiB of weights (${((parameters * 4) / 2 ** 20).toFixed(0)} MiB in fp32)`
  );
}
