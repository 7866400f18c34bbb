// transformers.js on the same weights: our step graph under the names that it feeds, in a file beside the checkpoint's
// safetensors, which the runtime maps as it does for us. The package is optional: `npm install --prefix bench`.
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openCheckpoint } from '../../engine/checkpoint/checkpoint.ts';
import { encodeModel } from '../../engine/graph/onnx.ts';
import { type Call, type Loader, rowsOf, type Work } from '../contestant.ts';
import { transformersJsGraph } from '../step-graph.ts';

/** What is used of the package, which may not be there when this is compiled. */
interface TransformersJs {
  env: { version: string; localModelPath: string; allowRemoteModels: boolean };
  Tensor: new (type: string, data: BigInt64Array, dims: number[]) => object;
  AutoModelForCausalLM: { from_pretrained(name: string, options: object): Promise<CausalModel> };
}
interface CausalModel {
  generate(options: object): Promise<{ dims: number[]; data: BigInt64Array }>;
}

const packageName: string = '@huggingface/transformers';

export const loadTransformersJs: Loader = async () => {
  const library = (await import(packageName)) as TransformersJs;
  return {
    version: library.env.version,
    open: async (folder) => {
      await writeFile(join(folder, 'model.onnx'), encodeModel(transformersJsGraph(await openCheckpoint(folder))));
      library.env.allowRemoteModels = false;
      library.env.localModelPath = dirname(folder);
      const model = await library.AutoModelForCausalLM.from_pretrained(basename(folder), {
        subfolder: '',
        dtype: 'fp32',
        device: 'cpu',
      });
      return {
        generate: async (work) => {
          const rows: number[][] = [];
          for (const call of work.calls) rows.push(...(await generateCall(library, model, work, call)));
          return rows;
        },
      };
    },
  };
};

async function generateCall({ Tensor }: TransformersJs, model: CausalModel, work: Work, call: Call) {
  const rows = rowsOf(call);
  const length = rows[0]?.ids.length ?? 0;
  const shape = [rows.length, length];
  const ids = BigInt64Array.from(
    rows.flatMap((row) => row.ids),
    BigInt,
  );
  const output = await model.generate({
    inputs: new Tensor('int64', ids, shape),
    attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    max_new_tokens: work.newTokens,
    do_sample: work.temperature > 0,
    ...(work.temperature > 0 ? { temperature: work.temperature, top_k: 0 } : {}),
  });
  const width = length + work.newTokens;
  return rows.map((_, r) => Array.from(output.data.subarray(r * width + length, (r + 1) * width), Number));
}
