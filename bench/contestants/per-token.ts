// The sampler that one writes first: one run per token, the cache fed back, the draw in JavaScript. The forward is our
// own graph code and the draws take our uniforms, so that what is measured is the loop inside the graph.
import { openCheckpoint } from '../../engine/checkpoint/checkpoint.ts';
import type { ModelConfig } from '../../engine/checkpoint/model-config.ts';
import { uniform } from '../../engine/random.ts';
import { openSession, type Session, type Tensor } from '../../engine/runtime/session.ts';
import { ropeFeeds } from '../../engine/sampling/decoder.ts';
import { type Call, type Loader, rowsOf, seedOf, type Work } from '../contestant.ts';
import { cacheNames, stepGraph } from '../step-graph.ts';

export const loadPerToken: Loader = async () => ({
  version: 'this commit',
  open: async (folder) => {
    const checkpoint = await openCheckpoint(folder);
    const session = await openSession(stepGraph(checkpoint), { folder: checkpoint.folder, device: 'cpu' });
    const ropes = ropeFeeds(checkpoint.config, checkpoint.config.maxPositions);
    return {
      generate: async (work) => {
        const rows: number[][] = [];
        for (const [c, call] of work.calls.entries()) {
          rows.push(...(await generateCall({ session, config: checkpoint.config, ropes }, work, call, c)));
        }
        return rows;
      },
    };
  },
});

interface Opened {
  session: Session;
  config: ModelConfig;
  ropes: Record<string, Tensor>;
}

async function generateCall({ session, config, ropes }: Opened, work: Work, call: Call, c: number) {
  const rows = rowsOf(call);
  const { vocabSize, layers, kvHeads, headDim } = config;
  const draw = createDraw(vocabSize);
  const [past, present] = [cacheNames('past', layers), cacheNames('present', layers)];
  const empty: Tensor = { dtype: 'float32', shape: [rows.length, kvHeads, 0, headDim], data: new Float32Array(0) };
  let cache: Record<string, Tensor> = Object.fromEntries(past.map((name) => [name, empty]));
  let length = rows[0]?.ids.length ?? 0;
  let ids: Tensor = {
    dtype: 'int64',
    shape: [rows.length, length],
    data: BigInt64Array.from(
      rows.flatMap((row) => row.ids),
      BigInt,
    ),
  };
  const tokens: number[][] = rows.map(() => []);
  const logps: number[][] = rows.map(() => []);
  for (let step = 0; step < work.newTokens; step++) {
    const last = new Int32Array(rows.length).fill(length - 1);
    const outputs = await session.run({
      ids,
      last: { dtype: 'int32', shape: [rows.length], data: last },
      ...cache,
      ...ropes,
    });
    const logits = outputs.logits?.data as Float32Array;
    const next = new BigInt64Array(rows.length);
    for (const [r, { prompt, sample }] of rows.entries()) {
      const row = logits.subarray(r * vocabSize, (r + 1) * vocabSize);
      const { id, logp } = draw(row, work.temperature, uniform(seedOf(work, c, prompt), sample, step));
      tokens[r]?.push(id);
      logps[r]?.push(logp);
      next[r] = BigInt(id);
    }
    ids = { dtype: 'int64', shape: [rows.length, 1], data: next };
    cache = Object.fromEntries(past.map((name, i) => [name, outputs[present[i] as string] as Tensor]));
    length++;
  }
  return tokens;
}

/** A token by the inverse of the cumulative distribution in fp64, and its log-prob without temperature. */
function createDraw(vocabSize: number) {
  const weights = new Float64Array(vocabSize);
  return (logits: Float32Array, temperature: number, u: number): { id: number; logp: number } => {
    let best = 0;
    for (let i = 1; i < vocabSize; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
    const max = logits[best] as number;
    let sum = 0;
    for (let i = 0; i < vocabSize; i++) sum += Math.exp((logits[i] as number) - max);
    let id = best;
    if (temperature > 0) {
      let total = 0;
      for (let i = 0; i < vocabSize; i++) {
        const weight = Math.exp(((logits[i] as number) - max) / temperature);
        weights[i] = weight;
        total += weight;
      }
      const threshold = u * total;
      let mass = 0;
      for (id = 0; id < vocabSize - 1; id++) {
        mass += weights[id] as number;
        if (mass > threshold) break;
      }
    }
    return { id, logp: (logits[id] as number) - max - Math.log(sum) };
  };
}
