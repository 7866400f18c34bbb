'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { goldUses } from '../../../../../../domain/gold.ts';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { Dialog } from '../../../../../_ui/dialog.tsx';
import { Choices, Field, Textarea } from '../../../../../_ui/field.tsx';
import { FormEnd } from '../../../../../_ui/form-end.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { orderOf, type ReviewTask } from './task.ts';

interface GoldDialogProps {
  task: ReviewTask;
  /** Response ids, best first. */
  tiers: string[][];
  onClose: () => void;
}

/** Makes a task gold with the ranking that was typed, or changes its gold. */
export function GoldDialog({ task, tiers, onClose }: GoldDialogProps) {
  const t = useTranslations('gold');
  const common = useTranslations('common');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [use, setUse] = useState(task.gold?.use ?? 'silent');
  const mark = useMutation(trpc.gold.mark.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get('note')).trim();
    mark.mutate(
      { projectId: project.id, taskId: task.taskId, tiers, use, note },
      {
        onSuccess: () => {
          toast.success(t('dialog.saved'));
          onClose();
          for (const { pathFilter } of [trpc.review, trpc.gold, trpc.quality, trpc.pairs]) {
            void queryClient.invalidateQueries(pathFilter());
          }
        },
      },
    );
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(task.gold ? 'dialog.changeTitle' : 'dialog.title')}
      description={t('dialog.text', { order: orderOf(task, tiers) })}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Choices
          legend={t('use.label')}
          name="use"
          value={use}
          onChange={setUse}
          choices={goldUses.map((value) => ({ value, label: t(`use.${value}`), hint: t(`useHint.${value}`) }))}
        />
        <Field label={t('dialog.note')} hint={t('dialog.noteHint')}>
          {(control) => <Textarea {...control} name="note" defaultValue={task.gold?.note ?? ''} maxLength={4000} />}
        </Field>
        <FormEnd work={mark} submit={t('dialog.submit')} cancel={common('back')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
