'use client';
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { signIn } from '../../_lib/auth.ts';
import { chooseProject } from '../../_lib/choose-project.ts';
import { useTRPC } from '../../_trpc/context.ts';
import { Button } from '../../_ui/button.tsx';
import { ButtonLink } from '../../_ui/button-link.tsx';
import { Field, Input } from '../../_ui/field.tsx';
import { NewPasswordField } from '../../_ui/new-password-field.tsx';
import { ErrorState } from '../../_ui/state.tsx';
import { forgetInvitationToken } from './use-invitation-token.ts';

/** An account of one's own, and in. */
export function JoinAsNew({ token }: { token: string }) {
  const t = useTranslations('join');
  const trpc = useTRPC();
  const join = useMutation(trpc.invitations.joinAsNew.mutationOptions());

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get('email'));
    const password = String(form.get('password'));
    join.mutate(
      { token, name: String(form.get('name')), email, password },
      {
        onSuccess: async ({ projectId }) => {
          forgetInvitationToken();
          await chooseProject(projectId);
          window.location.assign((await signIn(email, password)) === 'ok' ? '/' : '/sign-in');
        },
      },
    );
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t('name')}>
        {(control) => <Input {...control} name="name" autoComplete="name" required maxLength={100} autoFocus />}
      </Field>
      <Field label={t('email')}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required />}
      </Field>
      <NewPasswordField label={t('password')} hint={t('passwordHint')} />
      {join.error && <ErrorState error={join.error} />}
      <Button type="submit" variant="primary" size="lg" pending={join.isPending || join.isSuccess}>
        {t('submit')}
      </Button>
      <ButtonLink href="/sign-in?next=/join" variant="ghost">
        {t('haveAccount')}
      </ButtonLink>
    </form>
  );
}
