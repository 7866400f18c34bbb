// Malicious model folders on the command line: one sentence on stderr, a non-zero exit, within five seconds.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '../engine/random.ts';
import { copyModel } from '../test/hostile/model-folder.ts';
import { fileCases } from '../test/hostile/shards.ts';
import { templateCases } from '../test/hostile/templates.ts';
import { tokenizerCases } from '../test/hostile/tokenizers.ts';
import { weightCases } from '../test/hostile/weights.ts';

const patienceMs = 5_000;
const cases = [...weightCases, ...fileCases, ...tokenizerCases, ...templateCases];
const chosen = [
  'weights: all NaN',
  'weights: far larger than memory, without a byte on disk',
  'model.safetensors is a pipe that nobody writes to',
  'tokenizer: a pattern that backtracks for ever',
  'template: nested loops',
];

const folder = mkdtempSync(join(tmpdir(), 'rankloop-hostile-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const prompts = join(folder, 'prompts.jsonl');
writeFileSync(prompts, `${JSON.stringify({ prompt: [{ role: 'user', content: `${'a'.repeat(60)} b` }] })}\n`);

function sample(model: string): Promise<{ code: unknown; stderr: string }> {
  const options = ['--model', model, '--prompts', prompts, '--n', '1', '--out', join(folder, 'out.jsonl')];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'cli/main.ts', 'sample', ...options],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' },
      (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }),
    );
  });
}

test.each(chosen)('%s', async (name) => {
  const hostile = cases.find((each) => each.name === name);
  const model = join(folder, 'model');
  rmSync(model, { recursive: true, force: true });
  await copyModel(model);
  await hostile?.spoil(model, createRandom(1));
  const started = performance.now();
  const { code, stderr } = await sample(model);
  expect(performance.now() - started).toBeLessThan(patienceMs);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: [^\n]{10,300}\.\n$/);
  expect(stderr).toContain(folder);
});
