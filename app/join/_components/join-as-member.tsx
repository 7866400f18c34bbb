'use client';
import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { signOut } from '../../_lib/auth.ts';
import { chooseProject } from '../../_lib/choose-project.ts';
import { useTRPC } from '../../_trpc/context.ts';
import { Button } from '../../_ui/button.tsx';
import { ErrorState } from '../../_ui/state.tsx';
import { forgetInvitationToken } from './use-invitation-token.ts';

interface JoinAsMemberProps {
  token: string;
  invitation: { project: string; isMember: boolean };
  user: { name: string; email: string };
}

/** One click for whoever is signed in. */
export function JoinAsMember({ token, invitation, user }: JoinAsMemberProps) {
  const t = useTranslations('join');
  const trpc = useTRPC();
  const join = useMutation(
    trpc.invitations.join.mutationOptions({
      onSuccess: async ({ projectId }) => {
        forgetInvitationToken();
        await chooseProject(projectId);
        window.location.assign('/');
      },
    }),
  );
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t('as', user)}</p>
      {join.error && <ErrorState error={join.error} />}
      <Button
        variant="primary"
        size="lg"
        autoFocus
        pending={join.isPending || join.isSuccess}
        onClick={() => join.mutate({ token })}
      >
        {t(invitation.isMember ? 'open' : 'join', { project: invitation.project })}
      </Button>
      <Button variant="ghost" onClick={() => void signOut().then(() => window.location.reload())}>
        {t('other')}
      </Button>
    </div>
  );
}
