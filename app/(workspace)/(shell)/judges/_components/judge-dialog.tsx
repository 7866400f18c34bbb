'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { type Inputs, useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Choices, Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { RewardFields } from './reward-fields.tsx';

type Judge = Inputs['judges']['create']['judge'];
const kinds = ['openai', 'local', 'reward'] as const;
type Kind = (typeof kinds)[number];

/** A judge of each kind from the form's fields. */
const readers: { [K in Kind]: (text: (name: string) => string) => Extract<Judge, { kind: K }> } = {
  openai: (text) => ({
    kind: 'openai',
    baseUrl: text('baseUrl'),
    model: text('model'),
    apiKey: text('apiKey') || undefined,
  }),
  local: (text) => ({ kind: 'local', model: text('model') || undefined }),
  reward: (text) => ({ kind: 'reward', folder: text('folder'), baseModelId: text('baseModelId') || undefined }),
};

/** Adds a judge that is a model: behind a server that speaks OpenAI's API, of this machine, or a reward model. */
export function JudgeDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('judges');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [kind, setKind] = useState<Kind>('openai');
  const create = useMutation(trpc.judges.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    create.mutate(
      { projectId: project.id, name: text('name'), judge: readers[kind](text) },
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
          onChange={(chosen) => {
            setKind(chosen);
            create.reset();
          }}
          choices={kinds.map((value) => ({ value, label: t(`kinds.${value}.label`), hint: t(`kinds.${value}.hint`) }))}
        />
        <Field label={t('name')}>{(control) => <Input {...control} name="name" required maxLength={100} />}</Field>
        {kind === 'openai' && <ServerFields />}
        {kind === 'local' && (
          <Field label={t('folder')} hint={t('folderHint')}>
            {(control) => <Input {...control} name="model" className="font-mono" />}
          </Field>
        )}
        {kind === 'reward' && <RewardFields />}
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function ServerFields() {
  const t = useTranslations('judges');
  return (
    <>
      <Field label={t('baseUrl')} hint={t('baseUrlHint')}>
        {(control) => <Input {...control} name="baseUrl" type="url" required placeholder="http://127.0.0.1:11434/v1" />}
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
  );
}
