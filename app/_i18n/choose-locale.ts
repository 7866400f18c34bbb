'use server';
import { cookies } from 'next/headers';
import { isLocale, type Locale } from '../../domain/locales.ts';
import { localeCookie } from './locale-cookie.ts';

/** Remembers the language that this browser's person chose. The page that asked is rendered again in it. */
export async function chooseLocale(locale: Locale): Promise<void> {
  // Anybody can call an action with anything.
  if (!isLocale(locale)) return;
  (await cookies()).set(localeCookie, locale, { maxAge: 31_536_000, sameSite: 'lax', httpOnly: true });
}
