'use client';
import { useTranslations } from 'next-intl';

/** Tiers of places, counted from 0, in words: `2, then 1 and 3`. */
export function useTierWords(): (tiers: readonly (readonly number[])[]) => string {
  const t = useTranslations('rankings');
  return (tiers) =>
    tiers.map((tier) => tier.map((place) => place + 1).join(t('tie'))).join(t('then')) || t('noVerdict');
}
