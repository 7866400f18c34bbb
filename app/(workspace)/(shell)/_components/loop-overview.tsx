'use client';
// The loop as steps, with the one to do next held out: a newcomer who does what stands here goes once round.
import { useQuery } from '@tanstack/react-query';
import { useFormatter, useTranslations } from 'next-intl';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { useTRPC } from '../../../_trpc/context.ts';
import { Card, Figure, Page } from '../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../_ui/state.tsx';
import { LoopStep } from './loop-step.tsx';
import { type LoopPlace, loopSteps, stepStates } from './loop-steps.ts';

export function LoopOverview() {
  const t = useTranslations('home');
  const format = useFormatter();
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.projects.get.queryOptions({ projectId: project.id }));
  const { data: jobs } = useQuery(trpc.jobs.active.queryOptions({ projectId: project.id }));
  if (error) {
    return (
      <Page title={project.name}>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  const place: LoopPlace | null = data ? { ...data, jobs: jobs ?? [] } : null;
  const states = place && stepStates(place);
  return (
    <Page title={project.name} intro={t('intro')}>
      <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_18rem]">
        {place && states ? (
          <ol className="flex flex-col">
            {loopSteps.map((step, index) => (
              <LoopStep key={step} step={step} number={index + 1} state={states[step]} place={place} />
            ))}
          </ol>
        ) : (
          <SkeletonList className="h-16" />
        )}
        {place && (
          <Card className="h-fit">
            <h2 className="mb-4 font-semibold">{t('figures')}</h2>
            <dl className="grid grid-cols-2 gap-4 xl:grid-cols-1">
              <Figure label={t('currentPolicy')}>{place.policies.current?.name ?? t('noPolicy')}</Figure>
              <Figure label={t('prompts')} note={t('heldOut', { count: place.counts.prompts.heldout })}>
                {format.number(place.counts.prompts.train)}
              </Figure>
              <Figure label={t('responses')}>{format.number(place.counts.responses)}</Figure>
              <Figure label={t('rankings')} note={t('rankingsBy', place.counts.rankings)}>
                {format.number(
                  place.counts.rankings.people + place.counts.rankings.judges + place.counts.rankings.imports,
                )}
              </Figure>
            </dl>
          </Card>
        )}
      </div>
    </Page>
  );
}
