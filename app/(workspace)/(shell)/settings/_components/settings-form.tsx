'use client';
// All settings at once: changed as a draft, which the preview shows at once, and saved together.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useEffect, useState } from 'react';
import { tinykeys } from 'tinykeys';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ErrorState } from '../../../../_ui/state.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { AnnotatorPreview } from './annotator-preview.tsx';
import { CriteriaEditor } from './criteria-editor.tsx';
import { PeopleSection } from './people-section.tsx';
import { QualitySection } from './quality-section.tsx';
import { QuestionsSection } from './questions-section.tsx';
import { ReadingSection } from './reading-section.tsx';
import type { SettingsDraft } from './settings-draft.ts';

interface SettingsFormProps {
  stored: SettingsDraft;
  closedAt: Date | null;
  covered: Outputs['projects']['settings']['covered'];
}

export function SettingsForm({ stored, closedAt, covered }: SettingsFormProps) {
  const t = useTranslations('settings');
  const { project } = useWorkspace();
  const router = useRouter();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(stored);
  const [saved, setSaved] = useState(stored);
  const save = useMutation(trpc.projects.saveSettings.mutationOptions());
  const isChanged = JSON.stringify(draft) !== JSON.stringify(saved);
  const change = (part: Partial<SettingsDraft>) => setDraft((now) => ({ ...now, ...part }));
  const { labelling } = draft;
  const changeLabelling = (part: Partial<SettingsDraft['labelling']>) =>
    setDraft((now) => ({ ...now, labelling: { ...now.labelling, ...part } }));

  useEffect(
    () =>
      tinykeys(window, {
        '$mod+s': (event) => {
          event.preventDefault();
          document.querySelector<HTMLFormElement>('form[data-settings]')?.requestSubmit();
        },
      }),
    [],
  );
  useEffect(() => {
    if (!isChanged) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [isChanged]);

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(
      { projectId: project.id, ...draft },
      {
        onSuccess: ({ kept }) => {
          setSaved(draft);
          toast.success(t('saved'), kept > 0 ? { description: t('kept', { count: kept }) } : {});
          void queryClient.invalidateQueries(trpc.projects.pathFilter());
          void queryClient.invalidateQueries(trpc.label.pathFilter());
          // The project's name stands in the frame.
          router.refresh();
        },
      },
    );
  }

  return (
    <div className="grid grid-cols-1 items-start gap-8 xl:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <form data-settings onSubmit={submit} className="flex min-w-0 flex-col gap-6">
        <PeopleSection draft={draft} onChange={change} closedAt={closedAt} covered={covered} before={saved.overlap} />
        <QuestionsSection labelling={labelling} onChange={changeLabelling} />
        <CriteriaEditor labelling={labelling} onChange={changeLabelling} />
        <ReadingSection labelling={labelling} onChange={changeLabelling} />
        <QualitySection labelling={labelling} onChange={changeLabelling} />
        <div className="sticky bottom-0 z-10 -mx-4 flex flex-col gap-3 border-line border-t bg-canvas/95 px-4 py-3">
          {save.error && <ErrorState error={save.error} />}
          <div className="flex flex-wrap items-center justify-end gap-2">
            <p className="me-auto text-[13px] text-muted" role="status">
              {isChanged ? t('unsaved') : ''}
            </p>
            <Button disabled={!isChanged} onClick={() => setDraft(saved)}>
              {t('discard')}
            </Button>
            <Button type="submit" variant="primary" disabled={!isChanged} pending={save.isPending} shortcut="Ctrl S">
              {t('save')}
            </Button>
          </div>
        </div>
      </form>
      <AnnotatorPreview settings={labelling} />
    </div>
  );
}
