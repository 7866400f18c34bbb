// `rankloop bench <what>`: measurements of this machine. Their code is in bench/; nothing of the app needs it.
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type BenchModelName, benchModels } from '../bench/models.ts';
import { type ContestantName, contestantNames } from '../bench/processes.ts';
import { type TrainerCaseName, trainerCases } from '../bench/trainer-cases.ts';
import { type CommandOutcome, log, runCommand, wholeNumber } from './io.ts';

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure this machine');
  registerSamplerBench(bench);
  registerTrainerBench(bench);
  registerWebBench(bench);
  bench
    .command('memory')
    .description('the peak of memory while a bf16 checkpoint of 1.1 billion random parameters is sampled')
    .option('--json', 'print one JSON object on stdout')
    .action((options: { json?: boolean }) => runCommand(options.json, runMemoryBench));
  addCacheOption(bench.command('cuda'))
    .description('prove sampler and trainer on an NVIDIA device: placement, tokens, gradients, speed')
    .option('--device <device>', 'cuda or cuda:N', 'cuda')
    .option('--json', 'print one JSON object on stdout')
    .action((options: CudaOptions) => runCommand(options.json, (signal) => runCudaBench(options, signal)));
}

interface WebOptions {
  annotators: number;
  seconds: number;
  overlap: number;
  kills: number;
  tasks: number;
  out?: string;
  json?: boolean;
}

function registerWebBench(bench: Command): void {
  bench
    .command('web')
    .description('the label page in a browser, and the API under many annotators at once')
    .option('--annotators <n>', 'people who rank at once', wholeNumber(1, 2_000), 200)
    .option('--seconds <n>', 'how long', wholeNumber(5, 3_600), 120)
    .option('--overlap <n>', 'rankings of each task', wholeNumber(1, 20), 2)
    .option(
      '--kills <n>',
      'kills of the server in a second run of the same length; 0 for no such run',
      wholeNumber(0, 50),
      2,
    )
    .option('--tasks <n>', 'rankings in the browser, of short and of long responses each', wholeNumber(5, 500), 40)
    .option('--out <dir>', 'also write web.json and web.md into this folder')
    .option('--json', 'print one JSON object on stdout')
    .action((options: WebOptions) => runCommand(options.json, (signal) => runWebBench(options, signal)));
}

async function runWebBench(options: WebOptions, signal: AbortSignal): Promise<CommandOutcome> {
  const [{ benchWeb }, { webMarkdown }] = await Promise.all([
    import('../bench/web/bench-web.ts'),
    import('../bench/web/web-report.ts'),
  ]);
  const report = await benchWeb({ ...options, log, signal });
  const text = webMarkdown(report);
  if (options.out) await writeReport(options.out, 'web', report, text);
  return { result: report, summary: text };
}

async function runMemoryBench(signal: AbortSignal): Promise<CommandOutcome> {
  const { benchMemory, memorySummary } = await import('../bench/memory.ts');
  const report = await benchMemory(log, signal);
  if (!report.holds) process.exitCode = 1;
  return { result: report, summary: memorySummary(report) };
}

interface CudaOptions {
  device: string;
  cache: string;
  json?: boolean;
}

async function runCudaBench(options: CudaOptions, signal: AbortSignal): Promise<CommandOutcome> {
  const { benchCuda, cudaSummary } = await import('../bench/cuda.ts');
  const report = await benchCuda(options, log, signal);
  if (!report.holds) process.exitCode = 2;
  return { result: report, summary: cudaSummary(report) };
}

interface SamplerOptions {
  models: BenchModelName[];
  contestants: ContestantName[];
  repetitions: number;
  python?: string;
  cache: string;
  out?: string;
  json?: boolean;
}

function registerSamplerBench(bench: Command): void {
  const models = (Object.keys(benchModels) as BenchModelName[]).filter((name) => name !== '1B');
  addCacheOption(bench.command('sampler'))
    .description('tokens/s and memory of the sampler beside those of other runtimes on the same random weights')
    .option('--models <names>', 'which shapes', listOf(models), models)
    .option('--contestants <names>', 'who takes part', listOf(contestantNames), [...contestantNames])
    .option('--repetitions <n>', 'rounds over all cases, after one to warm up', wholeNumber(1, 100), 3)
    .option('--python <path>', 'a Python with torch and transformers')
    .option('--out <dir>', 'also write sampler.json and sampler.md into this folder')
    .option('--json', 'print one JSON object on stdout')
    .action((options: SamplerOptions) => runCommand(options.json, (signal) => runSamplerBench(options, signal)));
}

async function runSamplerBench(options: SamplerOptions, signal: AbortSignal): Promise<CommandOutcome> {
  const [{ benchSampler }, { samplerMarkdown }] = await Promise.all([
    import('../bench/sampler.ts'),
    import('../bench/report.ts'),
  ]);
  const report = await benchSampler({ ...options, log, signal });
  const text = samplerMarkdown(report);
  if (options.out) await writeReport(options.out, 'sampler', report, text);
  return { result: report, summary: text };
}

interface TrainerOptions {
  cases: TrainerCaseName[];
  repetitions: number;
  device: string;
  python?: string;
  cache: string;
  out?: string;
  json?: boolean;
}

function registerTrainerBench(bench: Command): void {
  const cases = Object.keys(trainerCases) as TrainerCaseName[];
  addCacheOption(bench.command('trainer'))
    .description('seconds and memory of DPO steps beside their own forward, bare matrix products, PyTorch and TRL')
    .option('--cases <names>', 'which cases', listOf(cases), cases)
    .option('--repetitions <n>', "rounds over a case's contestants, after one to warm up", wholeNumber(1, 100), 5)
    .option('--device <device>', 'where ours run', 'cpu')
    .option('--python <path>', 'a Python with torch, transformers, peft and trl')
    .option('--out <dir>', 'also write trainer.json and trainer.md into this folder')
    .option('--json', 'print one JSON object on stdout')
    .action((options: TrainerOptions) => runCommand(options.json, (signal) => runTrainerBench(options, signal)));
}

async function runTrainerBench(options: TrainerOptions, signal: AbortSignal): Promise<CommandOutcome> {
  const [{ benchTrainer }, { trainerMarkdown }] = await Promise.all([
    import('../bench/trainer.ts'),
    import('../bench/trainer-report.ts'),
  ]);
  const report = await benchTrainer({ ...options, log, signal });
  const text = trainerMarkdown(report);
  if (options.out) await writeReport(options.out, 'trainer', report, text);
  return { result: report, summary: text };
}

async function writeReport(folder: string, name: string, report: object, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, `${name}.md`), `# bench ${name}\n\n${text}`);
}

function addCacheOption(command: Command): Command {
  return command.option('--cache <dir>', 'where the random checkpoints are kept', join(tmpdir(), 'rankloop-bench'));
}

/** Reads names that commas separate, for commander. */
function listOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((name) => {
      const found = known.find((one) => one === name.trim());
      if (!found) throw new InvalidArgumentError(`"${name.trim()}" is not one of ${known.join(', ')}.`);
      return found;
    });
}
