// `npm run demo:build`: makes demo/model and demo/prompts again from the seed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoSeed, generateDemo } from './files.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { corpus, files } = generateDemo(demoSeed);
for (const [path, content] of Object.entries(files)) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  console.error(`Wrote demo/${path}.`);
}
console.error(`Generated ${corpus.length} examples from seed ${demoSeed}.`);
