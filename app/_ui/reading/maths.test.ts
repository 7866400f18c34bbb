import katex from 'katex';
import { describe, expect, test } from 'vitest';
import { katexOptions } from './katex-options.ts';
import { parseReading } from './parse.ts';
import { partsOf } from './parts.ts';

const formulasOf = (text: string) =>
  partsOf(parseReading(text)).formulas.map(({ tex, isDisplay }) => (isDisplay ? `[${tex}]` : tex));

describe('formulas are found', () => {
  test.each<[string, string[]]>([
    ['$x$', ['x']],
    ['Let $n$ be prime and $a_i \\in A_{n}$.', ['n', 'a_i \\in A_{n}']],
    ['so $E = mc^2$, and *$a*b$*', ['E = mc^2', 'a*b']],
    ['**so $a_1*b_1$ and $a_2*b_2$**', ['a_1*b_1', 'a_2*b_2']],
    ['$2$ or $3.5$ or $2x$', ['2', '3.5', '2x']],
    ['$10\\$$ is TeX', ['10\\$']],
    ['$$\\int_0^1 x\\,dx$$', ['[\\int_0^1 x\\,dx]']],
    ['$$\na_1\n+ *b*\n$$', ['[a_1\n+ *b*]']],
    ['text\n\\[\nx_1 = \\frac{a}{b}\n\\]\nmore \\(y_2\\)', ['[x_1 = \\frac{a}{b}]', 'y_2']],
    ['- an item $a_b$\n- \\(c\\)', ['a_b', 'c']],
    ['| a |\n|---|\n| $x_1$ |', ['x_1']],
    ['> quoted $$z$$', ['[z]']],
  ])('%j', (text, expected) => {
    expect(formulasOf(text)).toEqual(expected);
  });
});

describe('what is no formula stays text', () => {
  test.each([
    'It costs $5 and $6.',
    'between $5-$6',
    'from $5 to $10, or 10$',
    '$5 million, and then 20$ more',
    'a US$ amount and an A$ amount',
    'pay $20/month or $200/year',
    'I have $5, you have 5$',
    'echo $HOME and $PATH',
    'echo "$HOME/bin:$PATH"',
    'from $10,000 (2019) to $12,000 (2020)',
    '$ x $',
    '$$',
    '$$$$',
    '$a\n\nb$',
    'code `$x$` stays code',
    '```\n$x$ \\(y\\)\n```',
    'an open \\(bracket',
    'an open \\[bracket',
    'C:\\(old)\\[new]',
  ])('%j', (text) => {
    expect(formulasOf(text)).toEqual([]);
  });

  test('and keeps its backslashes', () => {
    expect(parseReading('f\\(x, \\[y')).toEqual([
      { type: 'paragraph', children: [{ type: 'text', text: 'f\\(x, \\[y' }] },
    ]);
  });
});

describe('KaTeX, as it is asked', () => {
  const set = (tex: string) => katex.renderToString(tex, { ...katexOptions, displayMode: true, macros: {} });

  test('writes MathML too', () => {
    expect(set('\\frac{1}{2}')).toContain('<math');
  });

  test.each([
    ['a link', '\\href{javascript:alert(1)}{x}'],
    ['an image', '\\includegraphics{https://tracker.example/x.png}'],
    ['a class', '\\htmlClass{fixed}{x}'],
    ['a style', '\\htmlStyle{position: fixed}{x}'],
  ])('follows no command for %s', (_name, tex) => {
    const html = set(tex).replace(/<annotation.*?<\/annotation>/s, '');
    expect(html).not.toMatch(/href=|src=|class="[^"]*\bfixed\b|position:\s*fixed/);
  });

  test.each([
    ['endless macros', '\\def\\a{\\a\\a}\\a'],
    [
      'macros that double',
      '\\def\\a{xx}\\def\\b{\\a\\a\\a\\a\\a\\a}\\def\\c{\\b\\b\\b\\b\\b\\b}\\def\\d{\\c\\c\\c\\c\\c\\c}\\d\\d\\d\\d',
    ],
    ['a formula that is none', '\\frac{1}{'],
    ['an unknown command', '\\nosuchcommand'],
  ])('refuses %s, so that the source is shown', (_name, tex) => {
    expect(() => set(tex)).toThrow();
  });

  test('makes no box larger than the page', () => {
    expect(set('\\rule{9999em}{9999em}')).not.toContain('9999em;');
  });

  test('ends soon on the longest formulas', () => {
    const started = performance.now();
    for (const tex of [
      'x^{'.repeat(1_300) + '}'.repeat(1_300),
      '\\frac12'.repeat(500),
      '{'.repeat(2_000) + '}'.repeat(2_000),
    ]) {
      try {
        set(tex);
      } catch {
        // Refused is as good as set.
      }
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
