'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useId } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Field, Input, Select } from '../../../../_ui/field.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';

/** Which reward model, and what it was trained on. Whether it is one is found out when the judge is added. */
export function RewardFields() {
  const t = useTranslations('judges.reward');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const listId = useId();
  const { data, error, refetch } = useQuery(trpc.judges.rewardChoices.queryOptions({ projectId: project.id }));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonList rows={2} />;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t('folder')} hint={t('folderHint', { directory: data.modelsDir, count: data.folders.length })}>
        {(control) => (
          <>
            <Input
              {...control}
              name="folder"
              required
              list={listId}
              autoComplete="off"
              className="font-mono"
              defaultValue={data.folders.length === 1 ? data.folders[0] : ''}
            />
            <datalist id={listId}>
              {data.folders.map((folder) => (
                <option key={folder} value={folder} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field label={t('base')} hint={t('baseHint')}>
        {(control) => (
          <Select {...control} name="baseModelId">
            <option value="">{t('sft')}</option>
            {data.bases.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  );
}
