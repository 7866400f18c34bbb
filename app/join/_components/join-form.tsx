'use client';
// How somebody comes in by a link: with the account that is signed in, or with a new one. A link that is no good says why.
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect } from 'react';
import { useTRPC } from '../../_trpc/context.ts';
import { ButtonLink } from '../../_ui/button-link.tsx';
import { ErrorState, SkeletonList } from '../../_ui/state.tsx';
import { JoinAsMember } from './join-as-member.tsx';
import { JoinAsNew } from './join-as-new.tsx';
import { useInvitationToken } from './use-invitation-token.ts';

export function JoinForm({ user }: { user: { name: string; email: string } | null }) {
  const t = useTranslations('join');
  const roles = useTranslations('memberRoles');
  const trpc = useTRPC();
  const token = useInvitationToken();
  const { mutate: look, ...looked } = useMutation(trpc.invitations.look.mutationOptions());
  useEffect(() => {
    if (token) look({ token });
  }, [token, look]);

  if (token === null) return <Refused>{t('noToken')}</Refused>;
  if (looked.error && token) return <ErrorState error={looked.error} onRetry={() => look({ token })} />;
  if (!looked.data || !token) return <SkeletonList rows={2} />;
  const invitation = looked.data;
  if (invitation.state !== 'open') return <Refused>{t(`states.${invitation.state}`)}</Refused>;
  return (
    <div className="flex flex-col gap-5">
      <p className="rounded-control bg-accent-soft p-3 text-accent-text">
        {invitation.isMember
          ? t('member', { project: invitation.project })
          : t('invited', { project: invitation.project, role: roles(`${invitation.role}.name`) })}
      </p>
      {user ? <JoinAsMember token={token} invitation={invitation} user={user} /> : <JoinAsNew token={token} />}
    </div>
  );
}

function Refused({ children }: { children: ReactNode }) {
  const t = useTranslations('join');
  return (
    <div className="flex flex-col items-start gap-4">
      <p role="alert" className="rounded-control bg-warn-soft p-3 text-warn">
        {children}
      </p>
      <ButtonLink href="/sign-in" size="lg">
        {t('toSignIn')}
      </ButtonLink>
    </div>
  );
}
