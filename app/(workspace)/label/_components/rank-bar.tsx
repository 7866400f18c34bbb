'use client';
// The ranking as it stands and what can be done with it: always in reach at the bottom of the page.
import { Delete, Equal, type LucideIcon, SkipForward, Undo2 } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { Fragment } from 'react';
import { isComplete, type RankingDraft, toTiers } from '../../../../domain/ranking.ts';
import { Button, type ButtonProps } from '../../../_ui/button.tsx';
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
  const isEmpty = draft.presses.length === 0;
  return (
    <div className="sticky bottom-0 border-line border-t bg-surface">
      <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-8">
        <Order draft={draft} />
        <div className="flex flex-1 items-center justify-end gap-1 sm:gap-2">
          <BarButton icon={Undo2} label={t('undo')} onClick={onUndo} pending={isUndoing} shortcut="Z" />
          <BarButton icon={SkipForward} label={t('skip')} onClick={onSkip} shortcut="S" />
          <BarButton
            icon={Equal}
            label={t('tieNext')}
            onClick={onTie}
            disabled={isEmpty}
            shortcut="="
            aria-pressed={tiesNext}
            className={cx(tiesNext && 'border-accent bg-accent-soft text-accent-text')}
          />
          <BarButton icon={Delete} label={t('takeBack')} onClick={onTakeBack} disabled={isEmpty} shortcut="⌫" />
        </div>
        <Button
          variant="primary"
          size="lg"
          onClick={onSubmit}
          disabled={!isComplete(draft)}
          shortcut="Enter"
          className="max-sm:w-full"
        >
          {t('submit')}
        </Button>
      </div>
    </div>
  );
}

/** On a small screen the icon stands alone, large enough for a thumb. */
function BarButton({ icon: Icon, label, ...rest }: ButtonProps & { icon: LucideIcon; label: string }) {
  return (
    <Button
      variant="ghost"
      size="lg"
      aria-label={label}
      title={label}
      {...rest}
      className={cx('px-3 sm:px-2.5', rest.className)}
    >
      <Icon aria-hidden className="size-4 sm:hidden" />
      <span className="max-sm:hidden">{label}</span>
    </Button>
  );
}

/** `2 › 1 = 4 › 3`, with a dot for each place still open. The live region says the same in words. */
function Order({ draft }: { draft: RankingDraft }) {
  const tiers = toTiers(draft);
  const open = draft.count - tiers.flat().length;
  return (
    <div aria-hidden data-testid="ranking" className="flex items-center gap-1.5 font-mono text-[15px]">
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
