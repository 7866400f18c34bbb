// kill -9 at random moments of `rankloop train`: a short run with evaluations, early stopping, the best checkpoint and an
// optimiser state in eight bits. Each killed run is taken up by `--resume`, and its adapter and curve are the whole run's.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapterDistance, curveDistance } from '../../cli/run-distance.ts';
import { createRandom } from '../../engine/random.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'engine/fixtures');
const tolerance = 1e-6;

const config = {
  optim: 'adamw_8bit',
  learning_rate: 5e-3,
  lr_scheduler_type: 'cosine',
  warmup_ratio: 0.1,
  per_device_train_batch_size: 3,
  gradient_accumulation_steps: 2,
  num_train_epochs: 10,
  eval_split: 0.25,
  eval_steps: 5,
  save_steps: 4,
  save_total_limit: 2,
  logging_steps: 3,
  load_best_model_at_end: true,
  early_stopping_patience: 100,
  lora: { r: 64, lora_alpha: 64, target_modules: ['q_proj', 'v_proj', 'down_proj'] },
};

interface Kill {
  /** Milliseconds after the command told its plan: its steps come then. */
  after_ms: number;
  /** The step of the checkpoint that the next attempt went on from; 0 where there was none yet. */
  resumed_from: number;
  /** The greatest distance of a number of the adapter, and of a logged number, from the whole run's. */
  adapter: number;
  curve: number;
}

export const proveTrainKills = () => killTraining(100, 4);

/** Kills `kills` runs once each and says how far each ended from the run that nobody killed. Throws where one ends elsewhere. */
export async function killTraining(kills: number, seed: number) {
  const folder = await mkdtemp(join(tmpdir(), 'rankloop-train-kills-'));
  try {
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const whole = join(folder, 'whole');
    const { trainingMs } = await trainFor(folder, whole, null);
    const random = createRandom(seed);
    const moments: Kill[] = [];
    const killOne = async (lane: number): Promise<void> => {
      const out = join(folder, `killed-${lane}`);
      await rm(out, { recursive: true, force: true });
      const after = Math.round(random.uniform() * trainingMs);
      const { wasKilled } = await trainFor(folder, out, after);
      if (!wasKilled || moments.length >= kills) return;
      const resumedFrom = await newestStep(out);
      await trainFor(folder, out, null);
      const kill = {
        after_ms: after,
        resumed_from: resumedFrom,
        adapter: await adapterDistance(whole, out),
        curve: await curveDistance(whole, out),
      };
      if (moments.length >= kills) return;
      moments.push(kill);
      if (!(kill.adapter <= tolerance && kill.curve <= tolerance)) {
        throw new Error(`A killed run ended elsewhere than the whole one: ${JSON.stringify(kill)}`);
      }
      if (kills > 10) console.error(`${moments.length}: killed after ${after} ms, resumed from step ${resumedFrom}`);
    };
    // Two at a time: most of a short run is the start of its process.
    const work = async (lane: number) => {
      while (moments.length < kills) await killOne(lane);
    };
    await Promise.all([work(0), work(1)]);
    const most = (of: (kill: Kill) => number) => moments.reduce((greatest, kill) => Math.max(greatest, of(kill)), 0);
    return {
      seed,
      kills,
      training_ms: trainingMs,
      before_the_first_checkpoint: moments.filter(({ resumed_from }) => resumed_from === 0).length,
      greatest_adapter_distance: most(({ adapter }) => adapter),
      greatest_curve_distance: most(({ curve }) => curve),
      config,
      moments,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the command to its end, or until it is killed `killAfter` milliseconds after it told its plan. */
async function trainFor(
  folder: string,
  out: string,
  killAfter: number | null,
): Promise<{ wasKilled: boolean; trainingMs: number }> {
  const files = ['--model', join(fixtures, 'llama'), '--pairs', join(fixtures, 'pairs.jsonl')];
  const settings = ['--config', join(folder, 'config.json'), '--out', out, '--resume', '--device', 'cpu'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'train', ...files, ...settings], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, RANKLOOP_CACHE_DIR: join(folder, 'cache') },
  });
  let stderr = '';
  let begun = 0;
  let timer: NodeJS.Timeout | undefined;
  child.stderr.on('data', (data) => {
    stderr += data;
    if (begun > 0 || !stderr.includes('Plan: ')) return;
    begun = Date.now();
    if (killAfter !== null) timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (exit, by) => resolve([exit, by]));
  });
  clearTimeout(timer);
  const trainingMs = Date.now() - begun;
  if (signal === 'SIGKILL' && killAfter !== null) return { wasKilled: true, trainingMs };
  if (code !== 0) throw new Error(`rankloop train ended with ${code ?? signal}: ${stderr}`);
  if (begun === 0) throw new Error('rankloop train told no plan before its steps.');
  return { wasKilled: false, trainingMs };
}

async function newestStep(out: string): Promise<number> {
  const names = await readdir(out).catch(() => []);
  return Math.max(0, ...names.map((name) => Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? 0)));
}
