'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { useErrorWords } from '../../../../_lib/use-error-words.ts';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { toast } from '../../../../_ui/toast.ts';

/** The token for gated and private models: it can be set and forgotten, never read. */
export function HubToken({ hasToken }: { hasToken: boolean }) {
  const t = useTranslations('models.token');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const wordsOf = useErrorWords();
  const save = useMutation(
    trpc.models.setHubToken.mutationOptions({
      onSuccess: (_, { token }) => {
        toast.success(t(token === null ? 'forgotten' : 'saved'));
        void queryClient.invalidateQueries(trpc.models.hub.pathFilter());
      },
    }),
  );

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    save.mutate({ token: String(new FormData(form).get('token') ?? '').trim() }, { onSuccess: () => form.reset() });
  }

  return (
    <form onSubmit={submit} className="mt-6 border-line border-t pt-4">
      <Field
        label={t('label')}
        hint={t(hasToken ? 'hintSet' : 'hint')}
        {...(save.error ? { error: wordsOf(save.error).text } : {})}
      >
        {(control) => (
          <div className="flex gap-2">
            <Input
              {...control}
              name="token"
              type="password"
              required
              autoComplete="off"
              placeholder="hf_…"
              className="font-mono"
            />
            <Button type="submit" pending={save.isPending} className="h-9">
              {t('save')}
            </Button>
            {hasToken && (
              <Button variant="ghost" className="h-9" onClick={() => save.mutate({ token: null })}>
                {t('forget')}
              </Button>
            )}
          </div>
        )}
      </Field>
    </form>
  );
}
