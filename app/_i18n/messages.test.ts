// Every language says what English says: the same keys, each with the same arguments and tags, in the plural forms that
// the language has, and none left untranslated.
import { readFileSync } from 'node:fs';
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser';
import { describe, expect, test } from 'vitest';
import { type Locale, localeCodes } from '../../domain/locales.ts';

/** A section, or a message. */
type Tree = { [key: string]: Tree | string };

function read(locale: Locale): Map<string, string> {
  const text = readFileSync(new URL(`./messages/${locale}.json`, import.meta.url), 'utf8');
  const flat = new Map<string, string>();
  const walk = (tree: Tree, path: string[]) => {
    for (const [key, value] of Object.entries(tree)) {
      if (typeof value === 'string') flat.set([...path, key].join('.'), value);
      else walk(value, [...path, key]);
    }
  };
  walk(JSON.parse(text), []);
  return flat;
}

const english = read('en');

/** Names, symbols and abbreviations, and what an example asks the demo's model, which knows English. */
const sameEverywhere = new Set([
  'Argilla',
  'DPO',
  'Distinct-2',
  'GRPO',
  'HH-RLHF',
  'Is the blue teapot in stock?',
  'JSONL',
  'KTO',
  'Label Studio',
  'LoRA',
  'Min-p',
  'Rankloop',
  'SFT',
  'Top k',
  'Top p',
  'Top-k',
  'Top-p',
  'UltraFeedback',
  '–',
]);

/** Words that a language shares with English. */
const sharedWords: { [L in Locale]: ReadonlySet<string> } = {
  en: new Set(),
  tr: new Set(['Beta', 'Model']),
  ko: new Set(),
  ar: new Set(),
};

/** A key on a keyboard, a placeholder beside symbols or units, code: nothing in it to translate. */
function hasNothingToTranslate(path: string, message: string): boolean {
  if (/\.keys$/.test(path)) return true;
  const words = message.replace(/\{\w+(, \w+)?\}/g, ' ').match(/\p{L}{2,}/gu) ?? [];
  return words.every((word) => ['GiB', 'MiB', 'Enter', 'Shift', 'Ctrl', 'Esc'].includes(word));
}

/** All elements of a message, those in branches and tags too. */
function elementsOf(elements: MessageFormatElement[]): MessageFormatElement[] {
  return elements.flatMap((element) => {
    if (element.type === TYPE.plural || element.type === TYPE.select) {
      return [element, ...Object.values(element.options).flatMap(({ value }) => elementsOf(value))];
    }
    return element.type === TYPE.tag ? [element, ...elementsOf(element.children)] : [element];
  });
}

/** What the page must pass: names of arguments, how each is formatted, and tags. Wording is no part of it. */
function interfaceOf(message: string): string[] {
  const parts = elementsOf(parse(message)).flatMap((element) => {
    switch (element.type) {
      case TYPE.literal:
      case TYPE.pound:
        return [];
      case TYPE.tag:
        return [`<${element.value}>`];
      case TYPE.select:
        return [`${element.value}, select: ${Object.keys(element.options).sort().join(' ')}`];
      case TYPE.plural:
        return [`${element.value}, ${element.pluralType ?? 'cardinal'}`];
      default:
        return [`${element.value}, ${TYPE[element.type]}`];
    }
  });
  return [...new Set(parts)].sort();
}

/** Nouns that do not change after a number need one form only. */
const oneFormIsEnough: ReadonlySet<Locale> = new Set(['tr', 'ko']);

function findPluralProblems(locale: Locale, message: string): string[] {
  return elementsOf(parse(message)).flatMap((element) => {
    if (element.type !== TYPE.plural) return [];
    const type = element.pluralType ?? 'cardinal';
    const known = new Intl.PluralRules(locale, { type }).resolvedOptions().pluralCategories as string[];
    const has = Object.keys(element.options);
    const needed = oneFormIsEnough.has(locale) ? ['other'] : known;
    // `=0` says the same as Arabic's zero.
    const missing = needed.filter(
      (category) => !has.includes(category) && !(category === 'zero' && has.includes('=0')),
    );
    const unknown = has.filter((category) => !category.startsWith('=') && !known.includes(category));
    return [
      ...missing.map((category) => `${element.value} lacks "${category}"`),
      ...unknown.map((category) => `${element.value} has "${category}", which the language does not`),
    ];
  });
}

const translations = localeCodes
  .filter((locale) => locale !== 'en')
  .map((locale) => ({ locale, messages: read(locale) }));

test('English parses, and has its plural forms', () => {
  expect(english.size).toBeGreaterThan(500);
  const problems = [...english].flatMap(([path, message]) =>
    findPluralProblems('en', message).map((problem) => `${path}: ${problem}`),
  );
  expect(problems).toEqual([]);
});

describe.each(translations)('$locale', ({ locale, messages }) => {
  const pairs = [...messages].flatMap(([path, message]) => {
    const source = english.get(path);
    return source === undefined ? [] : [{ path, message, source }];
  });

  test('has the keys of English, and no others', () => {
    const missing = [...english.keys()].filter((path) => !messages.has(path));
    const extra = [...messages.keys()].filter((path) => !english.has(path));
    expect({ missing, extra }).toEqual({ missing: [], extra: [] });
  });

  test('takes the arguments and tags of English', () => {
    const different = pairs
      .map(({ path, message, source }) => ({ path, has: interfaceOf(message), english: interfaceOf(source) }))
      .filter(({ has, english: wanted }) => JSON.stringify(has) !== JSON.stringify(wanted));
    expect(different).toEqual([]);
  });

  test('has the plural forms of its language', () => {
    const problems = pairs.flatMap(({ path, message }) =>
      findPluralProblems(locale, message).map((problem) => `${path}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  test('leaves nothing in English', () => {
    const untranslated = pairs
      .filter(({ message, source }) => message === source)
      .filter(({ message }) => !sameEverywhere.has(message) && !sharedWords[locale].has(message))
      .filter(({ path, message }) => !hasNothingToTranslate(path, message))
      .map(({ path, message }) => `${path}: ${message}`);
    expect(untranslated).toEqual([]);
  });
});

/** Examples of code keep their own punctuation. */
const code = /\{[^}]*\}|\[[^\]]*\]/g;

test('Arabic is punctuated in Arabic', () => {
  const messages = [...read('ar')].filter(([, message]) => !sameEverywhere.has(message));
  const wrong = messages.flatMap(([path, message]) =>
    elementsOf(parse(message))
      .filter((element) => element.type === TYPE.literal)
      .filter(({ value }) => /\p{Script=Arabic}\s*[?,;]|[?,;]\s*(\p{Script=Arabic}|$)/u.test(value.replace(code, '')))
      .map(({ value }) => `${path}: ${value}`),
  );
  expect(wrong).toEqual([]);
});
