'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { Select } from '../../../../_ui/field.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { PersonDialog } from './person-dialog.tsx';

/** Accounts: only admins make them, and there is always one admin left. */
export function PeopleList() {
  const t = useTranslations('people');
  const format = useFormatter();
  const { user } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null);
  const { data, error, refetch } = useQuery(trpc.people.list.queryOptions());
  const settled = {
    onSettled: () => void queryClient.invalidateQueries(trpc.people.pathFilter()),
    onError: (problem: { message: string }) => void toast.error(problem.message),
  };
  const setRole = useMutation(trpc.people.setRole.mutationOptions(settled));
  const remove = useMutation(trpc.people.remove.mutationOptions(settled));
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <Button variant="primary" onClick={() => setAdding(true)}>
          <UserPlus aria-hidden className="size-4" />
          {t('add')}
        </Button>
      }
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} />
      ) : (
        <Table label={t('title')}>
          <thead>
            <tr>
              <HeaderCell>{t('name')}</HeaderCell>
              <HeaderCell className="max-sm:hidden">{t('email')}</HeaderCell>
              <HeaderCell>{t('role')}</HeaderCell>
              <HeaderCell className="max-sm:hidden">{t('since')}</HeaderCell>
              <HeaderCell>
                <span className="sr-only">{t('actions')}</span>
              </HeaderCell>
            </tr>
          </thead>
          <tbody>
            {data.map((person) => (
              <Row key={person.id}>
                <Cell className="font-medium sm:whitespace-nowrap">
                  {person.name}
                  {person.id === user.id && <span className="font-normal text-faint"> {t('you')}</span>}
                  <span className="block font-normal text-faint text-xs sm:hidden">{person.email}</span>
                </Cell>
                <Cell className="text-muted max-sm:hidden">{person.email}</Cell>
                <Cell>
                  <Select
                    aria-label={t('roleOf', { name: person.name })}
                    value={person.role}
                    className="h-8 min-w-32 ps-2 pe-2"
                    disabled={setRole.isPending}
                    onChange={(event) =>
                      setRole.mutate({
                        userId: person.id,
                        role: event.target.value === 'admin' ? 'admin' : 'annotator',
                      })
                    }
                  >
                    <option value="annotator">{t('roles.annotator')}</option>
                    <option value="admin">{t('roles.admin')}</option>
                  </Select>
                </Cell>
                <Cell className="whitespace-nowrap text-muted max-sm:hidden">
                  {format.dateTime(person.createdAt, { dateStyle: 'medium' })}
                </Cell>
                <Cell className="text-end">
                  {person.id !== user.id && (
                    <Button
                      variant="ghost"
                      size="sm"
                      aria-label={t('removeOf', { name: person.name })}
                      onClick={() => setRemoving(person)}
                    >
                      {t('remove')}
                    </Button>
                  )}
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      {isAdding && <PersonDialog onClose={() => setAdding(false)} />}
      {removing && (
        <ConfirmDialog
          title={t('removeTitle', { name: removing.name })}
          text={t('removeText')}
          action={t('remove')}
          onClose={() => setRemoving(null)}
          onConfirm={() => remove.mutate({ userId: removing.id })}
        />
      )}
    </Page>
  );
}
