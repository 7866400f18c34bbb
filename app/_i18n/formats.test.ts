import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formats } from './formats.ts';

const folder = new URL('./messages/', import.meta.url);

test('every format that a message names is there: without it, a share of 0.12 would read "0.12"', () => {
  const named = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return [...text.matchAll(/,\s*(number|date|time)\s*,\s*(?!::)(\w+)/g)].map(([, kind, name]) => `${kind} ${name}`);
  });
  const known = Object.entries(formats).flatMap(([kind, names]) => Object.keys(names).map((name) => `${kind} ${name}`));
  expect(named).not.toEqual([]);
  expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
});
