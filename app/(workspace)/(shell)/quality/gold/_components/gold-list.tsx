'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Medal } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Button } from '../../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../../_ui/button-link.tsx';
import { ConfirmDialog } from '../../../../../_ui/confirm-dialog.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { lastMessage } from '../../../prompts/_components/last-message.ts';
import { useFigureWords } from '../../_components/figure-value.tsx';

type Gold = Outputs['gold']['list'][number];

/** Every gold task; one that most people contradict stands first, and says that it is probably wrong itself. */
export function GoldList() {
  const t = useTranslations('gold');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [unmarking, setUnmarking] = useState<Gold | null>(null);
  const { data, error, refetch } = useQuery(trpc.gold.list.queryOptions({ projectId: project.id }));
  const unmark = useMutation(
    trpc.gold.unmark.mutationOptions({
      onSettled: () => void queryClient.invalidateQueries(trpc.gold.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  return (
    <div>
      <h2 className="mb-3 font-semibold text-base">{t('tasks')}</h2>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} />
      ) : data.length === 0 ? (
        <Empty icon={Medal} title={t('emptyTitle')} action={<ButtonLink href="/review">{t('toReview')}</ButtonLink>}>
          {t('emptyText')}
        </Empty>
      ) : (
        <Table label={t('tasks')}>
          <thead>
            <tr>
              <HeaderCell>{t('prompt')}</HeaderCell>
              <HeaderCell>{t('use.label')}</HeaderCell>
              <HeaderCell className="text-end">{t('answers')}</HeaderCell>
              <HeaderCell className="text-end">{t('accuracy')}</HeaderCell>
              <HeaderCell className="text-end">{t('allRight')}</HeaderCell>
              <HeaderCell>
                <span className="sr-only">{t('actions')}</span>
              </HeaderCell>
            </tr>
          </thead>
          <tbody>
            {data.map((gold) => (
              <GoldRow key={gold.taskId} gold={gold} onUnmark={() => setUnmarking(gold)} />
            ))}
          </tbody>
        </Table>
      )}
      {unmarking && (
        <ConfirmDialog
          title={t('unmarkTitle')}
          text={t('unmarkText')}
          action={t('unmark')}
          onClose={() => setUnmarking(null)}
          onConfirm={() => unmark.mutate({ projectId: project.id, taskId: unmarking.taskId })}
        />
      )}
    </div>
  );
}

function GoldRow({ gold, onUnmark }: { gold: Gold; onUnmark: () => void }) {
  const t = useTranslations('gold');
  const { percent, number } = useFigureWords();
  const { taskId, prompt, use, answers, accuracy, allRight, contradicted, isSuspect } = gold;
  return (
    <Row>
      <Cell className="max-w-[28rem]">
        <Link
          href={`/review/${taskId}`}
          prefetch={false}
          dir="auto"
          className="line-clamp-2 rounded-control font-medium underline-offset-4 [overflow-wrap:anywhere] hover:underline"
        >
          {lastMessage(prompt)}
        </Link>
        {isSuspect && (
          <p className="mt-1 flex flex-wrap items-baseline gap-2 text-[13px] text-muted">
            <Badge tone="warn">{t('suspect')}</Badge>
            {t('suspectText', { contradicted, answers })}
          </p>
        )}
      </Cell>
      <Cell>
        <Badge>{t(`use.${use}`)}</Badge>
      </Cell>
      <Cell className="numeric text-end">{number(answers)}</Cell>
      <Cell className="numeric text-end">{accuracy === null ? '–' : percent(accuracy)}</Cell>
      <Cell className="numeric text-end">{number(allRight)}</Cell>
      <Cell className="whitespace-nowrap text-end">
        <ButtonLink variant="ghost" size="sm" href={`/review/${taskId}`} prefetch={false}>
          {t('change')}
        </ButtonLink>
        <Button variant="ghost" size="sm" onClick={onUnmark}>
          {t('unmark')}
        </Button>
      </Cell>
    </Row>
  );
}
