'use client';
// One supervised run from its examples to its model; while it runs, everything here moves by itself.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { isSftActive } from '../../../../../../../domain/sft.ts';
import { useMetricRows } from '../../../../../../_lib/use-metric-rows.ts';
import { type Outputs, useTRPC, useTRPCClient } from '../../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../../_ui/back-link.tsx';
import { ButtonLink } from '../../../../../../_ui/button-link.tsx';
import { MetricsTable } from '../../../../../../_ui/metrics-table.tsx';
import { Card, Page } from '../../../../../../_ui/page.tsx';
import { ErrorState, Skeleton, SkeletonList } from '../../../../../../_ui/state.tsx';
import { toast } from '../../../../../../_ui/toast.ts';
import { SftBadge } from '../../../_components/sft-badge.tsx';
import { chartedIn } from './charted-metrics.ts';
import { SftFacts } from './sft-facts.tsx';
import { SftProgress } from './sft-progress.tsx';
import { SftResult } from './sft-result.tsx';
import { SftWarnings } from './sft-warnings.tsx';

// The chart library is heavy: it comes when there is something to draw.
const SftCharts = dynamic(() => import('./sft-charts.tsx').then((module) => module.SftCharts), {
  ssr: false,
  loading: () => <Skeleton className="h-56" />,
});

export function SftDetail({ sftRunId }: { sftRunId: string }) {
  const t = useTranslations('sft');
  const nav = useTranslations('nav');
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.sft.get.queryOptions({ sftRunId }));
  const metrics = useMetricRows<Outputs['sft']['metrics'][number]>(
    trpc.sft.metrics.queryKey({ sftRunId }),
    (afterStep) => client.sft.metrics.query({ sftRunId, ...(afterStep === undefined ? {} : { afterStep }) }),
  );
  const cancel = useMutation(
    trpc.sft.cancel.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.sft.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  const back = <BackLink href="/models">{nav('models')}</BackLink>;
  if (error || !data) {
    return (
      <Page title={t('pageTitle')} back={back}>
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <SkeletonList className="h-24" />}
      </Page>
    );
  }
  const { run, job } = data;
  const isActive = isSftActive(run.status);
  const hasNothing = run.status === 'failed' || run.status === 'cancelled';
  return (
    <Page
      title={
        <span className="flex flex-wrap items-center gap-3">
          <span className="break-all">{run.name}</span>
          <SftBadge status={run.status} />
        </span>
      }
      intro={t(`intro.${run.status}`)}
      back={back}
      actions={hasNothing && <ButtonLink href="/models">{t('again')}</ButtonLink>}
    >
      <div className="flex flex-col gap-6">
        {isActive && (
          <SftProgress
            status={run.status}
            job={job}
            latest={metrics.at(-1) ?? null}
            isStopping={cancel.isPending || job?.cancelRequested === true}
            onCancel={() => cancel.mutate({ sftRunId })}
          />
        )}
        {run.error && <ErrorState error={{ message: run.error }} />}
        {run.status === 'done' && <SftResult detail={data} />}
        {(isActive || metrics.length > 0) && (
          <Card>
            <h2 className="mb-4 font-semibold text-base">{t('curves')}</h2>
            {metrics.length > 0 ? (
              <>
                <SftCharts metrics={metrics} />
                <MetricsTable
                  metrics={metrics}
                  columns={chartedIn(metrics).map(({ key, name }) => ({ name, label: t(`metrics.${key}.label`) }))}
                />
              </>
            ) : (
              <p className="py-10 text-center text-muted">{t('noMetrics')}</p>
            )}
          </Card>
        )}
        <SftWarnings sftRunId={sftRunId} />
        <SftFacts detail={data} />
      </div>
    </Page>
  );
}
