'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { signIn } from '../../_lib/auth.ts';
import { useErrorWords } from '../../_lib/use-error-words.ts';
import { useTRPC } from '../../_trpc/context.ts';
import { Button } from '../../_ui/button.tsx';
import { ButtonLink } from '../../_ui/button-link.tsx';
import { Field, Input } from '../../_ui/field.tsx';

/** Creates the first administrator with the token of the console, and signs them in. */
export function SetupForm({ token }: { token: string }) {
  const t = useTranslations('setup');
  const trpc = useTRPC();
  const wordsOf = useErrorWords();
  const status = useQuery(trpc.setup.status.queryOptions());
  const createAdmin = useMutation(trpc.setup.createAdmin.mutationOptions());

  const problemOf = (error: NonNullable<typeof createAdmin.error>) =>
    error.data?.appCode === 'FORBIDDEN' ? t('refused') : wordsOf(error).text;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get('email'));
    const password = String(form.get('password'));
    createAdmin.mutate(
      { token, name: String(form.get('name')), email, password },
      { onSuccess: async () => window.location.assign((await signIn(email, password)) === 'ok' ? '/' : '/sign-in') },
    );
  }

  if (status.data && !status.data.needsAdmin && createAdmin.isIdle) {
    return (
      <div className="flex flex-col items-start gap-4">
        <p role="status" className="rounded-card bg-warn-soft p-3 text-warn">
          {t('alreadyDone')}
        </p>
        <ButtonLink href="/sign-in" variant="primary" size="lg">
          {t('toSignIn')}
        </ButtonLink>
      </div>
    );
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t('name')}>
        {(control) => <Input {...control} name="name" autoComplete="name" required maxLength={200} autoFocus />}
      </Field>
      <Field label={t('email')}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required />}
      </Field>
      <Field label={t('password')} hint={t('passwordHint')}>
        {(control) => (
          <Input {...control} name="password" type="password" autoComplete="new-password" required minLength={8} />
        )}
      </Field>
      {(createAdmin.error || !token) && (
        <p role="alert" className="rounded-control bg-danger-soft p-3 text-danger">
          {createAdmin.error ? problemOf(createAdmin.error) : t('noToken')}
        </p>
      )}
      <Button
        type="submit"
        variant="primary"
        size="lg"
        disabled={!token}
        pending={createAdmin.isPending || createAdmin.isSuccess}
      >
        {t('submit')}
      </Button>
    </form>
  );
}
