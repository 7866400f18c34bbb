'use client';
import { Scale } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { reviewReasons } from '../../../../../domain/reviews.ts';
import { ButtonLink } from '../../../../_ui/button-link.tsx';
import { Select } from '../../../../_ui/field.tsx';
import { LoadMore } from '../../../../_ui/load-more.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../_ui/table.tsx';
import { lastMessage } from '../../prompts/_components/last-message.ts';
import { useFigureWords } from '../../quality/_components/figure-value.tsx';
import { ReasonBadges } from './reason-badges.tsx';
import { type QueueFilter, toSearch, useQueue, useQueueFilter } from './use-queue.ts';

/** The queue, worst first. */
export function ReviewList() {
  const t = useTranslations('review');
  const { percent, number } = useFigureWords();
  const router = useRouter();
  const filter = useQueueFilter();
  const { query, items } = useQueue(filter);
  const first = items?.[0];
  const choose = (next: QueueFilter) => router.replace(`/review${toSearch(next)}`);
  return (
    <Page
      title={t('title')}
      intro={t('intro')}
      actions={
        first && (
          <ButtonLink variant="primary" href={`/review/${first.taskId}${toSearch(filter)}`}>
            {t('open')}
          </ButtonLink>
        )
      }
    >
      <div className="mb-4 flex flex-wrap gap-2">
        <Select
          aria-label={t('reason.label')}
          value={filter.reason ?? 'all'}
          onChange={({ target }) =>
            choose({ ...filter, reason: reviewReasons.find((reason) => reason === target.value) ?? null })
          }
          className="max-w-52"
        >
          <option value="all">{t('reason.all')}</option>
          {reviewReasons.map((reason) => (
            <option key={reason} value={reason}>
              {t(`reason.${reason}`)}
            </option>
          ))}
        </Select>
        <Select
          aria-label={t('state.label')}
          value={filter.isDone ? 'done' : 'waiting'}
          onChange={({ target }) => choose({ ...filter, isDone: target.value === 'done' })}
          className="max-w-40"
        >
          <option value="waiting">{t('state.waiting')}</option>
          <option value="done">{t('state.done')}</option>
        </Select>
      </div>
      {query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !items ? (
        <SkeletonList rows={6} />
      ) : items.length === 0 ? (
        <Empty icon={Scale} title={t(filter.isDone ? 'emptyDoneTitle' : 'emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <>
          <Table label={t('title')}>
            <thead>
              <tr>
                <HeaderCell>{t('prompt')}</HeaderCell>
                <HeaderCell>{t('reasons')}</HeaderCell>
                <HeaderCell className="text-end">{t('agreement')}</HeaderCell>
                <HeaderCell className="text-end">{t('people')}</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {items.map(({ taskId, prompt, reasons, agreement, people }) => (
                <Row key={taskId}>
                  <Cell className="max-w-[28rem] font-medium">
                    <Link
                      href={`/review/${taskId}${toSearch(filter)}`}
                      prefetch={false}
                      dir="auto"
                      className="line-clamp-2 rounded-control underline-offset-4 [overflow-wrap:anywhere] hover:underline"
                    >
                      {lastMessage(prompt)}
                    </Link>
                  </Cell>
                  <Cell>
                    <ReasonBadges reasons={reasons} />
                  </Cell>
                  <Cell className="numeric text-end">{agreement === null ? '–' : percent(agreement)}</Cell>
                  <Cell className="numeric text-end">{number(people)}</Cell>
                </Row>
              ))}
            </tbody>
          </Table>
          <LoadMore query={query} />
        </>
      )}
    </Page>
  );
}
