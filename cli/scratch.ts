// For tests of the commands: a folder of their own, and the program in a process of its own, as a script meets it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const fixtures = join(root, 'engine/fixtures');
export const llama = join(fixtures, 'llama');
export const demo = join(root, 'demo/model');

export interface Run {
  /** Null where a signal has ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Run>;
}

export function startRankloop(...args: string[]): Started {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], { cwd: root });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Run>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

export const rankloop = (...args: string[]): Promise<Run> => startRankloop(...args).ended;

/** A new folder below the system's for temporary files: whoever makes it removes it. */
export function createScratch() {
  const folder = mkdtempSync(join(tmpdir(), 'rankloop-cli-'));
  const at = (name: string) => join(folder, name);
  return {
    folder,
    at,
    /** Writes a line per row, and gives the file's path. */
    write(name: string, rows: readonly unknown[]): string {
      const lines = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`);
      writeFileSync(at(name), lines.join(''));
      return at(name);
    },
    linesOf: (name: string) =>
      readFileSync(at(name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}
