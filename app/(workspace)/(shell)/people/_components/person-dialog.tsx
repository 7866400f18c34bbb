'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Choices, Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { NewPasswordField } from '../../../../_ui/new-password-field.tsx';
import { toast } from '../../../../_ui/toast.ts';

export function PersonDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('people');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [role, setRole] = useState<'annotator' | 'admin'>('annotator');
  const create = useMutation(trpc.people.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const person = {
      name: String(form.get('name')).trim(),
      email: String(form.get('email')),
      password: String(form.get('password')),
      role,
      projectId: project.id,
    };
    create.mutate(person, {
      onSuccess: () => {
        void queryClient.invalidateQueries(trpc.people.pathFilter());
        toast.success(t('added', { name: person.name }), { description: t('addedText') });
        onClose();
      },
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('add')} description={t('addText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('name')}>
          {(control) => <Input {...control} name="name" autoComplete="off" required maxLength={200} />}
        </Field>
        <Field label={t('email')}>
          {(control) => <Input {...control} name="email" type="email" autoComplete="off" required />}
        </Field>
        <NewPasswordField label={t('password')} hint={t('passwordHint')} />
        <Choices
          legend={t('role')}
          name="role"
          value={role}
          onChange={setRole}
          choices={[
            { value: 'annotator', label: t('roles.annotator'), hint: t('roleHints.annotator') },
            { value: 'admin', label: t('roles.admin'), hint: t('roleHints.admin') },
          ]}
        />
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
