// `npm run prove -- <name>`: the long proofs. Each writes docs/proofs/<name>.json with commit, processor, seeds and figures.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { proveKills } from './proofs/kills.ts';
import { proveLoop } from './proofs/loop.ts';
import { proveMethods } from './proofs/methods.ts';
import { proveTrainKills } from './proofs/train-kills.ts';

const proofs: Record<string, () => Promise<object>> = {
  loop: proveLoop,
  kills: proveKills,
  methods: proveMethods,
  'train-kills': proveTrainKills,
};

const [name = ''] = process.argv.slice(2);
const proof = proofs[name];
if (!proof) {
  console.error(`Name one of the proofs: ${Object.keys(proofs).join(', ')}.`);
  process.exit(2);
}
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
const isDirty = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], { encoding: 'utf8' }) !== '';
const started = Date.now();
const figures = await proof();
const report = {
  proof: name,
  commit: isDirty ? `${commit} with uncommitted changes` : commit,
  date: new Date(started).toISOString(),
  cpu: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
  node: process.versions.node,
  seconds: Math.round((Date.now() - started) / 1000),
  ...figures,
};
mkdirSync('docs/proofs', { recursive: true });
writeFileSync(`docs/proofs/${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
console.error(`Wrote docs/proofs/${name}.json.`);
