'use client';
import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { chooseProject } from '../../../../_lib/choose-project.ts';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input, Textarea } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { toast } from '../../../../_ui/toast.ts';

interface ProjectDialogProps {
  model: Pick<Outputs['models']['list'][number], 'id' | 'name'>;
  onClose: () => void;
}

/** Starts a project whose SFT policy is this model, with the prompts that it will be asked. */
export function ProjectDialog({ model, onClose }: ProjectDialogProps) {
  const t = useTranslations('models.project');
  const models = useTranslations('models');
  const trpc = useTRPC();
  const router = useRouter();
  const [prompts, setPrompts] = useState('');
  const create = useMutation(trpc.models.createProject.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    create.mutate(
      { modelId: model.id, name, prompts },
      {
        onSuccess: async (created) => {
          toast.success(t('created', { name, count: created.prompts }));
          await chooseProject(created.projectId);
          router.push('/');
          router.refresh();
        },
      },
    );
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { name: model.name })}
      description={t('text')}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={models('name')}>
          {(control) => <Input {...control} name="name" required maxLength={100} autoComplete="off" />}
        </Field>
        <Field label={t('file')} hint={t('fileHint')}>
          {(control) => (
            <Input
              {...control}
              type="file"
              accept=".jsonl,.json,application/jsonl,text/plain"
              className="py-1.5"
              onChange={async (event) => setPrompts((await event.target.files?.[0]?.text()) ?? '')}
            />
          )}
        </Field>
        <Field label={t('prompts')}>
          {(control) => (
            <Textarea
              {...control}
              required
              rows={6}
              spellCheck={false}
              value={prompts}
              onChange={(event) => setPrompts(event.target.value)}
              placeholder={'{"prompt": "…"}'}
              className="font-mono text-[13px]"
            />
          )}
        </Field>
        <FormEnd work={create} submit={t('create')} cancel={models('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
