// `npm test`: unit and service tests, then the browser journeys, and one count of them all at the end.
// Without a browser the journeys are left out in plain words, and that is a failure where CI is set.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { findChromium } from '../e2e/chromium.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const reports = mkdtempSync(join(tmpdir(), 'rankloop-test-'));
const isCi = Boolean(process.env.CI);

const unit = await runVitest();
const browser = findChromium() ? await runPlaywright() : leaveOutBrowser();
rmSync(reports, { recursive: true });

const total = { passed: 0, failed: 0, skipped: 0 };
for (const counts of [unit, browser]) {
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}
const isGreen = total.failed === 0 && total.passed > 0 && !(isCi && total.skipped > 0);
if (isCi && total.skipped > 0) console.error('A skipped test fails CI.');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(isGreen ? 0 : 1);

async function runVitest(): Promise<Counts> {
  const file = join(reports, 'vitest.json');
  const code = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  const schema = z.object({
    numPassedTests: z.number(),
    numFailedTests: z.number(),
    numPendingTests: z.number(),
    numTodoTests: z.number(),
  });
  const report = readReport(file, schema);
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const failed = report.numFailedTests > 0 || code === 0 ? report.numFailedTests : 1;
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
}

async function runPlaywright(): Promise<Counts> {
  const file = join(reports, 'playwright.json');
  const code = await run('playwright', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: file });
  const stats = z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() });
  const report = readReport(file, z.object({ stats }));
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky > 0 || code === 0 ? unexpected + flaky : 1, skipped };
}

function leaveOutBrowser(): Counts {
  console.error('E2E SKIPPED: no browser (install chromium, or name one in CHROMIUM_PATH).');
  return { passed: 0, failed: 0, skipped: 1 };
}

function run(tool: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binOf(tool), ...args], {
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    child.on('error', reject).on('exit', (code) => resolve(code ?? 1));
  });
}

function binOf(tool: string): string {
  const bins: Record<string, string> = { vitest: 'vitest/vitest.mjs', playwright: '@playwright/test/cli.js' };
  return join('node_modules', bins[tool] ?? tool);
}

function readReport<S extends z.ZodType>(file: string, schema: S): z.infer<S> | null {
  if (!existsSync(file)) return null;
  return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
}
