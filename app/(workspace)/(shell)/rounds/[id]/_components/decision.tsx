'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowRight, Check, X } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useErrorToast } from '../../../../../_lib/use-error-toast.tsx';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../../_ui/button-link.tsx';
import { Field, Textarea } from '../../../../../_ui/field.tsx';
import { Card } from '../../../../../_ui/page.tsx';

/** Promote or reject, with a note for later; once decided, what was decided and where the loop goes on. */
export function Decision({ detail }: { detail: Outputs['rounds']['get'] }) {
  const t = useTranslations('round.decision');
  const format = useFormatter();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const [note, setNote] = useState('');
  const { round } = detail;
  const decide = useMutation(
    trpc.rounds.decide.mutationOptions({
      onSuccess: () => {
        void queryClient.invalidateQueries(trpc.rounds.pathFilter());
        void queryClient.invalidateQueries(trpc.projects.get.pathFilter());
      },
      onError: toastError,
    }),
  );

  if (round.decidedAt) {
    const isPromoted = round.status === 'promoted';
    return (
      <Card className="flex flex-wrap items-center justify-between gap-4">
        <div>
          <h2 className="font-semibold text-base">{t(isPromoted ? 'promoted' : 'rejected')}</h2>
          <p className="mt-1 text-muted">
            {format.dateTime(round.decidedAt, { dateStyle: 'medium', timeStyle: 'short' })}
            {isPromoted && ` · ${t(detail.isCurrent ? 'isCurrent' : 'wasCurrent')}`}
          </p>
          {round.decisionNote && (
            <blockquote dir="auto" className="mt-2 whitespace-pre-wrap border-line border-s-2 ps-3">
              {round.decisionNote}
            </blockquote>
          )}
        </div>
        {isPromoted && detail.isCurrent && (
          <div className="flex flex-wrap gap-2">
            <ButtonLink href={`/export?version=${round.datasetVersionId}`}>{t('export')}</ButtonLink>
            <ButtonLink href="/prompts?sample=1" variant="primary">
              {t('nextRound')}
              <ArrowRight aria-hidden className="size-4 rtl:-scale-x-100" />
            </ButtonLink>
          </div>
        )}
      </Card>
    );
  }

  const act = (decision: 'promote' | 'reject') =>
    decide.mutate({ roundId: round.id, decision, ...(note.trim() ? { note: note.trim() } : {}) });
  return (
    <Card>
      <h2 className="font-semibold text-base">{t('title')}</h2>
      <p className="mt-1 mb-4 max-w-[75ch] text-muted">{t('text')}</p>
      <Field label={t('note')} hint={t('noteHint')}>
        {(control) => (
          <Textarea {...control} value={note} maxLength={2000} onChange={(event) => setNote(event.target.value)} />
        )}
      </Field>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button variant="primary" size="lg" onClick={() => act('promote')} pending={decide.isPending}>
          <Check aria-hidden className="size-4" />
          {t('promote')}
        </Button>
        <Button size="lg" onClick={() => act('reject')} disabled={decide.isPending}>
          <X aria-hidden className="size-4" />
          {t('reject')}
        </Button>
      </div>
    </Card>
  );
}
