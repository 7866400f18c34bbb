'use client';
// A response rewritten into a better one, with what changed beside it as it is typed. Every keystroke is kept with the
// draft: closing the dialog loses nothing.
import { useTranslations } from 'next-intl';
import { useDeferredValue } from 'react';
import { longestEdit } from '../../../../domain/annotation.ts';
import type { AnnotationDraft } from '../../../../domain/annotation-draft.ts';
import { Button } from '../../../_ui/button.tsx';
import { Dialog } from '../../../_ui/dialog.tsx';
import { Textarea } from '../../../_ui/field.tsx';
import { ResponsePicks } from './response-picks.tsx';
import { TextDifference } from './text.tsx';

interface EditDialogProps {
  responses: readonly { id: string; text: string }[];
  edit: AnnotationDraft['edit'];
  /** The response to begin with: the best so far. */
  first: number;
  onEdit: (edit: AnnotationDraft['edit']) => void;
  onClose: () => void;
}

export function EditDialog({ responses, edit, first, onEdit, onClose }: EditDialogProps) {
  const t = useTranslations('label.editDialog');
  const tl = useTranslations('label');
  const index = edit?.index ?? first;
  const original = responses[index]?.text ?? '';
  const text = edit?.text ?? original;
  // The difference of two long texts takes longer than a keystroke may.
  const shown = useDeferredValue(text);
  return (
    <Dialog wide open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <div className="flex flex-col gap-4">
        <ResponsePicks
          legend={t('which')}
          count={responses.length}
          chosen={[index]}
          nameOf={(number) => tl('response', { number })}
          onPick={(picked) => picked !== index && onEdit({ index: picked, text: responses[picked]?.text ?? '' })}
        />
        <Textarea
          aria-label={t('field', { number: index + 1 })}
          dir="auto"
          value={text}
          maxLength={longestEdit}
          onChange={(event) => onEdit({ index, text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            // It ends the edit; the page is not to take it for a submission.
            event.preventDefault();
            onClose();
          }}
          className="max-h-[40dvh] min-h-32 text-base leading-normal [field-sizing:content]"
          autoFocus
        />
        {shown !== original && (
          <section aria-label={t('difference')} className="rounded-control bg-sunken p-3">
            <TextDifference before={original} after={shown} />
          </section>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {edit && (
            <Button
              variant="ghost"
              onClick={() => {
                onEdit(null);
                onClose();
              }}
            >
              {t('remove')}
            </Button>
          )}
          <Button variant="primary" onClick={onClose} shortcut={t('doneKeys')}>
            {t('done')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
