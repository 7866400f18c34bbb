'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { EditMemberDialog } from './edit-member-dialog.tsx';
import type { Member } from './member.ts';

export function MemberList() {
  const t = useTranslations('members');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [editing, setEditing] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const { data, error, refetch } = useQuery(trpc.members.list.queryOptions({ projectId: project.id }));
  const remove = useMutation(
    trpc.members.remove.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.members.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonList rows={3} />;
  if (data.length === 0) {
    return (
      <Empty icon={Users} title={t('emptyTitle')}>
        {t('emptyText')}
      </Empty>
    );
  }
  return (
    <>
      <Table label={t('title')}>
        <thead>
          <tr>
            <HeaderCell>{t('name')}</HeaderCell>
            <HeaderCell>{t('role')}</HeaderCell>
            <HeaderCell className="max-md:hidden">{t('languages')}</HeaderCell>
            <HeaderCell className="max-md:hidden">{t('qualifications')}</HeaderCell>
            <HeaderCell className="max-lg:hidden">{t('onboarding')}</HeaderCell>
            <HeaderCell className="max-lg:hidden">{t('active')}</HeaderCell>
            <HeaderCell>
              <span className="sr-only">{t('actions')}</span>
            </HeaderCell>
          </tr>
        </thead>
        <tbody>
          {data.map((member) => (
            <MemberRow
              key={member.userId}
              member={member}
              onEdit={() => setEditing(member)}
              onRemove={() => setRemoving(member)}
            />
          ))}
        </tbody>
      </Table>
      {editing && <EditMemberDialog member={editing} onClose={() => setEditing(null)} />}
      {removing && (
        <ConfirmDialog
          title={t('removeTitle', { name: removing.name, project: project.name })}
          text={t('removeText')}
          action={t('remove')}
          onClose={() => setRemoving(null)}
          onConfirm={() =>
            remove.mutate(
              { projectId: project.id, userId: removing.userId },
              { onSuccess: () => void toast.success(t('removed', { name: removing.name })) },
            )
          }
        />
      )}
    </>
  );
}

function MemberRow({ member, onEdit, onRemove }: { member: Member; onEdit: () => void; onRemove: () => void }) {
  const t = useTranslations('members');
  const roles = useTranslations('memberRoles');
  const format = useFormatter();
  const { user } = useWorkspace();
  const { name } = member;
  const day = (date: Date) => format.dateTime(date, { dateStyle: 'medium' });
  return (
    <Row>
      <Cell>
        <span className="font-medium">{name}</span>
        {member.userId === user.id && <span className="text-faint"> {t('you')}</span>}
        <span className="block break-all text-faint text-xs">{member.email}</span>
        {member.isInstallationAdmin && <span className="block text-faint text-xs">{t('installationAdmin')}</span>}
      </Cell>
      <Cell>
        <Badge tone={member.role === 'annotator' ? 'neutral' : 'accent'}>{roles(`${member.role}.name`)}</Badge>
      </Cell>
      <Cell className="text-muted max-md:hidden">{member.languages.join(', ') || t('all')}</Cell>
      <Cell className="text-muted max-md:hidden">{member.qualifications.join(', ') || t('none')}</Cell>
      <Cell className="text-muted max-lg:hidden">
        {member.onboardedAt ? t('onboarded', { date: day(member.onboardedAt) }) : t('notOnboarded')}
      </Cell>
      <Cell className="whitespace-nowrap text-muted max-lg:hidden">
        {member.lastActiveAt
          ? format.dateTime(member.lastActiveAt, { dateStyle: 'medium', timeStyle: 'short' })
          : t('never')}
      </Cell>
      <Cell className="whitespace-nowrap text-end">
        <Button variant="ghost" size="sm" aria-label={t('editOf', { name })} onClick={onEdit}>
          {t('edit')}
        </Button>
        <Button variant="ghost" size="sm" aria-label={t('removeOf', { name })} onClick={onRemove}>
          {t('remove')}
        </Button>
      </Cell>
    </Row>
  );
}
