// `npm run prove -- <name>`: the long proofs. Each writes docs/proofs/<name>.json with commit, processor, seeds and figures,
// and <name>.md where its figures are a table.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Cell, Figures } from './proofs/figures.ts';
import { proveKills } from './proofs/kills.ts';
import { proveLoop } from './proofs/loop.ts';
import { proveMethods } from './proofs/methods.ts';
import { proveTrainKills } from './proofs/train-kills.ts';

const proofs: Record<string, () => Promise<Figures>> = {
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
if (figures.table) writeFileSync(`docs/proofs/${name}.md`, toMarkdown(figures.table));
console.error(`Wrote docs/proofs/${name}.json.`);

function toMarkdown(table: Record<string, Record<string, Cell>>): string {
  const rows = Object.entries(table);
  const columns = Object.keys(rows[0]?.[1] ?? {});
  const told = (cell: Cell | undefined) => (typeof cell === 'number' ? cell.toFixed(3) : cell ? 'yes' : 'no');
  const lines = [
    [name, ...columns.map((column) => column.replaceAll('_', ' '))],
    ['---', ...columns.map(() => '---')],
    ...rows.map(([row, cells]) => [row.replaceAll('_', ' '), ...columns.map((column) => told(cells[column]))]),
  ];
  const from = `Commit ${report.commit}, ${report.date}, ${report.cpu}, Node ${report.node}, ${report.seconds} s. Made by \`npm run prove -- ${name}\`.`;
  return `# ${name}\n\n${from}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
