// Texts made to be slow: each is read within a bound, and none is too deep to be drawn.
import { describe, expect, test } from 'vitest';
import { parseReading } from './parse.ts';

const repeat = (text: string, times: number) => text.repeat(times);
const lines = (count: number, of: (place: number) => string) =>
  Array.from({ length: count }, (_, n) => of(n)).join('\n');

const texts: Record<string, string> = {
  'one line of 100,000 characters': repeat('word ', 20_000),
  'one word of 100,000 characters': repeat('a', 100_000),
  'a megabyte': repeat('**a** ', 170_000),
  'unclosed brackets': repeat('[', 5_000),
  'nested brackets': repeat('[', 5_000) + repeat(']', 5_000),
  'unclosed images': repeat('![', 5_000),
  'unclosed links': repeat('[a](', 20_000),
  'unclosed backticks': repeat('`', 5_000),
  'backticks of every length': lines(400, (n) => repeat('`', n + 1)),
  asterisks: repeat('*', 50_000),
  'unclosed emphasis': repeat('*a_ ', 20_000),
  'emphasis inside emphasis': repeat('*a **b ', 10_000),
  'unclosed strikes': repeat('~~a ', 20_000),
  'quotes in quotes': repeat('>', 20_000),
  'quotes in quotes, many lines': lines(300, () => `${repeat('>', 300)} a`),
  'lists in lists': repeat('- ', 20_000),
  'lists in lists, a line each': lines(300, (n) => `${repeat(' ', n * 2)}- a`),
  'quotes and lists by turns': repeat('> - ', 10_000),
  'a flat list': repeat('- a\n', 20_000),
  'unclosed comments': repeat('<!-- ', 20_000),
  'unclosed tags': repeat('<a ', 30_000),
  'angle brackets': repeat('<', 100_000),
  'entities that are none': repeat('&', 100_000),
  'a table of a million cells': `${repeat('|a', 2_000)}\n${repeat('|-', 2_000)}\n${repeat('x\n', 500)}`,
  'a long table': `|a|b|\n|-|-|\n${repeat('|1|2|\n', 9_000)}`,
  'pipes and nothing else': `${repeat('|', 50_000)}\n${repeat('|-', 20_000)}\n`,
  'headings by underline': repeat('a\n===\n', 15_000),
  'lazy quotes': `> a\n${repeat('b\n', 40_000)}`,
  definitions: lines(5_000, (n) => `[r${n}]: https://example.org`),
  addresses: repeat('http://', 14_000),
  'addresses of people': repeat('a@', 50_000),
  'blank lines': repeat('\n', 100_000),
  spaces: `${repeat(' ', 100_000)}a`,
  'dollar signs': repeat('$', 100_000),
  'a dollar sign at every word': repeat('$a ', 33_000),
  'opened formulas': repeat('\\(', 50_000),
  'opened formulas on lines': repeat('\\[\n', 33_000),
  'formulas and emphasis': repeat('$a$ *b ', 14_000),
  'one formula after much emphasis': `${repeat('*a* ', 24_000)}$x$`,
  footnotes: repeat('[^a]', 25_000),
};

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
}

describe('a text that would be slow', () => {
  test.each(Object.entries(texts))('%s', (name, text) => {
    const started = performance.now();
    const blocks = parseReading(text);
    const took = performance.now() - started;
    // Far more than it takes; without the bounds some of these take minutes, or all the memory there is.
    expect(took, name).toBeLessThan(20_000);
    expect(depthOf(blocks)).toBeLessThan(120);
    expect(blocks.length).toBeLessThan(3_500);
  });
});
