'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Code } from '../../../../_ui/code.tsx';
import { CopyButton } from '../../../../_ui/copy-button.tsx';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { CurlExample } from './curl-example.tsx';

/** Makes a key, and shows it the only time that it can be seen. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('apiKeys');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [key, setKey] = useState<string | null>(null);
  const create = useMutation(trpc.apiKeys.create.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name')).trim();
    create.mutate(
      { name },
      {
        onSuccess: (created) => {
          setKey(created.key);
          void queryClient.invalidateQueries(trpc.apiKeys.pathFilter());
        },
      },
    );
  }

  if (key) {
    return (
      <Dialog
        open
        wide
        onOpenChange={(open) => !open && onClose()}
        title={t('createdTitle')}
        description={t('createdText')}
      >
        <div className="flex flex-col gap-5">
          <div className="flex flex-col items-start gap-2">
            <Code label={t('key')} text={key} className="w-full" />
            <CopyButton text={key} label={t('copyKey')} />
          </div>
          <CurlExample apiKey={key} />
          <div className="flex justify-end">
            <Button variant="primary" onClick={onClose}>
              {t('done')}
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t('add')} description={t('addText')}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t('name')} hint={t('nameHint')}>
          {(control) => <Input {...control} name="name" autoComplete="off" required maxLength={100} />}
        </Field>
        <FormEnd work={create} submit={t('create')} cancel={t('cancel')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
