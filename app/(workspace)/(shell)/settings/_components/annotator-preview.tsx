'use client';
// What an annotator sees under the settings as they stand in the form: the label page's own parts, on a real task where
// there is one. Nothing of it is saved.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { LabelSettings } from '../../../../../domain/label-settings.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { PreviewTask } from './preview-task.tsx';

export function AnnotatorPreview({ settings }: { settings: LabelSettings }) {
  const t = useTranslations('settings.preview');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.projects.sampleTask.queryOptions({ projectId: project.id }));
  const responses = data?.responses ?? (['a', 'b', 'c'] as const).map((id) => ({ id, text: t(`responses.${id}`) }));
  return (
    <section aria-labelledby="preview" className="flex flex-col gap-3 xl:sticky xl:top-6">
      <div>
        <h2 id="preview" className="font-semibold text-base">
          {t('title')}
        </h2>
        <p className="text-muted">{data ? t('real') : t('sample')}</p>
      </div>
      <PreviewTask
        settings={settings}
        prompt={data?.prompt ?? [{ role: 'user', content: t('prompt') }]}
        responses={settings.mode === 'ab' ? responses.slice(0, 2) : responses.slice(0, 3)}
      />
    </section>
  );
}
