// llama.cpp through node-llama-cpp, on a GGUF of the same weights in fp32: rows are sequences of one context, which
// llama.cpp batches itself. The package is optional: `npm install --prefix bench`.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../engine/checkpoint/checkpoint.ts';
import { type Call, type Loader, rowsOf, seedOf, type Work } from '../contestant.ts';
import { writeGguf } from '../gguf.ts';

/** What is used of the package, which may not be there when this is compiled. */
interface NodeLlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}
interface LlamaModel {
  createContext(options: object): Promise<LlamaContext>;
}
interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}
interface LlamaSequence {
  evaluate(tokens: number[], options: object): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}

const packageName: string = 'node-llama-cpp';

/** One core is left to the process's own thread: llama.cpp's spin while they wait, a hundred times slower if disturbed. */
const threads = Math.max(1, availableParallelism() - 1);

export const loadLlamaCpp: Loader = async () => {
  const { getLlama } = (await import(packageName)) as NodeLlamaCpp;
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
  return {
    version: `${packageName}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    open: async (folder) => {
      const path = join(folder, 'model.gguf');
      if (!existsSync(path)) await writeGguf(path, await openCheckpoint(folder));
      const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
      let context: LlamaContext | null = null;
      let sequences: LlamaSequence[] = [];
      let prepared = '';
      return {
        prepare: async (work) => {
          const rows = Math.max(...work.calls.map((call) => rowsOf(call).length));
          const tokens = Math.max(...work.calls.flatMap((call) => call.prompts.map(({ ids }) => ids.length)));
          const contextSize = tokens + work.newTokens;
          if (prepared !== `${rows} ${contextSize}`) {
            await context?.dispose();
            context = await model.createContext({ sequences: rows, contextSize, batchSize: 512, threads });
            const opened = context;
            sequences = Array.from({ length: rows }, () => opened.getSequence());
            prepared = `${rows} ${contextSize}`;
          }
          for (const sequence of sequences) await sequence.clearHistory();
        },
        generate: async (work) => {
          const rows: number[][] = [];
          for (const [c, call] of work.calls.entries()) {
            if (c > 0) for (const sequence of sequences) await sequence.clearHistory();
            rows.push(...(await generateCall(sequences, work, call, c)));
          }
          return rows;
        },
      };
    },
  };
};

function generateCall(sequences: readonly LlamaSequence[], work: Work, call: Call, c: number): Promise<number[][]> {
  return Promise.all(
    rowsOf(call).map(async ({ ids, prompt, sample }, r) => {
      const tokens: number[] = [];
      // No end token ends a row: the others' models have none.
      const options = {
        temperature: work.temperature,
        topK: 0,
        topP: 1,
        minP: 0,
        seed: seedOf(work, c, prompt) + sample,
        yieldEogToken: true,
      };
      for await (const token of sequences[r]?.evaluate(ids, options) ?? []) {
        tokens.push(token);
        if (tokens.length === work.newTokens) break;
      }
      return tokens;
    }),
  );
}
