'use client';
// Asks for responses: how many prompts, how many responses each, and how freely the policy may choose its words.
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import type { ConditionName } from '../../../../../domain/conditional.ts';
import { rankableResponses } from '../../../../../domain/ranking.ts';
import { precisionSchema, samplingConfigSchema } from '../../../../../engine/config.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { ConditionsField } from '../../../../_ui/conditions-field.tsx';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Select, Textarea } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { NumberField } from '../../../../_ui/number-field.tsx';
import { ErrorState, SkeletonList } from '../../../../_ui/state.tsx';
import { toast } from '../../../../_ui/toast.ts';
import { SourceField } from './source-field.tsx';

/** A round on fewer than a few hundred pairs teaches little. */
const usualPrompts = 300;

const formSchema = z.object({
  promptCount: z.number().int().min(1).max(100_000),
  n: z.number().int().min(rankableResponses.min).max(rankableResponses.max),
  ...samplingConfigSchema.shape,
});
type FormInput = z.input<typeof formSchema>;
type FormOutput = z.output<typeof formSchema>;

export function SamplingDialog({ onClose }: { onClose: () => void }) {
  const t = useTranslations('sampling');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const place = useQuery(trpc.projects.get.queryOptions({ projectId: project.id }));
  const defaults = useQuery(trpc.sampling.defaults.queryOptions({ projectId: project.id }));
  const error = place.error ?? defaults.error;
  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={t('title')} description={t('text')}>
      {error ? (
        <ErrorState error={error} />
      ) : place.data && defaults.data ? (
        <SamplingForm place={place.data} defaults={defaults.data} onClose={onClose} />
      ) : (
        <SkeletonList />
      )}
    </Dialog>
  );
}

interface SamplingFormProps {
  place: Outputs['projects']['get'];
  defaults: Outputs['sampling']['defaults'];
  onClose: () => void;
}

function SamplingForm({ place, defaults, onClose }: SamplingFormProps) {
  const t = useTranslations('sampling');
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { project } = place;
  const [policyId, setPolicyId] = useState<string | null>(null);
  const [conditions, setConditions] = useState<ConditionName[]>(defaults.conditions);
  const start = useMutation(trpc.sampling.start.mutationOptions());
  const { register, handleSubmit, formState, getValues, setValue } = useForm<FormInput, unknown, FormOutput>({
    resolver: zodResolver(formSchema),
    defaultValues: {
      promptCount: Math.min(place.counts.prompts.train, usualPrompts),
      n: project.responsesPerPrompt,
      // Parsed: settings stored by an earlier version lack what came later.
      ...samplingConfigSchema.parse(project.sampling),
    },
  });

  const submit = handleSubmit(({ promptCount, n, ...config }) => {
    start.mutate(
      { projectId: project.id, ...(policyId ? { policyId } : {}), promptCount, n, config, conditions },
      {
        onSuccess: () => {
          void queryClient.invalidateQueries(trpc.jobs.pathFilter());
          void queryClient.invalidateQueries(trpc.projects.get.pathFilter());
          toast.success(t('started'), { description: t('startedText') });
          onClose();
        },
      },
    );
  });

  const number = (name: Exclude<keyof FormInput, 'stop' | 'precision'>, step: number | 'any' = 1) => (
    <NumberField
      label={t(`${name}.label`)}
      hint={t(`${name}.hint`)}
      error={formState.errors[name]?.message}
      step={step}
      {...register(name, { valueAsNumber: true })}
    />
  );

  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-5">
      <SourceField currentPolicy={place.policies.current?.name ?? '–'} value={policyId} onChange={setPolicyId} />
      <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
        {number('promptCount')}
        {number('n')}
        {number('temperature', 'any')}
        {number('max_new_tokens')}
        {number('top_p', 'any')}
        {number('top_k')}
      </div>
      <ConditionsField
        available={defaults.availableConditions}
        value={conditions}
        onChange={setConditions}
        hint={t('conditionsHint')}
      />
      <details>
        <summary className="cursor-pointer text-sm text-muted">{t('more')}</summary>
        <div className="mt-4 grid gap-x-6 gap-y-5 sm:grid-cols-2">
          {number('min_p', 'any')}
          {number('repetition_penalty', 'any')}
          {number('presence_penalty', 'any')}
          {number('frequency_penalty', 'any')}
          <Field label={t('stop.label')} hint={t('stop.hint')} error={formState.errors.stop?.message}>
            {(control) => (
              <Textarea
                {...control}
                rows={2}
                defaultValue={getValues('stop')?.join('\n')}
                onChange={({ target }) => setValue('stop', target.value.split('\n').filter(Boolean))}
              />
            )}
          </Field>
          <Field label={t('precision.label')} hint={t('precision.hint')} error={formState.errors.precision?.message}>
            {(control) => (
              <Select {...control} {...register('precision')}>
                {precisionSchema.options.map((precision) => (
                  <option key={precision}>{precision}</option>
                ))}
              </Select>
            )}
          </Field>
        </div>
      </details>
      <FormEnd work={start} submit={t('submit')} cancel={t('cancel')} onCancel={onClose} />
    </form>
  );
}
