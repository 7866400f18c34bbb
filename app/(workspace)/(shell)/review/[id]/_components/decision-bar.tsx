'use client';
// What the reviewer can do, always in reach at the bottom: accept, return, or rank anew with a note.
import { useTranslations } from 'next-intl';
import type { RefObject } from 'react';
import { isComplete, type RankingDraft, type RankingKey, toTiers } from '../../../../../../domain/ranking.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { Textarea } from '../../../../../_ui/field.tsx';
import type { ReviewTask } from './task.ts';

interface DecisionBarProps {
  task: ReviewTask;
  draft: RankingDraft;
  note: string;
  noteField: RefObject<HTMLTextAreaElement | null>;
  isBusy: boolean;
  onNote: (note: string) => void;
  onRank: (key: RankingKey) => void;
  onAccept: () => void;
  onAdjudicate: () => void;
  /** Null: nobody's ranking can go back. */
  onReturn: (() => void) | null;
  /** Null: gold is for admins. */
  onGold: (() => void) | null;
}

export function DecisionBar(props: DecisionBarProps) {
  const { task, draft, note, noteField, isBusy, onNote, onRank, onAccept, onAdjudicate, onReturn, onGold } = props;
  const t = useTranslations('review.action');
  return (
    <div className="bottom-0 z-10 -mx-4 border-line border-t bg-surface px-4 py-3 sm:sticky sm:-mx-8 sm:px-8">
      {(task.gold || task.adjudication) && (
        <p className="mb-2 text-[13px] text-muted">{t(task.gold ? 'isGold' : 'isAdjudicated')}</p>
      )}
      <Ranking draft={draft} onRank={onRank} />
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Textarea
          ref={noteField}
          aria-label={t('note')}
          placeholder={t('noteHint')}
          value={note}
          onChange={(event) => onNote(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onAdjudicate();
          }}
          maxLength={4000}
          rows={1}
          className="field-sizing-content max-h-40 min-h-9! min-w-60 flex-1 py-1.5"
        />
        {onGold && (
          <Button onClick={onGold} shortcut="G">
            {t(task.gold ? 'goldChange' : 'gold')}
          </Button>
        )}
        {onReturn && (
          <Button onClick={onReturn} disabled={isBusy} shortcut="R">
            {t('return')}
          </Button>
        )}
        <Button onClick={onAccept} disabled={isBusy} title={t('acceptHint')} shortcut="A">
          {t('accept')}
        </Button>
        <Button
          variant="primary"
          onClick={onAdjudicate}
          disabled={isBusy || task.gold !== null || !isComplete(draft)}
          shortcut="Ctrl ↵"
        >
          {t('adjudicate')}
        </Button>
      </div>
    </div>
  );
}

/** The reviewer's ranking as it stands, in words for screen readers too. */
function Ranking({ draft, onRank }: Pick<DecisionBarProps, 'draft' | 'onRank'>) {
  const t = useTranslations('review.action');
  const label = useTranslations('label');
  const tiers = toTiers(draft).map((tier) => tier.map((index) => index + 1));
  return (
    <div className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1">
      <p className="font-medium">{t('ranking')}</p>
      <p aria-hidden data-testid="review-ranking" className="font-mono font-semibold text-accent-text text-base">
        {tiers.map((tier) => tier.join(' = ')).join(' › ')}
      </p>
      <p aria-live="polite" className="sr-only">
        {tiers
          .map((tier, index) => label('announce.place', { place: index + 1, responses: tier.join(', ') }))
          .join('. ')}
      </p>
      {draft.presses.length === 0 ? (
        <p className="text-[13px] text-faint">{t('rankHint')}</p>
      ) : (
        <>
          <Button variant="ghost" size="sm" onClick={() => onRank({ type: 'takeBack' })} shortcut="⌫">
            {t('takeBack')}
          </Button>
          <Button variant="ghost" size="sm" onClick={() => onRank({ type: 'clear' })} shortcut="Esc">
            {t('clear')}
          </Button>
        </>
      )}
    </div>
  );
}
