'use client';
import { useTranslations } from 'next-intl';
import { flagNames } from '../../../../domain/annotation.ts';
import type { DraftFlag } from '../../../../domain/annotation-draft.ts';
import { responseIndices } from '../../../../domain/ranking.ts';
import { cx } from '../../../_ui/cx.ts';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Kbd } from '../../../_ui/kbd.tsx';
import { useDigits } from './use-digits.ts';

interface FlagDialogProps {
  count: number;
  flags: readonly DraftFlag[];
  onFlag: (flag: DraftFlag) => void;
  onClose: () => void;
}

/** What is wrong beside the order, with the task or with one response; a digit flags the task. */
export function FlagDialog({ count, flags, onFlag, onClose }: FlagDialogProps) {
  const t = useTranslations('label.flagDialog');
  const isSet = (flag: DraftFlag) => flags.some((one) => one.flag === flag.flag && one.index === flag.index);
  useDigits((index) => {
    const flag = flagNames[index];
    if (flag) onFlag({ flag, index: null });
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <div className="flex flex-col divide-y divide-line">
        {flagNames.map((flag, place) => (
          <fieldset key={flag} className="flex flex-col gap-2 py-3">
            <legend className="float-start flex items-center gap-2 font-medium">
              <Kbd>{String(place + 1)}</Kbd>
              {t(`flag.${flag}`)}
            </legend>
            <p className="text-[13px] text-muted">{t(`means.${flag}`)}</p>
            <div className="flex flex-wrap gap-1.5">
              {[null, ...responseIndices(count)].map((index) => (
                <button
                  key={String(index)}
                  type="button"
                  aria-pressed={isSet({ flag, index })}
                  aria-label={index === null ? t('task') : t('response', { number: index + 1 })}
                  onClick={() => onFlag({ flag, index })}
                  className={cx(
                    'numeric h-8 min-w-8 cursor-pointer rounded-control border px-2 text-[13px] pointer-coarse:h-11 pointer-coarse:min-w-11',
                    isSet({ flag, index })
                      ? 'border-accent bg-accent font-semibold text-on-accent'
                      : 'border-control/60 text-muted hover:bg-sunken',
                  )}
                >
                  {index === null ? t('task') : index + 1}
                </button>
              ))}
            </div>
          </fieldset>
        ))}
      </div>
    </Dialog>
  );
}
