'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Button } from '../../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../../_ui/confirm-dialog.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { toast } from '../../../../../_ui/toast.ts';
import { useFigureWords } from '../../_components/figure-value.tsx';

type Member = Outputs['quality']['onboarding'][number];

const tones = { unfinished: 'neutral', passed: 'success', failed: 'warn' } as const;

/** How each member did on the onboarding tasks; they can be let in by hand, asked again, or let try again. */
export function OnboardingList() {
  const t = useTranslations('gold.onboarding');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [retrying, setRetrying] = useState<Member | null>(null);
  const { data, error, refetch } = useQuery(trpc.quality.onboarding.queryOptions({ projectId: project.id }));
  const settled = {
    onSuccess: () => void toast.success(t('done')),
    onSettled: () => void queryClient.invalidateQueries(trpc.quality.pathFilter()),
    onError: (problem: { message: string }) => void toast.error(problem.message),
  };
  const setOnboarded = useMutation(trpc.quality.setOnboarded.mutationOptions(settled));
  const retry = useMutation(trpc.quality.retryOnboarding.mutationOptions(settled));
  const hasTasks = data?.some(({ result }) => result.of > 0);
  return (
    <div>
      <h2 className="font-semibold text-base">{t('title')}</h2>
      <p className="mt-1 mb-3 text-muted">{data && !hasTasks ? t('none') : t('text')}</p>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={3} />
      ) : (
        data.length > 0 && (
          <Table label={t('title')}>
            <thead>
              <tr>
                <HeaderCell>{t('person')}</HeaderCell>
                <HeaderCell>{t('result')}</HeaderCell>
                <HeaderCell>{t('status')}</HeaderCell>
                <HeaderCell>
                  <span className="sr-only">{t('actions')}</span>
                </HeaderCell>
              </tr>
            </thead>
            <tbody>
              {data.map((member) => (
                <MemberRow
                  key={member.userId}
                  member={member}
                  isBusy={setOnboarded.isPending || retry.isPending}
                  onSet={(isOnboarded) =>
                    setOnboarded.mutate({ projectId: project.id, userId: member.userId, isOnboarded })
                  }
                  onRetry={() => setRetrying(member)}
                />
              ))}
            </tbody>
          </Table>
        )
      )}
      {retrying && (
        <ConfirmDialog
          title={t('retryTitle', { name: retrying.name })}
          text={t('retryText')}
          action={t('retry')}
          onClose={() => setRetrying(null)}
          onConfirm={() => retry.mutate({ projectId: project.id, userId: retrying.userId })}
        />
      )}
    </div>
  );
}

interface MemberRowProps {
  member: Member;
  isBusy: boolean;
  onSet: (isOnboarded: boolean) => void;
  onRetry: () => void;
}

function MemberRow({ member, isBusy, onSet, onRetry }: MemberRowProps) {
  const t = useTranslations('gold.onboarding');
  const { percent } = useFigureWords();
  const { state, done, of, accuracy } = member.result;
  const isIn = member.onboardedAt !== null;
  return (
    <Row>
      <Cell className="font-medium">{member.name}</Cell>
      <Cell>
        {of > 0 && <Badge tone={tones[state]}>{t(`state.${state}`, { done, of })}</Badge>}
        {accuracy !== null && (
          <span className="numeric ms-2 text-[13px] text-faint">{t('accuracy', { accuracy: percent(accuracy) })}</span>
        )}
      </Cell>
      <Cell>
        <Badge tone={isIn ? 'success' : 'neutral'}>{t(isIn ? 'isIn' : member.isAsked ? 'isNotIn' : 'notAsked')}</Badge>
      </Cell>
      <Cell className="whitespace-nowrap text-end">
        {(isIn || member.isAsked) && (
          <Button variant="ghost" size="sm" disabled={isBusy} onClick={() => onSet(!isIn)}>
            {t(isIn ? 'ask' : 'letIn')}
          </Button>
        )}
        {done > 0 && (
          <Button variant="ghost" size="sm" disabled={isBusy} onClick={onRetry}>
            {t('retry')}
          </Button>
        )}
      </Cell>
    </Row>
  );
}
