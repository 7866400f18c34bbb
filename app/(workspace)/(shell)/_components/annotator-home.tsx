'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { useLabelProgress } from '../../../_lib/use-label-progress.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { ButtonLink } from '../../../_ui/button-link.tsx';
import { Card, Figure, Page } from '../../../_ui/page.tsx';
import { ErrorState, Skeleton } from '../../../_ui/state.tsx';

/** What an annotator comes for: how much there is to rank, and the way to it. */
export function AnnotatorHome() {
  const t = useTranslations('home');
  const quality = useTranslations('quality');
  const format = useFormatter();
  const { user, project } = useWorkspace();
  const { data, error, refetch } = useLabelProgress();
  return (
    <Page narrow title={t('hello', { name: user.name })} intro={t('annotatorIntro', { project: project.name })}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Card>
          {data ? (
            <dl className="mb-5 grid grid-cols-3 gap-4">
              <Figure label={t('today')}>{format.number(data.mineToday)}</Figure>
              <Figure label={t('mine')}>{format.number(data.mine)}</Figure>
              <Figure label={t('left')}>{format.number(data.open)}</Figure>
            </dl>
          ) : (
            <Skeleton className="mb-5 h-12" />
          )}
          <ButtonLink href="/label" variant="primary" size="lg">
            {t('startRanking')}
          </ButtonLink>
          <ButtonLink href="/quality" variant="ghost" size="lg" className="ms-2">
            {quality('ownTitle')}
          </ButtonLink>
        </Card>
      )}
    </Page>
  );
}
