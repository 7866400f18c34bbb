'use client';
// What a screen reader hears after each key: the ranking as it stands.
import { useTranslations } from 'next-intl';
import type { Thumb } from '../../../../domain/annotation.ts';
import {
  type AnnotationDraft,
  isRanked,
  isUntouched,
  modeOf,
  thumbsOf,
  tiersOf,
} from '../../../../domain/annotation-draft.ts';
import { type LabelSettings, strengthNames } from '../../../../domain/label-settings.ts';
import type { DraftStore } from './draft-store.ts';
import type { DeskTask } from './task.ts';
import { useDraft } from './use-drafts.ts';

interface AnnouncementProps {
  task: DeskTask | null;
  store: DraftStore;
  settings: LabelSettings;
}

export function Announcement({ task, store, settings }: AnnouncementProps) {
  const draft = useDraft(store, task);
  const words = useWords(settings);
  return (
    <p aria-live="polite" className="sr-only">
      {draft && words(draft)}
    </p>
  );
}

function useWords(settings: LabelSettings) {
  const t = useTranslations('label.announce');
  const ts = useTranslations('label.strength');
  const ordinal = (tiers: readonly (readonly number[])[]) =>
    tiers.map((tier, index) => t('place', { place: index + 1, responses: tier.map((one) => one + 1).join(', ') }));
  const thumbed = (thumbs: (Thumb | null)[]) =>
    thumbs.flatMap((thumb, index) => (thumb ? [t('thumb', { number: index + 1, thumb })] : []));

  return (draft: AnnotationDraft): string => {
    const { count } = draft.ranking;
    const isThumbs = modeOf(settings, count) === 'thumbs';
    if (isUntouched(draft)) return t(isThumbs ? 'startThumbs' : 'start', { count });
    return [
      ...(draft.overall ? [t(draft.overall)] : []),
      ...(isThumbs ? thumbed(thumbsOf(draft)) : ordinal(tiersOf(draft, settings))),
      ...(draft.strength ? [t('strength', { strength: ts(`${strengthNames[draft.strength]}.long`) })] : []),
      ...(isRanked(draft, settings) ? [t('complete')] : []),
    ].join('. ');
  };
}
