// Scores against transformers' log-probs of the golden checkpoints (fixtures/README.md says how they were made).
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { TrainingPair } from '../ports.ts';
import { scorePairs } from './score.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pairs = (await readFile(`${fixtures}pairs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as TrainingPair);
const gold = JSON.parse(await readFile(`${fixtures}gold.json`, 'utf8')) as Record<string, { score: number[][] }>;
const extra = JSON.parse(await readFile(`${fixtures}extra.json`, 'utf8')) as {
  adapter_score: Record<string, number[][]>;
};

/** The bound: 1e-4 per token. */
function expectClose(actual: number, expected: number, tokens: number, what: string): void {
  expect(Math.abs(actual - expected) / tokens, `${what}: ${actual} instead of ${expected}`).toBeLessThan(1e-4);
}

describe('scorePairs equals transformers', () => {
  for (const family of ['llama', 'llama_rope3']) {
    test(family, async () => {
      const scores = await scorePairs({ model: `${fixtures}${family}`, pairs, device: 'cpu' });
      expect(scores).toHaveLength(pairs.length);
      for (const [i, score] of scores.entries()) {
        const [chosen = 0, rejected = 0, tokensChosen = 0, tokensRejected = 0] = gold[family]?.score[i] ?? [];
        expect([score.tokensChosen, score.tokensRejected]).toEqual([tokensChosen, tokensRejected]);
        expectClose(score.logpsChosen, chosen, tokensChosen, `pair ${i} chosen`);
        expectClose(score.logpsRejected, rejected, tokensRejected, `pair ${i} rejected`);
      }
    });
  }

  test('through a PEFT adapter on all seven projections', async () => {
    const adapter = `${fixtures}llama-adapter`;
    const scores = await scorePairs({ model: `${fixtures}llama`, adapter, pairs, device: 'cpu' });
    for (const [i, score] of scores.entries()) {
      const [chosen = 0, rejected = 0] = extra.adapter_score.llama?.[i] ?? [];
      expectClose(score.logpsChosen, chosen, score.tokensChosen, `pair ${i} chosen`);
      expectClose(score.logpsRejected, rejected, score.tokensRejected, `pair ${i} rejected`);
    }
  });
});
