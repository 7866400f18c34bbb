'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { ProjectRole } from '../../../../../domain/roles.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Code } from '../../../../_ui/code.tsx';
import { CopyButton } from '../../../../_ui/copy-button.tsx';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { NumberField } from '../../../../_ui/number-field.tsx';
import { RoleChoices } from '../../../../_ui/role-choices.tsx';
import { readSuits, SuitsFields } from '../../../../_ui/suits-fields.tsx';

/** Makes a link, and shows it the only time that it can be seen. */
export function InvitationDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('invitations');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<ProjectRole>('annotator');
  const create = useMutation(trpc.invitations.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    create.mutate(
      { projectId: project.id, role, days: number('days'), maxUses: number('maxUses'), ...readSuits(form) },
      { onSuccess: () => void queryClient.invalidateQueries(trpc.invitations.pathFilter()) },
    );
  }

  const close = (open: boolean) => !open && onClose();
  if (create.data) {
    // What stands behind # is never sent to a server, so that no log has it.
    const link = `${window.location.origin}/join#${create.data.token}`;
    return (
      <Dialog open wide onOpenChange={close} title={t('madeTitle')} description={t('madeText')}>
        <div className="flex flex-col gap-4">
          <Code label={t('link')} text={link} className="w-full" />
          <div className="flex flex-wrap justify-between gap-2">
            <CopyButton text={link} label={t('copy')} />
            <Button variant="primary" onClick={onClose}>
              {t('done')}
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open wide onOpenChange={close} title={t('createTitle')} description={t('createText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <RoleChoices value={role} onChange={setRole} />
        <SuitsFields />
        <div className="grid gap-4 sm:grid-cols-2">
          <NumberField
            label={t('days')}
            hint={t('daysHint')}
            name="days"
            defaultValue={7}
            min={1}
            max={90}
            step={1}
            required
          />
          <NumberField
            label={t('maxUses')}
            hint={t('maxUsesHint')}
            name="maxUses"
            defaultValue={1}
            min={1}
            max={1000}
            step={1}
            required
          />
        </div>
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
