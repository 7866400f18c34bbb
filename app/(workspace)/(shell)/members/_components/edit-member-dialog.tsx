'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { ProjectRole } from '../../../../../domain/roles.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { RoleChoices } from '../../../../_ui/role-choices.tsx';
import { readSuits, SuitsFields } from '../../../../_ui/suits-fields.tsx';
import { toast } from '../../../../_ui/toast.ts';
import type { Member } from './member.ts';

/** A member's role, and what suits them. */
export function EditMemberDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const t = useTranslations('members');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<ProjectRole>(member.role);
  const update = useMutation(trpc.members.update.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    update.mutate(
      { projectId: project.id, userId: member.userId, role, ...readSuits(form) },
      {
        onSuccess: () => {
          void queryClient.invalidateQueries(trpc.members.pathFilter());
          toast.success(t('saved', { name: member.name }));
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('editTitle', { name: member.name })}
      description={t('editText')}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <RoleChoices value={role} onChange={setRole} />
        <SuitsFields value={member} />
        <FormEnd work={update} submit={t('save')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
