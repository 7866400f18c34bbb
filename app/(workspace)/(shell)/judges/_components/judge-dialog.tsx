'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Choices, Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';

/** Adds an LLM judge: a server that speaks OpenAI's API, or a model of this machine. */
export function JudgeDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('judges');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [kind, setKind] = useState<'openai' | 'local'>('openai');
  const create = useMutation(trpc.judges.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const judge =
      kind === 'openai'
        ? { kind, baseUrl: text('baseUrl'), model: text('model'), apiKey: text('apiKey') || undefined }
        : { kind, model: text('model') || undefined };
    create.mutate(
      { projectId: project.id, name: text('name'), judge },
      {
        onSuccess: () => {
          void queryClient.invalidateQueries(trpc.judges.pathFilter());
          onClose();
        },
      },
    );
  }

  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={t('add')} description={t('addText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Choices
          legend={t('kind')}
          name="kind"
          value={kind}
          onChange={setKind}
          choices={[
            { value: 'openai', label: t('kinds.openai.label'), hint: t('kinds.openai.hint') },
            { value: 'local', label: t('kinds.local.label'), hint: t('kinds.local.hint') },
          ]}
        />
        <Field label={t('name')}>{(control) => <Input {...control} name="name" required maxLength={200} />}</Field>
        {kind === 'openai' ? (
          <>
            <Field label={t('baseUrl')} hint={t('baseUrlHint')}>
              {(control) => (
                <Input {...control} name="baseUrl" type="url" required placeholder="http://127.0.0.1:11434/v1" />
              )}
            </Field>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label={t('model')} hint={t('modelHint')}>
                {(control) => <Input {...control} name="model" required />}
              </Field>
              <Field label={t('apiKey')} hint={t('apiKeyHint')}>
                {(control) => <Input {...control} name="apiKey" type="password" autoComplete="off" />}
              </Field>
            </div>
          </>
        ) : (
          <Field label={t('folder')} hint={t('folderHint')}>
            {(control) => <Input {...control} name="model" className="font-mono" />}
          </Field>
        )}
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
