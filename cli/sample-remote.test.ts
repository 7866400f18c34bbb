// `sample --base-url` as a process against a scripted server, and its lines on their way to training.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScriptedServer, startScriptedServer } from '../worker/backends/scripted-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rankloop-remote-'));
const at = (name: string) => join(folder, name);
let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer(({ body }) => {
    const choices = Array.from({ length: Number(body.n ?? 1) }, (_, i) => ({
      message: { content: `answer ${i}` },
      finish_reason: i === 0 ? 'length' : 'stop',
    }));
    return { body: { choices, usage: { prompt_tokens: 3, completion_tokens: 2 * choices.length } } };
  });
  writeFileSync(at('P.jsonl'), `${JSON.stringify({ prompt: [{ role: 'user', content: 'Hi?' }] })}\n`);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function rankloop(args: string[], env: Record<string, string> = {}) {
  const { RANKLOOP_API_KEY: _, OPENAI_API_KEY: __, ...inherited } = process.env;
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: root, encoding: 'utf8' as const, env: { ...inherited, ...env } };
    execFile(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}
const sample = (args: string[], env?: Record<string, string>) =>
  rankloop(['sample', '--prompts', at('P.jsonl'), '--n', '3', '--out', at('S.jsonl'), '--json', ...args], env);

test('writes text and finish reasons, counts tokens as the server does, and sends the key from the environment', async () => {
  const { code, stdout, stderr } = await sample(['--base-url', server.baseUrl, '--remote-model', 'm'], {
    RANKLOOP_API_KEY: 'rl-secret',
  });
  expect(stderr).not.toContain('error');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ prompts: 1, responses: 3, tokens: 6 });
  expect(JSON.parse(readFileSync(at('S.jsonl'), 'utf8')).responses).toEqual([
    { text: 'answer 0', finish_reason: 'length' },
    { text: 'answer 1', finish_reason: 'stop' },
    { text: 'answer 2', finish_reason: 'stop' },
  ]);
  expect(server.requests[0]?.headers.authorization).toBe('Bearer rl-secret');
});

test('its lines can be judged, paired and scored', async () => {
  expect(
    (await rankloop(['judge', '--responses', at('S.jsonl'), '--judge', 'random', '--out', at('R.jsonl')])).code,
  ).toBe(0);
  expect(
    (await rankloop(['pairs', '--rankings', at('R.jsonl'), '--policy', 'all', '--out', at('pairs.jsonl')])).code,
  ).toBe(0);
  const scored = await rankloop([
    'score',
    '--model',
    'demo/model',
    '--pairs',
    at('pairs.jsonl'),
    '--out',
    at('scores.jsonl'),
    '--device',
    'cpu',
  ]);
  expect(scored.stderr).not.toContain('error');
  expect(scored.code).toBe(0);
});

test.each([
  [[], 'Give either --model (a folder) or --base-url (a server), and not both.'],
  [['--model', 'demo/model', '--base-url', 'http://127.0.0.1:9/v1'], 'Give either --model'],
  [['--base-url', 'http://127.0.0.1:9/v1'], '--base-url needs --remote-model'],
  [['--model', 'demo/model', '--remote-model', 'm'], '--remote-model goes with --base-url'],
  [['--base-url', 'x', '--remote-model', 'm'], 'no http:// or https:// address'],
])('refuses %j in one sentence', async (args, told) => {
  const { code, stdout, stderr } = await sample(args);
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toContain(told);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
