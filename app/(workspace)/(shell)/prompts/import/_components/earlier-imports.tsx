'use client';
// What came in before: how far each import is ranked; paused, resumed, or moved forward and back as one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import { prioritySchema } from '../../../../../../domain/imports/options.ts';
import { shapeNames } from '../../../../../../domain/imports/shape-names.ts';
import { useErrorToast } from '../../../../../_lib/use-error-toast.tsx';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Button } from '../../../../../_ui/button.tsx';
import { Input } from '../../../../../_ui/field.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { importAddress } from './running-import.ts';

type Batch = Outputs['imports']['list'][number];

export function EarlierImports() {
  const t = useTranslations('imports.earlier');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data: batches, error, refetch } = useQuery(trpc.imports.list.queryOptions({ projectId: project.id }));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (batches?.length === 0) return null;
  return (
    <div className="mt-8">
      <h2 className="mb-3 font-semibold text-base">{t('title')}</h2>
      {!batches ? (
        <SkeletonList rows={2} />
      ) : (
        <Table label={t('title')}>
          <thead>
            <tr>
              <HeaderCell>{t('name')}</HeaderCell>
              <HeaderCell className="max-sm:hidden">{t('format')}</HeaderCell>
              <HeaderCell className="text-end">{t('prompts')}</HeaderCell>
              <HeaderCell className="text-end">{t('tasks')}</HeaderCell>
              <HeaderCell>{t('priority')}</HeaderCell>
              <HeaderCell>{t('state')}</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {batches.map((batch) => (
              <BatchRow key={batch.id} batch={batch} />
            ))}
          </tbody>
        </Table>
      )}
    </div>
  );
}

function BatchRow({ batch }: { batch: Batch }) {
  const t = useTranslations('imports.earlier');
  const shapes = useTranslations('imports.format.shapes');
  const format = useFormatter();
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toastError = useErrorToast();
  const change = useMutation(
    trpc.imports.change.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.imports.list.pathFilter()),
      onError: toastError,
    }),
  );
  const ask = (changed: { isPaused?: boolean; priority?: number }) =>
    change.mutate({ projectId: project.id, batchId: batch.id, ...changed });
  const shape = shapeNames.find((name) => name === batch.format);
  const date = format.dateTime(batch.createdAt, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Row>
      <Cell className="min-w-40">
        <Link
          href={`${importAddress}?batch=${batch.id}`}
          prefetch={false}
          dir="auto"
          className="break-words font-medium text-accent-text hover:underline"
        >
          {batch.name}
        </Link>
        <p className="text-[13px] text-faint">{batch.createdBy ? t('by', { date, name: batch.createdBy }) : date}</p>
      </Cell>
      <Cell className="text-muted max-sm:hidden">{shape ? shapes(shape) : batch.format}</Cell>
      <Cell className="numeric text-end">{format.number(batch.prompts)}</Cell>
      <Cell className="numeric whitespace-nowrap text-end">
        {t('tasksOf', { ranked: batch.ranked, tasks: batch.tasks })}
      </Cell>
      <Cell className="min-w-24">
        <Input
          key={batch.priority}
          type="number"
          step={1}
          aria-label={t('priorityOf', { name: batch.name })}
          defaultValue={batch.priority}
          onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
          onBlur={({ target }) => {
            const priority = prioritySchema.safeParse(target.valueAsNumber).data;
            if (priority === undefined) target.value = String(batch.priority);
            else if (priority !== batch.priority) ask({ priority });
          }}
        />
      </Cell>
      <Cell>
        <div className="flex items-center gap-2">
          <Button
            size="sm"
            pending={change.isPending}
            aria-label={t(batch.isPaused ? 'resumeOf' : 'pauseOf', { name: batch.name })}
            onClick={() => ask({ isPaused: !batch.isPaused })}
          >
            {batch.isPaused ? <Play aria-hidden className="size-3.5" /> : <Pause aria-hidden className="size-3.5" />}
            {t(batch.isPaused ? 'resume' : 'pause')}
          </Button>
          {batch.isPaused && <Badge tone="warn">{t('paused')}</Badge>}
        </div>
      </Cell>
    </Row>
  );
}
