'use client';
// An import while it runs, and what came of it.
import { useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../../_ui/button-link.tsx';
import { JobProgress } from '../../../../../_ui/job-progress.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { ImportFigures } from './import-figures.tsx';
import type { RunningImport } from './running-import.ts';
import { SkipReport } from './skip-report.tsx';

/** Notices say when a job has moved on; this is for a page that missed one. */
const lookEveryMs = 3_000;

interface ImportRunProps {
  run: RunningImport;
  onAgain: () => void;
}

export function ImportRun({ run, onAgain }: ImportRunProps) {
  const { jobRunId } = run;
  if (jobRunId === null) return <ImportResult run={run} onAgain={onAgain} />;
  return <ImportJob run={run} jobRunId={jobRunId} onAgain={onAgain} />;
}

function ImportJob({ run, jobRunId, onAgain }: ImportRunProps & { jobRunId: string }) {
  const t = useTranslations('imports.run');
  const trpc = useTRPC();
  const job = useQuery(
    trpc.jobs.get.queryOptions(
      { jobRunId },
      { refetchInterval: ({ state }) => (isOver(state.data?.status) ? false : lookEveryMs) },
    ),
  );
  const again = (
    <Button onClick={onAgain} variant="primary">
      {t('again')}
    </Button>
  );
  if (job.error) return <ErrorState error={job.error} onRetry={() => void job.refetch()} />;
  if (!job.data) return <SkeletonList rows={2} />;
  if (job.data.status === 'done') return <ImportResult run={run} onAgain={onAgain} />;
  if (!isOver(job.data.status)) return <JobProgress job={job.data} />;
  return (
    <div className="flex max-w-3xl flex-col items-start gap-4">
      {job.data.status === 'failed' ? (
        <ErrorState error={{ message: job.data.error ?? t('failed') }} />
      ) : (
        <p role="status" className="text-muted">
          {t('cancelled')}
        </p>
      )}
      {again}
    </div>
  );
}

const isOver = (status: string | undefined) => status === 'done' || status === 'failed' || status === 'cancelled';

function ImportResult({ run, onAgain }: ImportRunProps) {
  const t = useTranslations('imports.run');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const batch = useQuery(trpc.imports.get.queryOptions({ projectId: project.id, batchId: run.batchId }));
  if (batch.error) return <ErrorState error={batch.error} onRetry={() => void batch.refetch()} />;
  if (!batch.data) return <SkeletonList rows={2} />;
  const { name, report } = batch.data;
  return (
    <div className="flex max-w-4xl flex-col gap-5">
      <p role="status" className="flex items-center gap-2 font-semibold text-base text-success">
        <CircleCheck aria-hidden className="size-5 shrink-0" />
        <span className="min-w-0 break-words">{t('done', { name })}</span>
      </p>
      <ImportFigures report={report} />
      <div className="flex flex-wrap gap-2">
        <ButtonLink href={`/prompts?batch=${run.batchId}`} variant="primary">
          {t('toPrompts')}
        </ButtonLink>
        {report.tasks > report.rankings && <ButtonLink href="/label">{t('toLabel')}</ButtonLink>}
        <Button onClick={onAgain}>{t('again')}</Button>
      </div>
      <SkipReport report={report} name={name} />
    </div>
  );
}
