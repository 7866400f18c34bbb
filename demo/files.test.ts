// The files in the repository are what the script makes: nobody edited them, and the generators did not move on.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateDemo } from './files.ts';
import { parsePrompt } from './grammar.ts';
import { isHeldOut } from './prompts.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the committed files equal a fresh build, byte for byte; `npm run demo:build` makes them again', () => {
  for (const [path, content] of Object.entries(generateDemo().files)) expect(read(path) === content, path).toBe(true);
});

test.each([
  ['prompts/train.jsonl', 400, false],
  ['prompts/heldout.jsonl', 240, true],
] as const)('%s has %d different prompts of its side of the split', (path, count, side) => {
  const lines = read(path).trimEnd().split('\n');
  expect(new Set(lines).size).toBe(count);
  for (const line of lines) {
    const { prompt } = JSON.parse(line) as { prompt: { role: string; content: string }[] };
    const filling = parsePrompt(prompt[0]?.content ?? '');
    expect(prompt).toHaveLength(1);
    expect(filling && isHeldOut(filling)).toBe(side);
  }
});
