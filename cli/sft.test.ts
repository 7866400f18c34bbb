// `rankloop sft` with held-out examples, as a script meets it: early stopping and the best adapter, an adapter to go on from,
// a run that is killed and taken up again, and what is refused.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { waitFor } from '../test/wait.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, 'engine/fixtures');
const llama = join(fixtures, 'llama');
const folder = mkdtempSync(join(tmpdir(), 'rankloop-cli-sft-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'sft', '--model', llama, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function sft(...args: string[]) {
  const child = start(...args);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')),
  );
  const [code] = await ended;
  return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
}

function write(name: string, ...rows: object[]): string {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return at(name);
}

const examples = readFileSync(join(fixtures, 'pairs.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(({ prompt, chosen }) => ({ messages: [...prompt, ...chosen] }));
const data = write('data.jsonl', ...examples.slice(6));
const held = write('held.jsonl', ...examples.slice(0, 6));
const lora = { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'v_proj'] };
const usual = { lora, per_device_train_batch_size: 6 };
const metricsOf = (out: string) => readFileSync(join(at(out), 'metrics.jsonl'), 'utf8');

test('stops early by held-out examples and gives the best adapter, from which another run goes on', async () => {
  const judging = { eval_steps: 1, early_stopping_patience: 2, load_best_model_at_end: true };
  const config = write('early.json', { ...usual, ...judging, learning_rate: 0.1, num_train_epochs: 20 });
  const run = await sft('--data', data, '--eval', held, '--config', config, '--out', at('early'), '--json');
  expect(run).toMatchObject({ code: 0 });
  const result = JSON.parse(run.stdout);
  expect(result).toMatchObject({ out: at('early'), examples: 18, held_out: 6, stopped_early: true, dropped: {} });
  expect(result.steps).toBe(result.best.step + 2);
  expect(run.stderr).toMatch(/^Plan: [\d,]+ parameters trained, batches of up to 6 x \d+ tokens/m);
  const lines = metricsOf('early')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(result.steps);
  expect(Math.min(...lines.map(({ eval_loss }) => eval_loss))).toBe(result.best.value);
  expect(lines[0].eval_mean_token_accuracy).toBeTypeOf('number');

  const next = write('next.json', { lora: {}, max_steps: 1, learning_rate: 1e-12, eval_steps: 1 });
  const goesOn = ['--adapter', at('early'), '--data', data, '--eval', held, '--config', next];
  const again = await sft(...goesOn, '--out', at('again'), '--json');
  expect(again).toMatchObject({ code: 0 });
  expect(JSON.parse(again.stdout).metrics.eval_loss).toBeCloseTo(result.best.value, 5);
}, 120_000);

test('a killed run goes on by --resume onto the same curve, evaluations included', async () => {
  const course = { eval_split: 0.25, eval_steps: 7, save_steps: 5, load_best_model_at_end: true };
  const config = write('long.json', { ...usual, ...course, learning_rate: 5e-3, num_train_epochs: 60 });
  const args = (out: string) => ['--data', data, '--config', config, '--out', at(out), '--json'];
  const whole = JSON.parse((await sft(...args('whole'))).stdout);
  const child = start(...args('killed'));
  await waitFor('a checkpoint', async () => existsSync(join(at('killed'), 'checkpoint-20')));
  child.kill('SIGKILL');
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  expect(existsSync(join(at('killed'), 'adapter_config.json'))).toBe(false);
  const resumed = JSON.parse((await sft(...args('killed'), '--resume')).stdout);
  expect({ ...resumed, seconds: 0, out: '' }).toEqual({ ...whole, seconds: 0, out: '' });
  expect(metricsOf('killed')).toBe(metricsOf('whole'));
  const weights = (out: string) => readFileSync(join(at(out), 'adapter_model.safetensors'));
  expect(weights('killed').equals(weights('whole'))).toBe(true);
}, 180_000);

test.each([
  ['an adapter where all weights are trained', ['--adapter', join(fixtures, 'llama-adapter')], {}, /give lora a shape/],
  ['judging by examples that there are not', [], { early_stopping_patience: 2 }, /no example is held out/],
  ['four bits where all weights are trained', [], { load_in_4bit: true }, /"load_in_4bit": .* give lora a shape/],
  ['a metric that evaluations do not give', ['--eval', held], { metric_for_best_model: 'bleu' }, /gives eval_loss, /],
  ['cutting the start of examples', [], { truncation_mode: 'keep_end' }, /"truncation_mode": /],
] as const)(
  '%s is refused in a sentence',
  async (what, args, settings, words) => {
    const config = write('refused.json', { ...settings, max_steps: 1 });
    const out = at(what.replaceAll(' ', '-'));
    const run = await sft('--data', data, ...args, '--config', config, '--out', out);
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
    expect(run.stderr).not.toMatch(/\n\s+at /);
  },
  60_000,
);
