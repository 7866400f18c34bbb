// Draws and penalties against plain loops, with the very same uniforms.
import { expect, test } from 'vitest';
import { samplingConfigSchema } from '../config.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { createRandom } from '../random.ts';
import { openSession, type Tensor } from '../runtime/session.ts';
import { drawSettings, drawToken, penalise } from './logits.ts';

type Settings = Parameters<typeof samplingConfigSchema.parse>[0];

async function draw(logits: number[][], uniforms: number[], settings: Settings): Promise<number[]> {
  const vocab = logits[0]?.length ?? 0;
  const g = new GraphBuilder('draw');
  const token = drawToken(g, g.input('logits', 'float32', ['rows', vocab]), {
    uniforms: g.input('uniforms', 'float64', ['rows', 1]),
    isPlain: g.input('is_plain', 'bool', []),
    isSorted: g.input('is_sorted', 'bool', []),
    temperature: g.input('temperature', 'float32', []),
    topK: g.input('top_k', 'int64', [1]),
    topP: g.input('top_p', 'float64', []),
    minP: g.input('min_p', 'float64', []),
  });
  g.output('token', token);
  const session = await openSession(g.build(), { device: 'cpu' });
  const { temperature, topK, topP, minP, isPlain, isSorted } = drawSettings(
    samplingConfigSchema.parse(settings),
    vocab,
  );
  const scalar = (dtype: Tensor['dtype'], data: Tensor['data'], shape: number[] = []): Tensor => ({
    dtype,
    shape,
    data,
  });
  const outputs = await session.run({
    logits: scalar('float32', Float32Array.from(logits.flat()), [logits.length, vocab]),
    uniforms: scalar('float64', Float64Array.from(uniforms), [logits.length, 1]),
    is_plain: scalar('bool', Uint8Array.of(isPlain ? 1 : 0)),
    is_sorted: scalar('bool', Uint8Array.of(isSorted ? 1 : 0)),
    temperature: scalar('float32', Float32Array.of(temperature)),
    top_k: scalar('int64', BigInt64Array.of(BigInt(topK)), [1]),
    top_p: scalar('float64', Float64Array.of(topP)),
    min_p: scalar('float64', Float64Array.of(minP)),
  });
  await session.close();
  return Array.from(outputs.token?.data as BigInt64Array, Number);
}

/** What may be drawn, and the part of [0, 1) that draws it. */
function reference(logits: number[], settings: Settings): { id: number; start: number; end: number }[] {
  const { temperature, topK, topP, minP, isSorted } = drawSettings(samplingConfigSchema.parse(settings), logits.length);
  const scaled = logits.map((logit) => Math.fround(Math.fround(logit) / Math.fround(temperature)));
  let items = scaled.map((value, id) => ({ id, value }));
  if (isSorted) items = items.toSorted((a, b) => b.value - a.value || a.id - b.id).slice(0, topK);
  const largest = Math.max(...items.map(({ value }) => value));
  const total = items.reduce((sum, { value }) => sum + Math.exp(value - largest), 0);
  const probabilities = items.map(({ id, value }) => ({ id, probability: Math.exp(value - largest) / total }));
  let before = 0;
  const kept = probabilities.filter(({ probability }) => {
    const isKept = (!isSorted || before < topP) && probability >= minP / total;
    before += probability;
    return isKept;
  });
  const mass = kept.reduce((sum, { probability }) => sum + probability, 0);
  let end = 0;
  return kept.map(({ id, probability }) => {
    const start = end;
    end += probability / mass;
    return { id, start, end };
  });
}

const random = createRandom(3);
const rowOf = (vocab: number) => Array.from({ length: vocab }, () => 3 * random.normal());

for (const vocab of [7, 97, 256, 1000, 4096, 10_007]) {
  test(`draws of ${vocab} tokens are the inverse of their cumulative distribution`, async () => {
    for (const settings of [
      {},
      { temperature: 0.5 },
      { min_p: 0.1 },
      { top_k: 5 },
      { top_p: 0.6 },
      { top_k: 50, top_p: 0.9, min_p: 0.05, temperature: 1.3 },
    ]) {
      const uniforms = [0, 1 - 2 ** -53, ...Array.from({ length: 30 }, () => random.uniform())];
      const logits = uniforms.map(() => rowOf(vocab));
      const drawn = await draw(logits, uniforms, settings);
      for (const [i, uniform] of uniforms.entries()) {
        const items = reference(logits[i] as number[], settings);
        // At the very edge of two tokens rounding decides: either is right.
        const right = items.filter(({ start, end }) => uniform > start - 1e-7 && uniform < end + 1e-7);
        expect(right.map(({ id }) => id)).toContain(drawn[i]);
      }
    }
  });
}

test('tokens without mass are never drawn, also at the ends of the uniform and of a block', async () => {
  const vocab = 1024;
  const logits = Array.from({ length: vocab }, (_, i) => (i % 32 === 5 ? 0 : -1e9));
  const uniforms = [0, 2 ** -60, 1 / 32, 0.5, 31 / 32, 1 - 2 ** -53];
  const drawn = await draw(
    uniforms.map(() => logits),
    uniforms,
    { temperature: 1 },
  );
  expect(drawn.map((id) => id % 32)).toEqual(uniforms.map(() => 5));
  expect(drawn.at(0)).toBe(5);
  expect(drawn.at(-1)).toBe(vocab - 27);
});

test('greedy takes the likeliest, the first of equals', async () => {
  expect(await draw([[1, 4, 2, 4, 0, 0, 0]], [0.99], { temperature: 0 })).toEqual([1]);
});

test('penalties: repetition on prompt and response, presence once, frequency each time', async () => {
  const g = new GraphBuilder('penalties');
  const vocab = 5;
  const inputs = {
    inPrompt: g.input('in_prompt', 'bool', ['rows', vocab]),
    occurrences: g.input('occurrences', 'float32', ['rows', vocab]),
    repetition: g.input('repetition', 'float32', []),
    presence: g.input('presence', 'float32', []),
    frequency: g.input('frequency', 'float32', []),
  };
  g.output('penalised', penalise(g, g.input('logits', 'float32', ['rows', vocab]), inputs));
  const session = await openSession(g.build(), { device: 'cpu' });
  const matrix = (data: Tensor['data'], dtype: Tensor['dtype'] = 'float32'): Tensor => ({
    dtype,
    shape: [1, vocab],
    data,
  });
  const scalar = (value: number): Tensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  const outputs = await session.run({
    logits: matrix(Float32Array.of(2, -2, 2, -2, 2)),
    in_prompt: matrix(Uint8Array.of(0, 1, 1, 0, 0), 'bool'),
    occurrences: matrix(Float32Array.of(0, 0, 0, 1, 3)),
    repetition: scalar(2),
    presence: scalar(0.5),
    frequency: scalar(0.25),
  });
  await session.close();
  // Untouched; prompt only (x 2 and / 2); response once (x 2 - .5 - .25); three times (/ 2 - .5 - .75).
  expect(Array.from(outputs.penalised?.data as Float32Array)).toEqual([2, -4, 1, -4.75, -0.25]);
});
