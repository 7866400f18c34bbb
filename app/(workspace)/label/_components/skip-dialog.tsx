'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { type SkipReason, skipReasons } from '../../../../domain/annotation.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Field, Input } from '../../../_ui/field.tsx';
import { useDigits } from './use-digits.ts';

const longestNote = 500;

interface SkipDialogProps {
  onClose: () => void;
  onSkip: (reason: SkipReason, note: string | null) => void;
}

/** Why a task is left out: one digit, or a click; a note for whoever looks after the prompts. */
export function SkipDialog({ onClose, onSkip }: SkipDialogProps) {
  const t = useTranslations('label.skipDialog');
  const [note, setNote] = useState('');
  const skip = (reason: SkipReason) => onSkip(reason, note.trim() || null);
  useDigits((index) => {
    const reason = skipReasons[index];
    if (reason) skip(reason);
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <div className="flex flex-col gap-2">
        {skipReasons.map((reason, index) => (
          <Button
            key={reason}
            size="lg"
            className="justify-between"
            onClick={() => skip(reason)}
            shortcut={String(index + 1)}
          >
            {t(`reason.${reason}`)}
          </Button>
        ))}
        <Field label={t('note')} hint={t('noteHint')} className="mt-3">
          {(control) => (
            <Input
              {...control}
              dir="auto"
              value={note}
              maxLength={longestNote}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
