// A part of the app that has only some of the messages in the browser must have those that its components use.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { entranceNamespaces, labelNamespaces } from './namespaces.ts';

const app = fileURLToPath(new URL('..', import.meta.url));

/** A file of the app and all that it imports of the app, at once or later. */
function reach(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  for (const [, path = ''] of imports) {
    const target = join(dirname(file), path);
    if (target.startsWith(app) && /\.tsx?$/.test(target)) reach(target, seen);
  }
  return seen;
}

function namespacesOf(files: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const file of files) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(
      /\buseTranslations(?:<[^>]*>)?\(\s*(?:'(\w+)[^']*')?/g,
    )) {
      // A namespace that is no literal cannot be read from the source.
      if (name === undefined) throw new Error(`${file}: name the namespace of useTranslations by a literal.`);
      found.add(name);
    }
  }
  return [...found].sort();
}

/** Next's own files: what the app is entered by. */
const entries = readdirSync(app, { withFileTypes: true, recursive: true })
  .filter((entry) => /^(page|layout|error|not-found|loading|template)\.tsx$/.test(entry.name))
  .map((entry) => relative(app, join(entry.parentPath, entry.name)));
const isInShell = (path: string) => path.startsWith('(workspace)/(shell)/');
const isLabel = (path: string) => path.startsWith('(workspace)/label/');

describe.each([
  {
    part: 'what is outside the shell',
    paths: entries.filter((path) => !isInShell(path) && !isLabel(path)),
    namespaces: entranceNamespaces,
  },
  { part: 'the label page', paths: entries.filter(isLabel), namespaces: labelNamespaces },
])('$part', ({ paths, namespaces }) => {
  test('has the messages that it uses, and no more', () => {
    const files = new Set<string>();
    for (const path of paths) for (const file of reach(join(app, path))) files.add(file);
    expect(files.size).toBeGreaterThan(10);
    expect([...namespaces].sort()).toEqual(namespacesOf(files));
  });
});
