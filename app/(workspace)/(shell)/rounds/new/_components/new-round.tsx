'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Page } from '../../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { RoundForm } from './round-form.tsx';

export function NewRound() {
  const t = useTranslations('newRound');
  const nav = useTranslations('nav');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  // Defaults are read once: a refetch must not change a form that is being filled in.
  const { data, error, refetch } = useQuery(
    trpc.rounds.defaults.queryOptions({ projectId: project.id }, { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 }),
  );
  return (
    <Page narrow title={t('title')} intro={t('intro')} back={<BackLink href="/rounds">{nav('rounds')}</BackLink>}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <RoundForm defaults={data} />
      ) : (
        <SkeletonList className="h-20" />
      )}
    </Page>
  );
}
