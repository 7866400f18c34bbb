'use client';
// What is being worked on right now, wherever the person is in the app.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { useTRPC } from '../../../_trpc/context.ts';
import { Progress } from '../../../_ui/progress.tsx';

export function ActiveJobs() {
  const t = useTranslations('jobs');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data } = useQuery(
    trpc.jobs.active.queryOptions({ projectId: project.id }, { enabled: project.role === 'admin' }),
  );
  if (!data || data.length === 0) return null;
  return (
    <ul aria-label={t('active')} className="flex flex-col gap-2">
      {data.map((job) => (
        <li key={job.id} className="rounded-control bg-sunken px-2.5 py-2">
          <p className="mb-1.5 flex justify-between gap-2 text-xs">
            <span className="font-medium">{t(`names.${job.name}`)}</span>
            <span className="numeric text-faint">
              {job.status === 'queued' ? t('queued') : t('count', { done: job.done, total: job.total })}
            </span>
          </p>
          <Progress thin label={t(`names.${job.name}`)} value={job.done} max={Math.max(1, job.total)} />
        </li>
      ))}
    </ul>
  );
}
