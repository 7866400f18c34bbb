'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';

interface BackendDialogProps {
  onClose: () => void;
  onAdded: (policyId: string) => void;
}

/** Adds a model of a server that speaks OpenAI's API, to sample from. */
export function BackendDialog({ onClose, onAdded }: BackendDialogProps) {
  const t = useTranslations('sampling.source');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const create = useMutation(trpc.backends.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    // The form stands in the sampling dialog's, as React sees it.
    event.stopPropagation();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    create.mutate(
      {
        projectId: project.id,
        name: text('name'),
        baseUrl: text('baseUrl'),
        model: text('model'),
        apiKey: text('apiKey') || undefined,
      },
      {
        onSuccess: async ({ policyId }) => {
          await queryClient.invalidateQueries(trpc.backends.pathFilter());
          onAdded(policyId);
          onClose();
        },
      },
    );
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('add')} description={t('addText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('name')}>{(control) => <Input {...control} name="name" required maxLength={100} />}</Field>
        <Field label={t('baseUrl')} hint={t('baseUrlHint')}>
          {(control) => (
            <Input {...control} name="baseUrl" type="url" required placeholder="http://127.0.0.1:11434/v1" />
          )}
        </Field>
        <Field label={t('model')} hint={t('modelHint')}>
          {(control) => <Input {...control} name="model" required />}
        </Field>
        <Field label={t('apiKey')} hint={t('apiKeyHint')}>
          {(control) => <Input {...control} name="apiKey" type="password" autoComplete="off" />}
        </Field>
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
