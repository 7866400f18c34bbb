// The import rule of ARCHITECTURE.md, read from the imports themselves: who may know whom, and no circles.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['app', 'bench', 'cli', 'db', 'demo', 'domain', 'e2e', 'engine', 'scripts', 'server', 'worker'];

/** What each part may import of ours, by path prefix, beside itself. */
const allowed: Record<string, string[]> = {
  engine: [],
  domain: ['engine/config.ts', 'engine/errors.ts', 'engine/ports.ts'],
  demo: ['domain', 'engine'],
  db: ['domain', 'engine/config.ts', 'engine/errors.ts', 'engine/ports.ts', 'demo'],
  'server/services': [
    'db',
    'domain',
    'demo/recipe.ts',
    'engine/config.ts',
    'engine/errors.ts',
    'engine/ports.ts',
    'server',
  ],
  server: ['db', 'domain', 'engine/config.ts', 'engine/errors.ts', 'engine/ports.ts'],
  worker: ['db', 'demo', 'domain', 'engine', 'server'],
  app: ['server', 'domain', 'engine/config.ts', 'engine/loss-config.ts', 'engine/ports.ts'],
  bench: ['db', 'demo', 'domain', 'e2e/chromium.ts', 'engine', 'server'],
  cli: ['bench', 'db', 'demo', 'domain', 'engine', 'server', 'worker'],
  scripts: ['bench', 'cli', 'db', 'demo', 'domain', 'e2e', 'engine', 'server', 'worker'],
  e2e: ['cli', 'db', 'demo', 'domain', 'test'],
};
/** Packages that only one part may load. */
const reserved: Record<string, string[]> = {
  'onnxruntime-node': ['engine/runtime/session.ts', 'engine/runtime/provider.ts'],
  // Notices go through app/_ui/toast.ts, which loads it when it is needed.
  sonner: ['app/_ui', 'app/(workspace)/label'],
  next: ['app', 'proxy.ts', 'next.config.ts', 'cli/start.ts', 'cli/web.ts'],
};

interface Import {
  from: string;
  to: string;
}

const files = folders.flatMap((folder) => sources(join(root, folder)));
const imports = files.flatMap(importsOf);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.parentPath.includes('node_modules'))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g,
  );
  return [...statements].map(([, , , from, dynamic]) => {
    const specifier = from ?? dynamic ?? '';
    const to = specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier;
    return { from: file, to };
  });
}

const partOf = (file: string) =>
  Object.keys(allowed)
    .sort((a, b) => b.length - a.length)
    .find((part) => file.startsWith(`${part}/`)) ?? '';

describe('imports', () => {
  test('are found at all', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(300);
  });

  test('follow the rule', () => {
    const broken = imports
      .filter(({ to }) => folders.some((folder) => to.startsWith(`${folder}/`)))
      .filter(({ from, to }) => {
        const part = partOf(from);
        return (
          !to.startsWith(`${part}/`) &&
          !(allowed[part] ?? []).some((prefix) => to === prefix || to.startsWith(`${prefix}/`))
        );
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(broken).toEqual([]);
  });

  test('of reserved packages stand where they may', () => {
    const broken = imports
      .filter(({ from, to }) => {
        const name = to.split('/')[0] ?? '';
        const homes = reserved[name];
        return homes && !homes.some((home) => from === home || from.startsWith(`${home}/`));
      })
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(broken).toEqual([]);
  });

  test('make no circle', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) {
        for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
        done.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
