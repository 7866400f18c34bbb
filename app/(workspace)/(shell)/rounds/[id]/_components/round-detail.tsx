'use client';
// One round from its data to its decision; while it runs, everything here moves by itself.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { isRoundActive } from '../../../../../../domain/rounds.ts';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { MetricsTable } from '../../../../../_ui/metrics-table.tsx';
import { Card, Page } from '../../../../../_ui/page.tsx';
import { ErrorState, Skeleton, SkeletonList } from '../../../../../_ui/state.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { StatusBadge } from '../../_components/status-badge.tsx';
import { chartedMetrics } from './charted-metrics.ts';
import { Decision } from './decision.tsx';
import { RoundFacts } from './round-facts.tsx';
import { RoundProgress } from './round-progress.tsx';
import { RoundResult } from './round-result.tsx';
import { RoundSamples } from './round-samples.tsx';
import { RoundWarnings } from './round-warnings.tsx';
import { useRoundMetrics } from './use-round-metrics.ts';

// The chart library is heavy: it comes when there is something to draw.
const MetricCharts = dynamic(() => import('./metric-charts.tsx').then((module) => module.MetricCharts), {
  ssr: false,
  loading: () => <Skeleton className="h-56" />,
});

export function RoundDetail({ roundId }: { roundId: string }) {
  const t = useTranslations('round');
  const nav = useTranslations('nav');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.rounds.get.queryOptions({ roundId }));
  const metrics = useRoundMetrics(roundId);
  const cancel = useMutation(
    trpc.rounds.cancel.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.rounds.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  const back = <BackLink href="/rounds">{nav('rounds')}</BackLink>;
  if (error || !data) {
    return (
      <Page title={t('pageTitle')} back={back}>
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <SkeletonList className="h-24" />}
      </Page>
    );
  }
  const { round } = data;
  const isActive = isRoundActive(round.status);
  return (
    <Page
      title={
        <span className="flex flex-wrap items-center gap-3">
          {t('title', { number: round.number })}
          <StatusBadge status={round.status} />
        </span>
      }
      intro={t(`intro.${round.status}`)}
      back={back}
    >
      <div className="flex flex-col gap-6">
        {isActive && (
          <RoundProgress
            status={round.status}
            job={data.job}
            latest={metrics.at(-1) ?? null}
            isStopping={cancel.isPending || data.job?.cancelRequested === true}
            onCancel={() => cancel.mutate({ roundId })}
          />
        )}
        {round.error && <ErrorState error={{ message: round.error }} />}
        {data.evaluation && <RoundResult detail={data} evaluation={data.evaluation} />}
        {(round.status === 'finished' || round.decidedAt) && <Decision detail={data} />}
        {(isActive || metrics.length > 0) && (
          <Card>
            <h2 className="mb-4 font-semibold text-base">{t('curves')}</h2>
            {metrics.length > 0 ? (
              <>
                <MetricCharts metrics={metrics} lossTypes={round.config.loss_type} />
                <MetricsTable
                  metrics={metrics}
                  columns={chartedMetrics.map(({ key, name }) => ({ name, label: t(`metrics.${key}.label`) }))}
                />
              </>
            ) : (
              <p className="py-10 text-center text-muted">{t('noMetrics')}</p>
            )}
          </Card>
        )}
        <RoundWarnings roundId={roundId} />
        {data.evaluation && <RoundSamples roundId={roundId} />}
        <RoundFacts detail={data} />
      </div>
    </Page>
  );
}
