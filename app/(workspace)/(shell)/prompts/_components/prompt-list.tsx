'use client';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { MessagesSquare, Sparkles } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import { useDeferredValue, useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { Input, Select } from '../../../../_ui/field.tsx';
import { LoadMore } from '../../../../_ui/load-more.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { lastMessage } from './last-message.ts';
import { TaskBadge } from './task-badge.tsx';

const SamplingDialog = dynamic(() => import('./sampling-dialog.tsx').then((module) => module.SamplingDialog));

type Split = 'train' | 'heldout';

export function PromptList({ startsSampling }: { startsSampling: boolean }) {
  const t = useTranslations('prompts');
  const format = useFormatter();
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const [isSampling, setSampling] = useState(startsSampling);
  const [split, setSplit] = useState<Split | ''>('');
  const [search, setSearch] = useState('');
  const settledSearch = useDeferredValue(search.trim());
  const query = useInfiniteQuery(
    trpc.prompts.list.infiniteQueryOptions(
      { projectId: project.id, split: split || undefined, search: settledSearch || undefined, limit: 50 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, placeholderData: keepPreviousData },
    ),
  );
  const prompts = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        <Button variant="primary" onClick={() => setSampling(true)}>
          <Sparkles aria-hidden className="size-4" />
          {t('sample')}
        </Button>
      }
    >
      <search className="mb-4 flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="max-w-xs"
        />
        <Select
          aria-label={t('split')}
          value={split}
          onChange={(event) => setSplit(event.target.value as Split | '')}
          className="max-w-44"
        >
          <option value="">{t('splits.all')}</option>
          <option value="train">{t('splits.train')}</option>
          <option value="heldout">{t('splits.heldout')}</option>
        </Select>
      </search>
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !prompts ? (
        <SkeletonList />
      ) : prompts.length === 0 ? (
        <Empty icon={MessagesSquare} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <Table label={t('title')}>
            <thead>
              <tr>
                <HeaderCell>{t('prompt')}</HeaderCell>
                <HeaderCell className="max-sm:hidden">{t('split')}</HeaderCell>
                <HeaderCell className="text-end max-sm:hidden">{t('responses')}</HeaderCell>
                <HeaderCell>{t('state')}</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {prompts.map((prompt) => (
                <Row key={prompt.id} className="relative hover:bg-sunken">
                  <Cell className="max-w-0 w-full">
                    <Link
                      href={`/prompts/${prompt.id}`}
                      prefetch={false}
                      dir="auto"
                      className="block truncate font-medium after:absolute after:inset-0"
                    >
                      {lastMessage(prompt.messages)}
                    </Link>
                  </Cell>
                  <Cell className="max-sm:hidden">
                    <Badge>{t(`splits.${prompt.split}`)}</Badge>
                  </Cell>
                  <Cell className="numeric text-end text-muted max-sm:hidden">
                    {format.number(prompt.responseCount)}
                  </Cell>
                  <Cell>
                    <TaskBadge status={prompt.taskStatus} />
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
          <LoadMore query={query} />
        </>
      )}
      {isSampling && <SamplingDialog onClose={() => setSampling(false)} />}
    </Page>
  );
}
