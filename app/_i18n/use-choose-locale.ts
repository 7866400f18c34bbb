'use client';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useTransition } from 'react';
import type { Locale } from '../../domain/locales.ts';
import { toast } from '../_ui/toast.ts';
import { chooseLocale } from './choose-locale.ts';

/** Changes the language in place: what is typed, opened or ranked so far stays as it is. */
export function useChooseLocale(): { choose: (locale: Locale) => void; isChanging: boolean } {
  const t = useTranslations('errors');
  const router = useRouter();
  const [isChanging, startTransition] = useTransition();
  const choose = (locale: Locale) =>
    startTransition(async () => {
      try {
        await chooseLocale(locale);
        router.refresh();
      } catch {
        toast.error(t('unreachable'));
      }
    });
  return { choose, isChanging };
}
