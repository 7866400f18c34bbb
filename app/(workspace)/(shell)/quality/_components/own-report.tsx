'use client';
// What annotators see of themselves: their time and counts, the onboarding test, and the rest where the project shows it.
import { useQuery } from '@tanstack/react-query';
import { Gauge } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Badge } from '../../../../_ui/badge.tsx';
import { Card, Page } from '../../../../_ui/page.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { AlarmList } from './alarms.tsx';
import { CourseCharts } from './course-charts.tsx';
import { useFigureWords } from './figure-value.tsx';
import { ReportFigures } from './report-figures.tsx';
import { useSpan } from './use-span.tsx';

export function OwnReport() {
  const t = useTranslations('quality');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { since, field } = useSpan();
  const { data, error, refetch } = useQuery(trpc.quality.mine.queryOptions({ projectId: project.id, since }));
  return (
    <Page title={t('ownTitle')} intro={t('ownIntro')} actions={field}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} className="h-24" />
      ) : data.rankings === 0 && data.skips.n === 0 ? (
        <Empty icon={Gauge} title={t('emptyTitle')}>
          {t('emptyText')}
        </Empty>
      ) : (
        <div className="flex flex-col gap-6">
          <Onboarding result={data.onboarding} />
          {data.rest && <AlarmList alarms={data.rest.alarms} />}
          <ReportFigures counts={data} rest={data.rest} />
          <CourseCharts days={data.days} times={data.times} />
          {!data.rest && <p className="text-[13px] text-faint">{t('own.closed')}</p>}
        </div>
      )}
    </Page>
  );
}

const tones = { unfinished: 'neutral', passed: 'success', failed: 'warn' } as const;

function Onboarding({ result }: { result: Outputs['quality']['mine']['onboarding'] }) {
  const t = useTranslations('quality.own');
  const { percent } = useFigureWords();
  if (result.of === 0) return null;
  const { state, done, of, accuracy } = result;
  return (
    <Card className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <h2 className="font-semibold text-base">{t('onboarding')}</h2>
      <Badge tone={tones[state]}>{t(`onboardingState.${state}`, { done, of })}</Badge>
      {accuracy !== null && (
        <span className="text-muted">{t('onboardingAccuracy', { accuracy: percent(accuracy) })}</span>
      )}
    </Card>
  );
}
