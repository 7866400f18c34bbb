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
  const responses = data?.responses ?? (['a', 'b', 'c'] as const).map((id) => ({ id, text: t(`samples.${id}`) }));
  const shown = responses.slice(0, settings.mode === 'ab' ? 2 : 3);
  return (
    <section aria-labelledby="preview" className="flex flex-col gap-3 xl:sticky xl:top-6">
      <div>
        <h2 id="preview" className="font-semibold text-base">
          {t('title')}
        </h2>
        <p className="text-muted">{data ? t('real') : t('sample')}</p>
      </div>
      <PreviewTask
        // Another question is a new task.
        key={`${settings.mode} ${shown.map(({ id }) => id).join()}`}
        settings={settings}
        prompt={data?.prompt ?? [{ role: 'user', content: t('prompt') }]}
        responses={shown}
      />
    </section>
  );
}
