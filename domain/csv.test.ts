import { expect, test } from 'vitest';
import { toCsv } from './csv.ts';

test('cells are quoted where they must be, and never run', () => {
  expect(
    toCsv([
      ['name', 'share'],
      ['Ada "the first", Byron', 0.5],
      ['=HYPERLINK("x")', -1],
      ['+1', null],
    ]),
  ).toBe('name,share\r\n"Ada ""the first"", Byron",0.5\r\n"\'=HYPERLINK(""x"")",-1\r\n\'+1,\r\n');
});
