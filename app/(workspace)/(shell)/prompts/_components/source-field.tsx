'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ConfirmDialog } from '../../../../_ui/confirm-dialog.tsx';
import { Field, Select } from '../../../../_ui/field.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { BackendDialog } from './backend-dialog.tsx';

interface SourceFieldProps {
  currentPolicy: string;
  /** A backend's policy; null is the project's current one. */
  value: string | null;
  onChange: (policyId: string | null) => void;
}

/** Who answers: the current policy, or a server elsewhere, which can be added and removed here. */
export function SourceField({ currentPolicy, value, onChange }: SourceFieldProps) {
  const t = useTranslations('sampling.source');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const { data: backends = [] } = useQuery(trpc.backends.list.queryOptions({ projectId: project.id }));
  const chosen = backends.find(({ policyId }) => policyId === value);
  const remove = useMutation(
    trpc.backends.remove.mutationOptions({
      onSuccess: () => onChange(null),
      onSettled: () => void queryClient.invalidateQueries(trpc.backends.pathFilter()),
      onError: (problem) => void toast.error(problem.message),
    }),
  );
  return (
    <>
      <Field
        label={t('label')}
        hint={chosen ? t('serverHint', { model: chosen.model, baseUrl: chosen.baseUrl }) : t('hint')}
      >
        {(control) => (
          <div className="flex flex-wrap gap-2">
            <Select
              {...control}
              value={value ?? ''}
              onChange={(event) => onChange(event.target.value || null)}
              className="min-w-48 flex-1"
            >
              <option value="">{t('current', { policy: currentPolicy })}</option>
              {backends.map(({ policyId, name }) => (
                <option key={policyId} value={policyId}>
                  {name}
                </option>
              ))}
            </Select>
            {chosen && (
              <Button variant="ghost" onClick={() => setRemoving(true)}>
                {t('remove')}
              </Button>
            )}
            <Button onClick={() => setAdding(true)}>{t('add')}</Button>
          </div>
        )}
      </Field>
      {isAdding && <BackendDialog onClose={() => setAdding(false)} onAdded={onChange} />}
      {isRemoving && chosen && (
        <ConfirmDialog
          title={t('removeTitle', { name: chosen.name })}
          text={t('removeText')}
          action={t('remove')}
          onClose={() => setRemoving(false)}
          onConfirm={() => remove.mutate({ backendId: chosen.id })}
        />
      )}
    </>
  );
}
