'use client';
// What the server would not take, and why: the work itself stays here until its author has seen to it.
import { useTranslations } from 'next-intl';
import { Button } from '../../../_ui/button.tsx';
import { CopyButton } from '../../../_ui/copy-button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import type { RefusedEntry } from './outbox-entry.ts';

interface RefusedDialogProps {
  refused: readonly RefusedEntry[];
  onDiscard: (id: string) => void;
  onClose: () => void;
}

export function RefusedDialog({ refused, onDiscard, onClose }: RefusedDialogProps) {
  const t = useTranslations('label.refusedDialog');
  return (
    <Dialog wide open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <ul className="flex flex-col gap-3">
        {refused.map(({ entry, message }) => (
          <li key={entry.id} className="rounded-card border border-line p-4">
            <p dir="auto" className="font-medium">
              {entry.preview || t('noPreview')}
            </p>
            <p className="mt-1 text-danger">{message}</p>
            <Said entry={entry} />
            <div className="mt-3 flex flex-wrap gap-2">
              <CopyButton text={JSON.stringify(entry, null, 2)} label={t('copy')} />
              <Button size="sm" onClick={() => onDiscard(entry.id)}>
                {t('discard')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {refused.length === 0 && <p className="text-muted">{t('none')}</p>}
    </Dialog>
  );
}

/** The parts that took the longest to write. */
function Said({ entry }: Pick<RefusedEntry, 'entry'>) {
  const t = useTranslations('label.refusedDialog');
  if (entry.kind === 'skip') return <p className="mt-1 text-[13px] text-muted">{t('skip')}</p>;
  const { tiers, rationale, edit } = entry.annotation;
  return (
    <div className="mt-1 flex flex-col gap-2 text-[13px] text-muted">
      <p>{t('tiers', { tiers: tiers.length, responses: tiers.flat().length })}</p>
      {rationale && (
        <p dir="auto" className="reading text-[13px]">
          {rationale}
        </p>
      )}
      {edit && (
        <p dir="auto" className="reading text-[13px]">
          {edit.text}
        </p>
      )}
    </div>
  );
}
