'use client';
import { ThumbsDown, ThumbsUp } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { type LabelSettings, ratingScale, strengthNames, strengths } from '../../../../../domain/label-settings.ts';
import type { ChatMessage } from '../../../../../engine/ports.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { cx } from '../../../../_ui/cx.ts';
import { Kbd } from '../../../../_ui/kbd.tsx';
import { Messages, PlainText } from '../../../../_ui/messages.tsx';

interface PreviewTaskProps {
  settings: LabelSettings;
  prompt: ChatMessage[];
  responses: { id: string; text: string }[];
}

/** A task as the settings would ask it, to look at. */
export function PreviewTask({ settings, prompt, responses }: PreviewTaskProps) {
  const t = useTranslations('settings.preview');
  const levels = useTranslations('settings.strengths');
  const { mode, strength, rationale, edits, criteria, layout } = settings;
  return (
    <div className="flex flex-col gap-4 rounded-card border border-line bg-sunken p-4">
      <Messages messages={prompt} />
      <ul className={cx('grid gap-3', layout !== 'stacked' && layout !== 'focus' && 'sm:grid-cols-2 xl:grid-cols-1')}>
        {responses.map(({ id, text }, index) => (
          <li key={id} className="flex flex-col gap-2 rounded-card border border-line bg-surface p-3">
            <p className="flex items-center gap-2">
              {mode === 'thumbs' ? (
                <>
                  <ThumbsUp aria-label={t('up')} className="size-4 text-muted" />
                  <ThumbsDown aria-label={t('down')} className="size-4 text-muted" />
                </>
              ) : (
                <Kbd always>{index + 1}</Kbd>
              )}
              {edits && <Badge>{t('edit')}</Badge>}
            </p>
            <div className="max-h-40 overflow-hidden">
              <PlainText text={text} />
            </div>
            {criteria.length > 0 && (
              <dl className="flex flex-col gap-1 border-line border-t pt-2">
                {criteria.map(({ key, name }) => (
                  <div key={key} className="flex flex-wrap items-baseline justify-between gap-2">
                    <dt className="min-w-0 break-words text-[13px] text-muted">{name}</dt>
                    <dd className="numeric text-faint text-xs">{t('scale', ratingScale)}</dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        ))}
      </ul>
      {strength !== 'off' && mode !== 'thumbs' && (
        <p className="flex flex-wrap gap-1.5">
          {strengths.map((level) => (
            <Badge key={level}>{levels(strengthNames[level])}</Badge>
          ))}
          {strength === 'required' && <Badge tone="accent">{t('required')}</Badge>}
        </p>
      )}
      {rationale.use !== 'off' && (
        <p className="rounded-control border border-control bg-surface px-3 py-2 text-faint">
          {t(rationale.use === 'required' ? 'rationaleRequired' : 'rationale')}
        </p>
      )}
    </div>
  );
}
