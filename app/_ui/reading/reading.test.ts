// What a reader gets of a text, as markup: what is hostile is harmless, and nothing that was written is lost.
import fc from 'fast-check';
import { NextIntlClientProvider } from 'next-intl';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import messages from '../../_i18n/messages/en.json' with { type: 'json' };
import { MarkdownReading } from './markdown-reading.tsx';

function markupOf(text: string): string {
  const children = createElement(MarkdownReading, { text });
  return renderToStaticMarkup(
    createElement(NextIntlClientProvider, { locale: 'en', messages, timeZone: 'UTC', children }),
  );
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'" };

/** What can be read of some markup. */
function textOf(markup: string): string {
  return markup.replaceAll(/<[^>]*>/g, '').replaceAll(/&([^;]+);/g, (whole, name) => entities[name] ?? whole);
}

function hrefsOf(markup: string): string[] {
  return [...markup.matchAll(/\s(?:href|src|srcset|action|formaction|xlink:href|poster|data)="([^"]*)"/g)].map(
    ([, address]) => address ?? '',
  );
}

const hostileAddresses = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java&#10;script:alert(1)',
  '&#106;avascript:alert(1)',
  '&#x6A;avascript&colon;alert(1)',
  'javascript&#58;alert(1)',
  'javascript%3Aalert(1)',
  '\u0001javascript:alert(1)',
  'vbscript:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:image/svg+xml;base64,PHN2Zz4=',
  'file:///etc/passwd',
  'blob:https://example.org/1',
  'ftp://example.org/x',
  '//example.org/x',
  '/api/trpc/label.submit',
  '#top',
  '../prompts',
  'https://good.example@evil.example/',
  'https://good.example\\@evil.example/',
  'https:evil.example',
  'https://',
  'https://exa\u202emple.org',
];

describe('a hostile text', () => {
  test.each(hostileAddresses)('leads nowhere: %j', (address) => {
    const texts = [
      `[words](<${address}>)`,
      `[words](${address})`,
      `<${address}>`,
      `![alt](${address})`,
      `[a]: ${address}\n\n[a]`,
    ];
    for (const text of texts) expect(hrefsOf(markupOf(text)), text).toEqual([]);
  });

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<iframe src="https://evil.example"></iframe>',
    '<a href="https://evil.example" onclick="steal()">good.example</a>',
    '<style>* { display: none }</style>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '<form action=/api><input name=x><button>go</button></form>',
    '<!-- a comment -->',
    '<![CDATA[ x ]]>',
    '<?php echo 1 ?>',
    '<!DOCTYPE html>',
    '<b>bold</b> and <kbd>Ctrl</kbd>',
    '<think>\nI should say yes.\n</think>\n\nYes.',
    '[label]: https://example.org "A title"',
    '&lt;b&gt; &amp; &nbsp; &copy;',
  ])('is shown as the text that it is: %j', (text) => {
    const markup = markupOf(text);
    expect(textOf(markup).replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
    expect(markup).not.toMatch(/<(script|img|svg|iframe|style|math|form|input|b|kbd|think)\b/);
    expect(hrefsOf(markup).filter((address) => address !== 'https://evil.example')).toEqual([]);
  });

  test('loads no image: its words and its address are text', () => {
    const markup = markupOf('![A cat](https://tracker.example/cat.png "Tom")');
    expect(markup).not.toContain('<img');
    expect(hrefsOf(markup)).toEqual([]);
    expect(textOf(markup)).toBe('A cat https://tracker.example/cat.png “Tom”');
  });

  test('shows the characters that would turn its order round, and takes their effect', () => {
    const markup = markupOf('safe \u202egpj.exe and `code \u2066x\u2069`\n\n```\nif (a\u202e) {}\n```');
    expect(markup).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(textOf(markup)).toContain('safe U+202Egpj.exe and code U+2066xU+2069');
    expect(textOf(markup)).toContain('if (aU+202E) {}');
  });

  test('keeps the marks that scripts need', () => {
    const text = 'می\u200cخواهم \u200fא 👩\u200d💻';
    expect(textOf(markupOf(text))).toBe(text);
  });
});

