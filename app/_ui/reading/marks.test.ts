import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasMarks, paragraphsOf } from './marks.ts';
import { parseReading } from './parse.ts';

describe('a text without marks', () => {
  test('is what Markdown makes of it: paragraphs, whatever stands in them', () => {
    const piece = fc.constantFrom(
      ...[
        'word',
        '日本',
        'كلمة',
        '42',
        '3. x',
        ' ',
        '  ',
        '\n',
        '\n\n',
        '\n \n',
        '    ',
        '\t',
        '-',
        '+',
        '=',
        '---',
        '===',
      ],
      ...[
        '*',
        '_',
        '`',
        '#',
        '>',
        '<b>',
        '|',
        '[',
        ']',
        '~~',
        '$',
        '&amp;',
        '\\',
        'a@b.de',
        'http://a.de',
        'www.a.de',
        '!',
      ],
      ...['(', ')', '.', ',', ':', ';', '"', "'", '%', '^', '{', '}', '/', '?'],
    );
    /** What cannot be seen: gaps of any width, and those at a line's end. */
    const spaces = (text: string) =>
      text
        .replaceAll(/[^\S\n]+/g, ' ')
        .replaceAll(' \n', '\n')
        .trim();
    let plain = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        if (hasMarks(text)) return;
        plain++;
        const parsed = parseReading(text).map((block) =>
          block.type === 'paragraph'
            ? block.children.map((child) => ('text' in child ? child.text : child)).join('')
            : block,
        );
        expect(parsed.map((one) => (typeof one === 'string' ? spaces(one) : one))).toEqual(
          paragraphsOf(text).map(spaces),
        );
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test.each([
    'Yes.',
    'Paris (France) is 2,000 years old; well-known!\n\nIs it? "Yes": 50% so.',
    '我喜欢吃苹果。',
    'نعم.',
  ])('%j', (text) => {
    expect(hasMarks(text)).toBe(false);
  });

  test.each([
    '**a**',
    '- a',
    '  1. a',
    'a\n===',
    '# a',
    'x `y`',
    '$x$',
    '    code',
    'https://a.de',
    'a | b',
    '<b>',
    'a\\',
  ])('is not %j', (text) => {
    expect(hasMarks(text)).toBe(true);
  });
});
