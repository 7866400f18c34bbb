'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { HubToken } from './hub-token.tsx';

/** Asks for a model of the Hub by its name there. */
export function HubDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('models');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const hub = useQuery(trpc.models.hub.queryOptions());
  const add = useMutation(
    trpc.models.addFromHub.mutationOptions({
      onSuccess: () => {
        void queryClient.invalidateQueries(trpc.models.pathFilter());
        onClose();
      },
    }),
  );

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    add.mutate({ hubId: text('hubId'), revision: text('revision') || undefined, name: text('name') || undefined });
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('addFromHub')}
      description={t('hubText', { endpoint: hub.data?.endpoint ?? '…' })}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('hubId')} hint={t('hubIdHint')}>
          {(control) => (
            <Input
              {...control}
              name="hubId"
              required
              autoComplete="off"
              spellCheck={false}
              placeholder="HuggingFaceTB/SmolLM2-135M-Instruct"
              className="font-mono"
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('revision')} hint={t('revisionHint')}>
            {(control) => <Input {...control} name="revision" autoComplete="off" placeholder="main" />}
          </Field>
          <Field label={t('name')} hint={t('nameHint')}>
            {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" />}
          </Field>
        </div>
        <FormEnd work={add} submit={t('download')} cancel={t('cancel')} onCancel={onClose} />
      </form>
      {hub.data && <HubToken hasToken={hub.data.hasToken} />}
    </Dialog>
  );
}
