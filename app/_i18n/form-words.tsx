'use client';
import { useLocale } from 'next-intl';
import { useEffect } from 'react';
import { config } from 'zod/v4/core';
import type { Locale } from '../../domain/locales.ts';

/** How zod says what is wrong with a field, as it words it itself. */
const words: { [L in Locale]: () => Promise<{ default: () => Parameters<typeof config>[0] }> } = {
  en: () => import('zod/v4/locales/en.js'),
  tr: () => import('zod/v4/locales/tr.js'),
  ko: () => import('zod/v4/locales/ko.js'),
  ar: () => import('zod/v4/locales/ar.js'),
};

/** Has the forms' checks speak the page's language. */
export function FormWords() {
  const locale = useLocale();
  useEffect(() => {
    let isCurrent = true;
    void words[locale]().then((module) => isCurrent && config(module.default()));
    return () => {
      isCurrent = false;
    };
  }, [locale]);
  return null;
}
