'use client';
// The languages, each in its own name. The plain select works with any keyboard, screen reader and phone.
import { Languages } from 'lucide-react';
import { useLocale, useTranslations } from 'next-intl';
import { isLocale, localeCodes, locales } from '../../domain/locales.ts';
import { useChooseLocale } from './use-choose-locale.ts';

export function LanguageSelect() {
  const t = useTranslations('language');
  const { choose, isChanging } = useChooseLocale();
  return (
    <span
      title={t('label')}
      className="inline-flex h-8 items-center gap-2 rounded-control px-2 text-muted transition-colors focus-within:outline-2 focus-within:outline-accent hover:bg-sunken hover:text-ink"
    >
      <Languages aria-hidden className="size-4" />
      <select
        aria-label={t('label')}
        aria-busy={isChanging || undefined}
        value={useLocale()}
        onChange={(event) => isLocale(event.target.value) && choose(event.target.value)}
        className="h-full cursor-pointer bg-transparent font-medium text-inherit outline-none"
      >
        {localeCodes.map((code) => (
          <option key={code} value={code} lang={code} className="bg-surface text-ink">
            {locales[code].name}
          </option>
        ))}
      </select>
    </span>
  );
}
