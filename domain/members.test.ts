import { expect, test } from 'vitest';
import { splitList } from './members.ts';

test.each([
  ['de, pt-BR', ['de', 'pt-BR']],
  ['طب، قانون', ['طب', 'قانون']],
  ['law; medicine ,, ', ['law', 'medicine']],
  ['', []],
])('%s is split where people part it', (text, parts) => {
  expect(splitList(text)).toEqual(parts);
});
