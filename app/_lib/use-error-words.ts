'use client';
import { TRPCClientError } from '@trpc/client';
import { useLocale, useTranslations } from 'next-intl';
import { useCallback } from 'react';
import type { ErrorCode } from '../../domain/errors.ts';

/** Codes that say it all: their sentence is known in every language. The others' sentences hold facts, in English. */
const wordedCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'DATABASE_UNAVAILABLE',
  'RATE_LIMITED',
] as const satisfies ErrorCode[];

export interface ErrorWords {
  text: string;
  /** Of the text, where it is not the page's. */
  lang?: 'en';
}

interface TrpcErrorData {
  appCode?: string | null;
  code?: string;
}

/** What went wrong, in the page's language where its code says it all; else the server's sentence, which is English. */
export function useErrorWords(): (error: { message: string }) => ErrorWords {
  const t = useTranslations('errors');
  const locale = useLocale();
  return useCallback(
    (error) => {
      const data: TrpcErrorData | null | undefined = error instanceof TRPCClientError ? error.data : null;
      // Without an answer there is no data: the request never reached the server, or its answer never came back.
      if (error instanceof TRPCClientError && !data) return { text: t('unreachable') };
      if (data?.code === 'INTERNAL_SERVER_ERROR' && !data.appCode) return { text: t('internal') };
      if (locale === 'en') return { text: error.message };
      const worded = wordedCodes.find((code) => code === data?.appCode);
      return worded ? { text: t(`codes.${worded}`) } : { text: error.message, lang: 'en' };
    },
    [t, locale],
  );
}
