'use client';
import { useFormatter, useTranslations } from 'next-intl';

/** Sizes in words: GiB, or MiB below one. */
export function useBytes(): (bytes: number) => string {
  const t = useTranslations('models.units');
  const format = useFormatter();
  return (bytes) => {
    const isLarge = bytes >= 2 ** 30;
    const value = bytes / (isLarge ? 2 ** 30 : 2 ** 20);
    const number = format.number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
    return isLarge ? t('gib', { number }) : t('mib', { number });
  };
}
