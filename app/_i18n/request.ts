// next-intl's entry: which language a request is answered in. The person's choice, else the browser's, else English.
import { cookies, headers } from 'next/headers';
import type { AbstractIntlMessages } from 'next-intl';
import { getRequestConfig } from 'next-intl/server';
import { isLocale, type Locale, negotiateLocale } from '../../domain/locales.ts';
import { formats } from './formats.ts';
import { localeCookie } from './locale-cookie.ts';

/** Only the chosen language is loaded, and sent to the browser. */
const messages: { [L in Locale]: () => Promise<{ default: AbstractIntlMessages }> } = {
  en: () => import('./messages/en.json'),
  tr: () => import('./messages/tr.json'),
  ko: () => import('./messages/ko.json'),
  ar: () => import('./messages/ar.json'),
};

export default getRequestConfig(async () => {
  const chosen = (await cookies()).get(localeCookie)?.value;
  const locale = isLocale(chosen) ? chosen : negotiateLocale((await headers()).get('accept-language'));
  return { locale, messages: (await messages[locale]()).default, formats, timeZone: 'UTC' };
});
