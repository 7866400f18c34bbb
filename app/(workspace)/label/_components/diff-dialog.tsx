'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Dialog } from '../../../_ui/dialog.tsx';
import { ResponsePicks } from './response-picks.tsx';
import { TextDifference } from './text.tsx';
import { useDigits } from './use-digits.ts';

interface DiffDialogProps {
  responses: readonly { id: string; text: string }[];
  /** Two to begin with: the best two so far. */
  first: readonly [number, number];
  onClose: () => void;
}

/** What two responses have in common and what not, word by word; two digits choose others. */
export function DiffDialog({ responses, first, onClose }: DiffDialogProps) {
  const t = useTranslations('label.diffDialog');
  const tl = useTranslations('label');
  const [[one, other], choose] = useState(first);
  const pick = (index: number) => index < responses.length && index !== other && choose([other, index]);
  useDigits(pick);
  return (
    <Dialog
      wide
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { one: one + 1, other: other + 1 })}
      description={t('text', { one: one + 1, other: other + 1 })}
    >
      <div className="flex flex-col gap-4">
        <ResponsePicks
          legend={t('which')}
          count={responses.length}
          chosen={[one, other]}
          nameOf={(number) => tl('response', { number })}
          onPick={pick}
        />
        <TextDifference before={responses[one]?.text ?? ''} after={responses[other]?.text ?? ''} />
      </div>
    </Dialog>
  );
}
