import { useTranslations } from 'next-intl';

/** A person's name, or their number where names are hidden from who looks. */
export function usePersonName(): (person: { name: string | null; number: number }) => string {
  const t = useTranslations('quality');
  return ({ name, number }) => name ?? t('number', { number });
}
