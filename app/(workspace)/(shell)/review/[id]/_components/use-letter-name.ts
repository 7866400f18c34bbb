import { useTranslations } from 'next-intl';

/** `A: Ada` to admins, `Annotator A` to reviewers. */
export function useLetterName(): (person: { letter: string; name: string | null }) => string {
  const t = useTranslations('review.task');
  return ({ letter, name }) => (name ? t('annotatorNamed', { letter, name }) : t('annotator', { letter }));
}
