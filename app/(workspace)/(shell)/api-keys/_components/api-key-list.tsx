'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { ApiKeyDialog } from './api-key-dialog.tsx';
import { CurlExample } from './curl-example.tsx';

/** Keys that open the OpenAI-compatible endpoint to programs, and how to call it. */
export function ApiKeyList() {
  const t = useTranslations('apiKeys');
  const format = useFormatter();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const { data, error, refetch } = useQuery(trpc.apiKeys.list.queryOptions());
  const revoke = useMutation(
    trpc.apiKeys.revoke.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.apiKeys.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  const day = (date: Date) => format.dateTime(date, { dateStyle: 'medium' });
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <Button variant="primary" onClick={() => setAdding(true)}>
          <Plus aria-hidden className="size-4" />
          {t('add')}
        </Button>
      }
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} />
      ) : (
        <div className="flex flex-col gap-6">
          {data.length === 0 ? (
            <Empty icon={KeyRound} title={t('emptyTitle')}>
              {t('emptyText')}
            </Empty>
          ) : (
            <Table label={t('title')}>
              <thead>
                <tr>
                  <HeaderCell>{t('name')}</HeaderCell>
                  <HeaderCell>{t('key')}</HeaderCell>
                  <HeaderCell className="max-sm:hidden">{t('created')}</HeaderCell>
                  <HeaderCell className="max-sm:hidden">{t('lastUsed')}</HeaderCell>
                  <HeaderCell>
                    <span className="sr-only">{t('actions')}</span>
                  </HeaderCell>
                </tr>
              </thead>
              <tbody>
                {data.map((apiKey) => (
                  <Row key={apiKey.id}>
                    <Cell className="font-medium">{apiKey.name}</Cell>
                    <Cell className="whitespace-nowrap font-mono text-[13px] text-muted">{apiKey.prefix}…</Cell>
                    <Cell className="text-muted max-sm:hidden">
                      {apiKey.createdBy
                        ? t('createdBy', { date: day(apiKey.createdAt), name: apiKey.createdBy })
                        : day(apiKey.createdAt)}
                    </Cell>
                    <Cell className="whitespace-nowrap text-muted max-sm:hidden">
                      {apiKey.lastUsedAt ? day(apiKey.lastUsedAt) : t('never')}
                    </Cell>
                    <Cell className="text-end">
                      {apiKey.revokedAt ? (
                        <Badge>{t('revoked')}</Badge>
                      ) : (
                        <Button
                          variant="ghost"
                          size="sm"
                          aria-label={t('revokeOf', { name: apiKey.name })}
                          onClick={() => setRevoking(apiKey)}
                        >
                          {t('revoke')}
                        </Button>
                      )}
                    </Cell>
                  </Row>
                ))}
              </tbody>
            </Table>
          )}
          <section className="flex max-w-3xl flex-col gap-2">
            <h2 className="font-semibold text-base">{t('exampleTitle')}</h2>
            <p className="text-muted">{t('exampleText')}</p>
            <CurlExample apiKey="$RANKLOOP_API_KEY" />
          </section>
        </div>
      )}
      {isAdding && <ApiKeyDialog onClose={() => setAdding(false)} />}
      {revoking && (
        <ConfirmDialog
          title={t('revokeTitle', { name: revoking.name })}
          text={t('revokeText')}
          action={t('revoke')}
          onClose={() => setRevoking(null)}
          onConfirm={() => revoke.mutate({ apiKeyId: revoking.id })}
        />
      )}
    </Page>
  );
}
