'use client';
// A task as the settings ask it, made of the label page's own parts. It can be tried: what is pressed stays here.
import { useTranslations } from 'next-intl';
import { useCallback, useRef, useState } from 'react';
import {
  type AnnotationDraft,
  changeDraft,
  type DraftAction,
  emptyAnnotation,
  modeOf,
} from '../../../../../domain/annotation-draft.ts';
import { shownLayout } from '../../../../../domain/label-layout.ts';
import type { LabelSettings } from '../../../../../domain/label-settings.ts';
import type { ChatMessage } from '../../../../../engine/ports.ts';
import { cx } from '../../../../_ui/cx.ts';
import { RationaleField } from '../../../label/_components/rationale-field.tsx';
import { ResponseCard } from '../../../label/_components/response-card.tsx';
import { StrengthControl } from '../../../label/_components/strength-control.tsx';
import { cardsOf } from '../../../label/_components/task-view.tsx';
import { PromptText } from '../../../label/_components/text.tsx';
import { useCardClicks } from '../../../label/_components/use-card-clicks.ts';

interface PreviewTaskProps {
  settings: LabelSettings;
  prompt: ChatMessage[];
  responses: { id: string; text: string }[];
}

export function PreviewTask({ settings, prompt, responses }: PreviewTaskProps) {
  const t = useTranslations('settings.preview');
  const list = useRef<HTMLOListElement>(null);
  const [draft, setDraft] = useState<AnnotationDraft>(() => emptyAnnotation(responses.length));
  const act = (action: DraftAction) => setDraft((now) => changeDraft(now, action, settings));
  const place = (index: number, tied: boolean) => act({ type: 'place', index, tied });
  const rate = useCallback(
    (index: number, criterion: string, rating: number | null) =>
      setDraft((now) => changeDraft(now, { type: 'rate', index, criterion, rating }, settings)),
    [settings],
  );
  useCardClicks(list, place);
  const layout = shownLayout(settings.layout, responses);
  const cards = cardsOf(draft, settings);
  const { strength, rationale, criteria } = settings;
  return (
    <div className="flex max-h-[80dvh] flex-col gap-4 overflow-y-auto rounded-card border border-line bg-canvas p-3">
      <PromptText prompt={prompt} />
      <ol
        ref={list}
        aria-label={t('responses')}
        className={cx(
          'grid items-stretch gap-3',
          layout === 'side-by-side' && 'auto-cols-[minmax(15rem,1fr)] grid-flow-col overflow-x-auto pb-2',
        )}
      >
        {responses.map(({ id, text }, index) => {
          const card = cards[index];
          return (
            card && (
              <ResponseCard
                key={id}
                number={index + 1}
                text={text}
                layout={layout}
                isAside={layout === 'focus' && index > 0}
                {...card}
                criteria={criteria}
                onPlace={place}
                onRate={rate}
              />
            )
          );
        })}
      </ol>
      {strength !== 'off' && modeOf(settings, responses.length) !== 'thumbs' && (
        <StrengthControl
          strength={draft.strength}
          isRequired={strength === 'required'}
          onStrength={(level) => act({ type: 'strength', strength: level })}
        />
      )}
      {rationale.use !== 'off' && (
        <RationaleField
          rationale={rationale}
          strength={draft.strength}
          text={draft.rationale}
          onText={(text) => act({ type: 'rationale', text })}
        />
      )}
    </div>
  );
}
