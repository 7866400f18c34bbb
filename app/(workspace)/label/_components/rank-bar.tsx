'use client';
// The ranking as it stands and what can be done with it: always in reach at the bottom of the page.
import { useTranslations } from 'next-intl';
import { Fragment } from 'react';
import { isComplete, type RankingDraft, toTiers } from '../../../../domain/ranking.ts';
import { Button } from '../../../_ui/button.tsx';
import { cx } from '../../../_ui/cx.ts';

interface RankBarProps {
  draft: RankingDraft;
  tiesNext: boolean;
  isUndoing: boolean;
  onSubmit: () => void;
  onTakeBack: () => void;
  onTie: () => void;
  onUndo: () => void;
  onSkip: () => void;
}

export function RankBar({ draft, tiesNext, isUndoing, onSubmit, onTakeBack, onTie, onUndo, onSkip }: RankBarProps) {
  const t = useTranslations('label');
  return (
    <div className="sticky bottom-0 border-line border-t bg-surface">
      <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3 sm:px-8">
        <Order draft={draft} />
        <div className="flex flex-1 flex-wrap items-center justify-end gap-2">
          <Button variant="ghost" onClick={onUndo} pending={isUndoing} shortcut="Z">
            {t('undo')}
          </Button>
          <Button variant="ghost" onClick={onSkip} shortcut="S">
            {t('skip')}
          </Button>
          <Button
            variant={tiesNext ? 'secondary' : 'ghost'}
            aria-pressed={tiesNext}
            disabled={draft.presses.length === 0}
            onClick={onTie}
            shortcut="="
            className={cx(tiesNext && 'border-accent text-accent-text')}
          >
            {t('tieNext')}
          </Button>
          <Button variant="ghost" onClick={onTakeBack} disabled={draft.presses.length === 0} shortcut="⌫">
            {t('takeBack')}
          </Button>
          <Button
            variant="primary"
            size="lg"
            onClick={onSubmit}
            disabled={!isComplete(draft)}
            shortcut="↵"
            className="max-sm:w-full"
          >
            {t('submit')}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** `2 › 1 = 4 › 3`, with a dot for each place still open. The live region says the same in words. */
function Order({ draft }: { draft: RankingDraft }) {
  const tiers = toTiers(draft);
  const open = draft.count - tiers.flat().length;
  return (
    <div aria-hidden className="flex items-center gap-1.5 font-mono text-[15px]">
      {tiers.map((tier, index) => (
        <Fragment key={tier.join()}>
          {index > 0 && <span className="text-faint">›</span>}
          <span className="flex h-7 items-center gap-1 rounded-control bg-accent-soft px-2 font-semibold text-accent-text">
            {tier.map((response) => response + 1).join(' = ')}
          </span>
        </Fragment>
      ))}
      {Array.from({ length: open }, (_, index) => index).map((slot) => (
        <Fragment key={slot}>
          {(slot > 0 || tiers.length > 0) && <span className="text-faint">›</span>}
          <span className="grid size-7 place-items-center rounded-control border border-control/60 border-dashed text-faint" />
        </Fragment>
      ))}
    </div>
  );
}
