// The languages of the pages: each in its own name, with the direction of its script, and which of them a browser asks
// for by its Accept-Language header.

interface LocaleTraits {
  /** In the language itself, so that whoever needs it can read it. */
  name: string;
  direction: 'ltr' | 'rtl';
}

export const locales = {
  en: { name: 'English', direction: 'ltr' },
  tr: { name: 'Türkçe', direction: 'ltr' },
  ko: { name: '한국어', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const satisfies Record<string, LocaleTraits>;

export type Locale = keyof typeof locales;

export const defaultLocale: Locale = 'en';

export const localeCodes = Object.keys(locales) as Locale[];

export function isLocale(value: unknown): value is Locale {
  return typeof value === 'string' && Object.hasOwn(locales, value);
}

interface LanguageRange {
  tag: string;
  weight: number;
}

/** `ar-EG;q=0.8` as its parts; a weight that cannot be read counts as none (RFC 9110, 12.4.2). */
function parseRange(range: string): LanguageRange {
  const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { tag, weight: q === undefined ? 1 : /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0 };
}

/** The language of ours that the header prefers: `ar-EG` is answered in `ar`. English where it names none of them. */
export function negotiateLocale(acceptLanguage: string | null): Locale {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map(parseRange)
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight); // stable: of equals, the first
  for (const { tag } of wanted) {
    if (tag === '*') return defaultLocale;
    const [language] = tag.split('-');
    if (isLocale(language)) return language;
  }
  return defaultLocale;
}
