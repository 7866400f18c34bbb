'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Page } from '../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { SettingsForm } from './settings-form.tsx';

/** How the open project is ranked, with what an annotator sees of it beside the form. */
export function SettingsPage() {
  const t = useTranslations('settings');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    // A change by somebody else must not take away what is being typed.
    trpc.projects.settings.queryOptions({ projectId: project.id }, { refetchOnWindowFocus: false }),
  );
  return (
    <Page title={t('title')} intro={t('intro', { project: project.name })}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <SettingsForm key={project.id} stored={data.settings} closedAt={data.closedAt} covered={data.covered} />
      ) : (
        <SkeletonList className="h-24" />
      )}
    </Page>
  );
}
