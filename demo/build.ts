// `npm run demo:build`: makes demo/model and demo/prompts again from the seed, weights included (some five minutes).
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

const model = join(folder, 'model');
const scratch = mkdtempSync(join(tmpdir(), 'rankloop-demo-'));
try {
  await initialiseCheckpoint(model, demoSeed, 'F16');
  const job = { model, examples: corpus, config: sftConfigSchema.parse(demoSftConfig), out: scratch, device: 'cpu' };
  const { steps, seconds } = await trainSft(job, ({ step, maxSteps, values }) => {
    if (step % 100 === 0) console.error(`Step ${step} of ${maxSteps}: loss ${values.loss?.toFixed(3)}`);
  });
  copyFileSync(join(scratch, 'model.safetensors'), join(model, 'model.safetensors'));
  console.error(`Trained ${steps} steps in ${seconds.toFixed(0)} s and wrote demo/model/model.safetensors.`);
} finally {
  rmSync(scratch, { recursive: true });
}
