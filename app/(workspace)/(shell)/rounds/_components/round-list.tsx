'use client';
import { useQuery } from '@tanstack/react-query';
import { Play, RefreshCw } from 'lucide-react';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { ButtonLink } from '../../../../_ui/button-link.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { Interval } from './interval.tsx';
import { Lineage } from './lineage.tsx';
import { StatusBadge } from './status-badge.tsx';

export function RoundList() {
  const t = useTranslations('rounds');
  const format = useFormatter();
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.rounds.list.queryOptions({ projectId: project.id }));
  const start = (
    <ButtonLink href="/rounds/new" variant="primary">
      <Play aria-hidden className="size-4" />
      {t('start')}
    </ButtonLink>
  );
  return (
    <Page title={t('title')} intro={t('intro')} actions={start}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} />
      ) : data.length === 0 ? (
        <Empty icon={RefreshCw} title={t('emptyTitle')} action={start}>
          {t('emptyText')}
        </Empty>
      ) : (
        <div className="flex flex-col gap-6">
          <Lineage rounds={data} />
          <Table label={t('title')}>
            <thead>
              <tr>
                <HeaderCell>{t('round')}</HeaderCell>
                <HeaderCell>{t('state')}</HeaderCell>
                <HeaderCell className="text-end max-sm:hidden">{t('pairs')}</HeaderCell>
                <HeaderCell className="text-end max-sm:hidden">{t('beta')}</HeaderCell>
                <HeaderCell className="text-end">{t('winRate')}</HeaderCell>
                <HeaderCell>{t('interval')}</HeaderCell>
                <HeaderCell className="max-sm:hidden">{t('started')}</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {data.map((round) => (
                <Row key={round.id} className="relative hover:bg-sunken">
                  <Cell className="whitespace-nowrap font-medium">
                    <Link href={`/rounds/${round.id}`} className="after:absolute after:inset-0">
                      {t('number', { number: round.number })}
                    </Link>
                  </Cell>
                  <Cell>
                    <StatusBadge status={round.status} />
                  </Cell>
                  <Cell className="numeric text-end max-sm:hidden">
                    {round.pairCount === null ? null : format.number(round.pairCount)}
                  </Cell>
                  <Cell className="numeric text-end max-sm:hidden">
                    {format.number(round.beta, { maximumSignificantDigits: 6 })}
                  </Cell>
                  <Cell className="numeric text-end font-medium">
                    {round.winRate === null
                      ? '–'
                      : format.number(round.winRate, { style: 'percent', maximumFractionDigits: 1 })}
                  </Cell>
                  <Cell>
                    {round.winRate !== null && round.lower !== null && round.upper !== null && (
                      <Interval compact winRate={round.winRate} lower={round.lower} upper={round.upper} />
                    )}
                  </Cell>
                  <Cell className="whitespace-nowrap text-muted max-sm:hidden">
                    {format.dateTime(round.createdAt, { dateStyle: 'medium', timeStyle: 'short' })}
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </Page>
  );
}