describe('a link', () => {
  test('opens elsewhere, knows nothing of this page, and says its host', () => {
    const markup = markupOf('[good.example](https://evil.example/path?q=1)');
    expect(markup).toContain('href="https://evil.example/path?q=1" target="_blank" rel="noopener noreferrer nofollow"');
    expect(textOf(markup)).toBe('good.example (evil.example)');
  });

  test.each([
    ['https://example.org/a_b_c', 'https://example.org/a_b_c'],
    ['www.example.org', 'http://www.example.org/'],
    ['me@example.org', 'mailto:me@example.org'],
    ['<https://example.org/x>', 'https://example.org/x'],
  ])('that is its own address needs no host beside it: %s', (text, href) => {
    const markup = markupOf(text);
    expect(hrefsOf(markup)).toEqual([href]);
    expect(textOf(markup)).toBe(text.replaceAll(/[<>]/g, ''));
  });

  test('shows a look-alike host by its code', () => {
    expect(textOf(markupOf('[apple.com](https://аpple.com/)'))).toBe('apple.com (xn--pple-43d.com)');
  });
});

describe('nothing is lost', () => {
  test('of plain text: line breaks, indentation and gaps stand as they were written', () => {
    const text = 'First line\nsecond  line\n   third,\n  two gaps.\n\nLast.';
    expect(textOf(markupOf(text).replaceAll('</p>', '\n\n</p>')).trimEnd()).toBe(text);
  });

  test('of numbers in a list: they stay what they were', () => {
    const markup = markupOf('3. three\n5. five\n5. five again');
    expect([...markup.matchAll(/value="(\d+)"/g)].map(([, value]) => value)).toEqual(['3', '5', '5']);
  });

  test('of a row with more cells than its header', () => {
    expect(textOf(markupOf('| a | b |\n|---|---|\n| 1 | 2 | three | four |'))).toContain('| three | four |');
  });

  test('of an unfinished fence, and of what stands beside its language', () => {
    const markup = markupOf('```python title="x.py"\nprint(1)');
    expect(textOf(markup)).toContain('python title="x.py"');
    expect(textOf(markup)).toContain('print(1)');
  });

  test('of footnotes: they stay where they were written', () => {
    expect(textOf(markupOf('See[^1].\n\n[^1]: The note.'))).toBe('See[1].[1]: The note.');
  });

  test('of letters and digits, whatever stands around them', () => {
    const piece = fc.constantFrom(
      ...['word', 'Ünï', '日本', 'كلمة', '42', ' ', ' ', '\n', '\n\n', '    ', '\t'],
      ...[
        '*',
        '**',
        '_',
        '~~',
        '`',
        '```',
        '#',
        '>',
        '- ',
        '1. ',
        '|',
        '|-|\n',
        '[',
        ']',
        '(',
        ')',
        '!',
        '<',
        '>',
        '&',
      ],
      ...[
        '\\',
        '$',
        '$$',
        '\\(',
        '\\[',
        '\\]',
        '---',
        '===',
        ':',
        '[^1]',
        '[x] ',
        '<b>',
        '<!--',
        '-->',
        'https://a.example/',
      ],
    );
    const readable = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
    /** Numbers of a list are attributes of its items; a task that is done has a mark. */
    const withNumbers = (markup: string) => markup.replaceAll(/<li value="(\d+)"/g, '$1<li').replaceAll('☑', 'x');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const found = readable(textOf(withNumbers(markupOf(text))));
        let place = 0;
        for (const character of readable(text)) {
          place = found.indexOf(character, place) + 1;
          expect(place, `${JSON.stringify(text)} lost ${character}; it shows ${found}`).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('its outline', () => {
  const levelsOf = (text: string) => [...markupOf(text).matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
  test.each([
    ['begins below the heading that it stands under', '# a\n## b\n### c', [3, 4, 5]],
    ['begins there wherever the text begins', '### a\n#### b', [3, 4]],
    ['leaves no level out', '# a\n###### b\n## c', [3, 4, 4]],
    ['goes no deeper than there are headings', '# a\n## b\n### c\n#### d\n##### e', [3, 4, 5, 6, 6]],
    ['counts headings inside quotes and lists', '> ## a\n\n- ### b', [3, 4]],
  ])('%s', (_name, text, levels) => {
    expect(levelsOf(text)).toEqual(levels);
  });
});

describe('direction', () => {
  test('is each block’s own; code runs from left to right', () => {
    const markup = markupOf('שלום\n\nHello\n\n- عربي\n\n> quote\n\nuse `x`\n\n```\ny\n```');
    expect(
      [...markup.matchAll(/<(p|ul|blockquote|code|pre) dir="(\w+)"/g)].map(([, tag, dir]) => `${tag} ${dir}`),
    ).toEqual([...['p auto', 'p auto', 'ul auto', 'blockquote auto', 'p auto', 'code ltr', 'pre ltr']]);
  });
});
