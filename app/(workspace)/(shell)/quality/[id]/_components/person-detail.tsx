'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Gauge } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Page } from '../../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { AlarmList } from '../../_components/alarms.tsx';
import { CourseCharts } from '../../_components/course-charts.tsx';
import { ReportFigures } from '../../_components/report-figures.tsx';
import { usePersonName } from '../../_components/use-person-name.ts';
import { useSpan } from '../../_components/use-span.tsx';
import { GoldAnswers } from './gold-answers.tsx';
import { Peers } from './peers.tsx';

/** One person's report at length. */
export function PersonDetail({ userId }: { userId: string }) {
  const t = useTranslations('quality');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const nameOf = usePersonName();
  const { since, field } = useSpan();
  const { data, error, refetch } = useQuery(
    trpc.quality.person.queryOptions(
      { projectId: project.id, userId, since },
      { placeholderData: keepPreviousData, staleTime: 60_000 },
    ),
  );
  return (
    <Page
      title={data?.person ? nameOf(data.person) : t('person')}
      back={<BackLink href="/quality">{t('report.back')}</BackLink>}
      actions={field}
    >
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={4} className="h-24" />
      ) : !data.person ? (
        <Empty icon={Gauge} title={t('report.unknown')} />
      ) : (
        <div className="flex flex-col gap-6">
          <AlarmList alarms={data.report.alarms} />
          <ReportFigures counts={data.report} rest={data.report} />
          <CourseCharts days={data.days} times={data.times} />
          <Peers peers={data.peers} />
          <GoldAnswers answers={data.gold} />
        </div>
      )}
    </Page>
  );
}
