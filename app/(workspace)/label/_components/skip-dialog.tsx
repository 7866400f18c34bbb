'use client';
import { useTranslations } from 'next-intl';
import { useEffect, useEffectEvent } from 'react';
import { type SkipReason, skipReasons } from '../../../../domain/annotation.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';

/** Why a task is left out: one digit, or a click. */
export function SkipDialog({ onClose, onSkip }: { onClose: () => void; onSkip: (reason: SkipReason) => void }) {
  const t = useTranslations('label.skipDialog');
  const handle = useEffectEvent((event: KeyboardEvent) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const reason = digit ? skipReasons[Number(digit) - 1] : undefined;
    if (!reason) return;
    event.preventDefault();
    onSkip(reason);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => handle(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <div className="flex flex-col gap-2">
        {skipReasons.map((reason, index) => (
          <Button
            key={reason}
            size="lg"
            className="justify-between"
            onClick={() => onSkip(reason)}
            shortcut={String(index + 1)}
          >
            {t(`reason.${reason}`)}
          </Button>
        ))}
      </div>
    </Dialog>
  );
}
