'use client';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { Dialog } from '../../../../../_ui/dialog.tsx';
import { Choices, Field, Textarea } from '../../../../../_ui/field.tsx';
import { FormEnd } from '../../../../../_ui/form-end.tsx';
import type { Annotation } from './task.ts';
import { useLetterName } from './use-letter-name.ts';

interface ReturnDialogProps {
  annotations: Annotation[];
  work: { error: { message: string } | null; isPending: boolean };
  onClose: () => void;
  onReturn: (back: { rankingId: string; note: string }) => void;
}

/** Whose ranking goes back, and what they should look at. */
export function ReturnDialog({ annotations, work, onClose, onReturn }: ReturnDialogProps) {
  const t = useTranslations('review.return');
  const common = useTranslations('common');
  const nameOf = useLetterName();
  const choices = annotations
    .filter(({ hasAccount }) => hasAccount)
    .map((annotation) => ({ value: annotation.rankingId, label: nameOf(annotation) }));
  const [rankingId, setRankingId] = useState(choices[0]?.value ?? '');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get('note')).trim();
    if (note !== '') onReturn({ rankingId, note });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Choices legend={t('whose')} name="whose" value={rankingId} onChange={setRankingId} choices={choices} />
        <Field label={t('note')} hint={t('noteHint')}>
          {(control) => <Textarea {...control} name="note" required maxLength={4000} />}
        </Field>
        <FormEnd work={work} submit={t('submit')} cancel={common('back')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
