'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useId } from 'react';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';

/** Registers a folder that lies in the models directory already. */
export function FolderDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('models');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const listId = useId();
  const found = useQuery(trpc.models.folders.queryOptions());
  const register = useMutation(
    trpc.models.register.mutationOptions({
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
    register.mutate({ folder: text('folder'), name: text('name') || undefined });
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('register')}
      description={t('registerText', { directory: found.data?.modelsDir ?? '…' })}
    >
      {found.error ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : !found.data ? (
        <SkeletonList rows={2} />
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <Field label={t('folder')} hint={t('folderHint', { count: found.data.folders.length })}>
            {(control) => (
              <>
                <Input
                  {...control}
                  name="folder"
                  required
                  list={listId}
                  autoComplete="off"
                  className="font-mono"
                  defaultValue={found.data.folders.length === 1 ? found.data.folders[0] : ''}
                />
                <datalist id={listId}>
                  {found.data.folders.map((folder) => (
                    <option key={folder} value={folder} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          <Field label={t('name')} hint={t('nameHint')}>
            {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" />}
          </Field>
          <FormEnd work={register} submit={t('registerAction')} cancel={t('cancel')} onCancel={onClose} />
        </form>
      )}
    </Dialog>
  );
}
