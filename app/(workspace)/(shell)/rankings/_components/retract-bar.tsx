'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { Selection } from '../../../../../domain/selection.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Textarea } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { toast } from '../../../../_ui/toast.ts';

/** Takes the chosen rankings back, once there is a reason. */
export function RetractBar({ selection, onDone }: { selection: Selection; onDone: () => void }) {
  const t = useTranslations('rankings.retract');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const retract = useMutation(trpc.rankings.retract.mutationOptions());
  const count = selection.ids.size;
  if (count === 0) return null;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason'));
    retract.mutate(
      { projectId: project.id, rankingIds: [...selection.ids], reason },
      {
        onSuccess: ({ retracted }) => {
          setAsking(false);
          onDone();
          toast.success(t('done', { count: retracted }));
          for (const filter of [trpc.rankings.pathFilter(), trpc.prompts.pathFilter(), trpc.pairs.pathFilter()]) {
            void queryClient.invalidateQueries(filter);
          }
        },
      },
    );
  }

  return (
    <section
      aria-label={t('title', { count })}
      className="sticky bottom-0 z-20 -mx-2 mt-4 flex flex-wrap items-center gap-2 rounded-card border border-line bg-surface p-3 shadow-float"
    >
      <p role="status" className="numeric me-auto font-medium">
        {t('chosen', { count })}
      </p>
      <Button size="sm" variant="ghost" onClick={onDone}>
        {t('letGo')}
      </Button>
      <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
        {t('action')}
      </Button>
      {isAsking && (
        <Dialog
          open
          onOpenChange={(open) => !open && setAsking(false)}
          title={t('title', { count })}
          description={t('text')}
        >
          <form onSubmit={submit} className="flex flex-col gap-4">
            <Field label={t('reason')} hint={t('reasonHint')}>
              {(control) => <Textarea {...control} name="reason" rows={3} required maxLength={1000} />}
            </Field>
            <FormEnd work={retract} submit={t('action')} cancel={t('cancel')} onCancel={() => setAsking(false)} />
          </form>
        </Dialog>
      )}
    </section>
  );
}
