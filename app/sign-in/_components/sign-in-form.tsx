'use client';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type SignInOutcome, signIn } from '../../_lib/auth.ts';
import { Button } from '../../_ui/button.tsx';
import { Field, Input } from '../../_ui/field.tsx';

export function SignInForm({ next }: { next: string }) {
  const t = useTranslations('signIn');
  const [outcome, setOutcome] = useState<SignInOutcome | null>(null);
  const [pending, setPending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setPending(true);
    const result = await signIn(String(form.get('email')), String(form.get('password')));
    setOutcome(result);
    // A full load, so that the workspace is rendered for the new session.
    if (result === 'ok') window.location.assign(next);
    else setPending(false);
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t('email')}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required autoFocus />}
      </Field>
      <Field label={t('password')}>
        {(control) => <Input {...control} name="password" type="password" autoComplete="current-password" required />}
      </Field>
      {outcome && outcome !== 'ok' && (
        <p role="alert" className="rounded-control bg-danger-soft p-3 text-danger">
          {t(`outcome.${outcome}`)}
        </p>
      )}
      <Button type="submit" variant="primary" size="lg" pending={pending}>
        {t('submit')}
      </Button>
    </form>
  );
}
