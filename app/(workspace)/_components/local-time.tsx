'use client';
import { NextIntlClientProvider, useLocale, useMessages } from 'next-intl';
import type { ReactNode } from 'react';

/** Dates in the browser's time zone. All of them come with data that is fetched in the browser, so nothing that the
 * server has rendered changes under React. */
export function LocalTime({ children }: { children: ReactNode }) {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <NextIntlClientProvider locale={useLocale()} messages={useMessages()} timeZone={timeZone}>
      {children}
    </NextIntlClientProvider>
  );
}
