'use client';
// What annotators are asked to do: the newest version to edit, and all versions with who has read them.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Page } from '../../../../_ui/page.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { GuidelinesEditor } from './guidelines-editor.tsx';
import { VersionList } from './version-list.tsx';

export function GuidelinesPage() {
  const t = useTranslations('guidelines');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.guidelines.list.queryOptions({ projectId: project.id }));
  return (
    <Page title={t('title')} intro={t('intro')}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <div className="flex flex-col gap-8">
          <GuidelinesEditor key={project.id} newest={data.versions[0] ?? null} />
          <VersionList versions={data.versions} annotators={data.annotators} />
        </div>
      ) : (
        <SkeletonList rows={3} className="h-32" />
      )}
    </Page>
  );
}
