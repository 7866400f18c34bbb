// `npm run demo:build`: makes demo/model and demo/prompts again from the seed, weights included (some five minutes).
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sftConfigSchema } from '../engine/config.ts';
import { initialiseCheckpoint, trainSft } from '../engine/training/sft.ts';
import { demoSeed, generateDemo } from './files.ts';
import { demoSftConfig } from './sft-config.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { corpus, files } = generateDemo(demoSeed);
for (const [path, content] of Object.entries(files)) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  console.error(`Wrote demo/${path}.`);
}
console.error(`Generated ${corpus.length} examples from seed ${demoSeed}.`);

// In a folder of its own: until the new weights are whole, the old ones stay.
const scratch = mkdtempSync(join(tmpdir(), 'rankloop-demo-'));
try {
  cpSync(join(folder, 'model'), scratch, { recursive: true });
  await initialiseCheckpoint(scratch, demoSeed, 'F16');
  const job = { model: scratch, examples: corpus, config: sftConfigSchema.parse(demoSftConfig), device: 'cpu' };
  const { steps, seconds } = await trainSft({ ...job, out: join(scratch, 'trained') }, ({ step, maxSteps, values }) => {
    if (step % 100 === 0) console.error(`Step ${step} of ${maxSteps}: loss ${values.loss?.toFixed(3)}`);
  });
  copyFileSync(join(scratch, 'trained', 'model.safetensors'), join(folder, 'model', 'model.safetensors'));
  console.error(`Trained ${steps} steps in ${seconds.toFixed(0)} s and wrote demo/model/model.safetensors.`);
} finally {
  rmSync(scratch, { recursive: true });
}
