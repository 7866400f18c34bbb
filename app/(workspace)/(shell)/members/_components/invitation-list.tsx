'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Badge, type Tone } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { toast } from '../../../../_ui/toast.ts';

const tones = { open: 'success', expired: 'neutral', used: 'neutral', revoked: 'danger' } as const satisfies Record<
  string,
  Tone
>;

/** The links that were made, and how each stands. */
export function InvitationList() {
  const t = useTranslations('invitations');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.invitations.list.queryOptions({ projectId: project.id }));
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h2 className="font-semibold text-base">{t('title')}</h2>
        <p className="text-muted">{t('text')}</p>
      </div>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={2} />
      ) : data.length === 0 ? (
        <p className="text-faint">{t('empty')}</p>
      ) : (
        <InvitationTable invitations={data} />
      )}
    </div>
  );
}

type Invitation = {
  id: string;
  role: 'annotator' | 'reviewer' | 'admin';
  languages: string[];
  qualifications: string[];
  uses: number;
  maxUses: number;
  expiresAt: Date;
  createdAt: Date;
  createdBy: string | null;
  state: keyof typeof tones;
};

function InvitationTable({ invitations }: { invitations: Invitation[] }) {
  const t = useTranslations('invitations');
  const members = useTranslations('members');
  const roles = useTranslations('memberRoles');
  const format = useFormatter();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [revoking, setRevoking] = useState<string | null>(null);
  const revoke = useMutation(
    trpc.invitations.revoke.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.invitations.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  const day = (date: Date) => format.dateTime(date, { dateStyle: 'medium' });
  return (
    <>
      <Table label={t('title')}>
        <thead>
          <tr>
            <HeaderCell>{t('for')}</HeaderCell>
            <HeaderCell>{t('state')}</HeaderCell>
            <HeaderCell>{t('uses')}</HeaderCell>
            <HeaderCell className="max-sm:hidden">{t('expires')}</HeaderCell>
            <HeaderCell className="max-md:hidden">{t('made')}</HeaderCell>
            <HeaderCell>
              <span className="sr-only">{members('actions')}</span>
            </HeaderCell>
          </tr>
        </thead>
        <tbody>
          {invitations.map((one) => (
            <Row key={one.id}>
              <Cell>
                <span className="font-medium">{roles(`${one.role}.name`)}</span>
                {(one.languages.length > 0 || one.qualifications.length > 0) && (
                  <span className="block text-faint text-xs">
                    {[...one.languages, ...one.qualifications].join(', ')}
                  </span>
                )}
              </Cell>
              <Cell>
                <Badge tone={tones[one.state]}>{t(`states.${one.state}`)}</Badge>
              </Cell>
              <Cell className="numeric whitespace-nowrap text-muted">
                {t('usesOf', { uses: one.uses, maxUses: one.maxUses })}
              </Cell>
              <Cell className="whitespace-nowrap text-muted max-sm:hidden">{day(one.expiresAt)}</Cell>
              <Cell className="text-muted max-md:hidden">
                {one.createdBy ? t('madeBy', { date: day(one.createdAt), name: one.createdBy }) : day(one.createdAt)}
              </Cell>
              <Cell className="text-end">
                {one.state === 'open' && (
                  <Button
                    variant="ghost"
                    size="sm"
                    aria-label={t('revokeOf', { role: roles(`${one.role}.name`), date: day(one.createdAt) })}
                    onClick={() => setRevoking(one.id)}
                  >
                    {t('revoke')}
                  </Button>
                )}
              </Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      {revoking && (
        <ConfirmDialog
          title={t('revokeTitle')}
          text={t('revokeText')}
          action={t('revoke')}
          onClose={() => setRevoking(null)}
          onConfirm={() => revoke.mutate({ invitationId: revoking })}
        />
      )}
    </>
  );
}
