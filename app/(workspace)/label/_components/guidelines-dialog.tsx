'use client';
import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Reading } from '../../../_ui/reading/reading.tsx';
import type { Context } from './task.ts';

interface GuidelinesDialogProps {
  guideline: NonNullable<Context['guideline']>;
  onRead: () => void;
  onClose: () => void;
}

/** How to rank in this project; a new version is read and acknowledged once. */
export function GuidelinesDialog({ guideline, onRead, onClose }: GuidelinesDialogProps) {
  const t = useTranslations('label.guidelines');
  return (
    <Dialog
      wide
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('title')}
      description={t('version', { version: guideline.version })}
    >
      <Reading text={guideline.text} />
      {!guideline.isRead && (
        <div className="mt-5 flex justify-end">
          <Button
            variant="primary"
            size="lg"
            autoFocus
            onClick={() => {
              onRead();
              onClose();
            }}
          >
            {t('acknowledge')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
