'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { ProjectRole } from '../../../../../domain/roles.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { RoleChoices } from '../../../../_ui/role-choices.tsx';
import { readSuits, SuitsFields } from '../../../../_ui/suits-fields.tsx';
import { toast } from '../../../../_ui/toast.ts';

/** Takes in somebody who has an account. */
export function AddMemberDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('members');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<ProjectRole>('annotator');
  const add = useMutation(trpc.members.add.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    add.mutate(
      { projectId: project.id, email: String(form.get('email')), role, ...readSuits(form) },
      {
        onSuccess: ({ name }) => {
          void queryClient.invalidateQueries(trpc.members.pathFilter());
          toast.success(t('added', { name }));
          onClose();
        },
      },
    );
  }

  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={t('add')} description={t('addText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('email')}>
          {(control) => <Input {...control} name="email" type="email" autoComplete="off" required />}
        </Field>
        <RoleChoices value={role} onChange={setRole} />
        <SuitsFields />
        <FormEnd work={add} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
