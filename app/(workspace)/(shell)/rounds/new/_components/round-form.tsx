'use client';
// Starting a round: the settings that matter, each with what it does; the rest folded away. Checked against the
// trainer's own schema.
import { zodResolver } from '@hookform/resolvers/zod';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { Controller, FormProvider, useForm, useWatch } from 'react-hook-form';
import { minMarginSchema, pairPolicyNames } from '../../../../../../domain/pairs.ts';
import { useWorkspace } from '../../../../../_lib/workspace.tsx';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { Button } from '../../../../../_ui/button.tsx';
import { ButtonLink } from '../../../../../_ui/button-link.tsx';
import { Choices, Field, Select } from '../../../../../_ui/field.tsx';
import { Card } from '../../../../../_ui/page.tsx';
import { ErrorState } from '../../../../../_ui/state.tsx';
import { AdvancedSettings } from './advanced-settings.tsx';
import { LossField } from './loss-field.tsx';
import { MinMarginField } from './min-margin-field.tsx';
import { RoundConditions } from './round-conditions.tsx';
import { type RoundFormInput, type RoundFormOutput, roundFormSchema } from './round-form-schema.ts';
import { SettingField } from './setting-field.tsx';

export function RoundForm({ defaults }: { defaults: Outputs['rounds']['defaults'] }) {
  const t = useTranslations('newRound');
  const policies = useTranslations('pairPolicies');
  const { project } = useWorkspace();
  const router = useRouter();
  const trpc = useTRPC();
  const form = useForm<RoundFormInput, unknown, RoundFormOutput>({
    resolver: zodResolver(roundFormSchema),
    defaultValues: {
      config: defaults.config,
      pairPolicy: defaults.pairPolicy,
      minMargin: null,
      conditions: defaults.conditions,
      pairScope: 'current',
      reference: defaults.reference,
      judgeId: defaults.judgeId ?? '',
    },
  });
  const { control, register, handleSubmit, formState } = form;
  const [pairPolicy, pairScope, margin] = useWatch({ control, name: ['pairPolicy', 'pairScope', 'minMargin'] });
  const minMargin = minMarginSchema.safeParse(margin).data ?? null;
  const pairs = useQuery(
    trpc.pairs.summary.queryOptions(
      { projectId: project.id, pairPolicy, scope: pairScope, minMargin },
      { placeholderData: keepPreviousData },
    ),
  );
  const start = useMutation(
    trpc.rounds.start.mutationOptions({ onSuccess: ({ roundId }) => router.push(`/rounds/${roundId}`) }),
  );
  const pairCount = pairs.data?.pairs ?? 0;
  const hasNoPairs = pairs.isSuccess && pairCount === 0;

  return (
    <FormProvider {...form}>
      <form
        noValidate
        onSubmit={handleSubmit((input) => start.mutate({ projectId: project.id, ...input }))}
        className="flex flex-col gap-6"
      >
        <Card className="flex flex-col gap-5">
          <h2 className="font-semibold text-base">{t('data')}</h2>
          <Field label={t('pairPolicy.label')} hint={policies(`${pairPolicy}.hint`)}>
            {(attributes) => (
              <Select {...attributes} {...register('pairPolicy')}>
                {pairPolicyNames.map((name) => (
                  <option key={name} value={name}>
                    {policies(`${name}.label`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('pairScope.label')} hint={t(`pairScope.${pairScope}Hint`)}>
            {(attributes) => (
              <Select {...attributes} {...register('pairScope')}>
                <option value="current">{t('pairScope.current')}</option>
                <option value="imported">{t('pairScope.imported')}</option>
                <option value="all">{t('pairScope.all')}</option>
              </Select>
            )}
          </Field>
          <MinMarginField counts={pairs.data} />
          <RoundConditions defaults={defaults} />
          <div aria-live="polite" className="rounded-control bg-sunken px-4 py-3">
            <p className="numeric font-semibold text-base">{t('pairCount', { count: pairCount })}</p>
            <p className="numeric text-[13px] text-muted">
              {pairs.data &&
                t('pairSources', {
                  people: pairs.data.byPeople,
                  judges: pairs.data.byJudges,
                  imports: pairs.data.byImports,
                })}
            </p>
          </div>
        </Card>
        <Card className="flex flex-col gap-5">
          <h2 className="font-semibold text-base">{t('training')}</h2>
          <Controller
            control={control}
            name="reference"
            render={({ field }) => (
              <Choices
                legend={t('reference.label')}
                hint={t('reference.hint')}
                name={field.name}
                value={field.value}
                onChange={field.onChange}
                choices={[
                  { value: 'sft', label: t('reference.sft'), hint: t('reference.sftHint') },
                  { value: 'previous', label: t('reference.previous'), hint: t('reference.previousHint') },
                ]}
              />
            )}
          />
          <LossField />
          <SettingField name="config.beta" setting="beta" />
          <div className="grid gap-5 sm:grid-cols-3">
            <SettingField name="config.learning_rate" setting="learning_rate" />
            <SettingField name="config.num_train_epochs" setting="num_train_epochs" />
            <SettingField name="config.lora.r" setting="lora_r" step={1} />
          </div>
          <AdvancedSettings />
        </Card>
        <Card className="flex flex-col gap-5">
          <h2 className="font-semibold text-base">{t('evaluation')}</h2>
          <Field
            label={t('judge.label')}
            hint={t('judge.hint')}
            {...(formState.errors.judgeId ? { error: t('judge.missing') } : {})}
          >
            {(attributes) => (
              <Select {...attributes} {...register('judgeId')}>
                {defaults.judgeId === null && <option value="">{t('judge.choose')}</option>}
                {defaults.judges.map((judge) => (
                  <option key={judge.id} value={judge.id}>
                    {judge.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </Card>
        {start.error && <ErrorState error={start.error} />}
        {hasNoPairs && (
          <div className="flex flex-wrap items-center justify-between gap-3 rounded-card bg-warn-soft p-4 text-warn">
            <p>{t('noPairs')}</p>
            <ButtonLink href="/label">{t('toLabel')}</ButtonLink>
          </div>
        )}
        <div className="flex items-center justify-end gap-3">
          <Button
            type="submit"
            variant="primary"
            size="lg"
            disabled={hasNoPairs}
            pending={start.isPending || start.isSuccess}
          >
            <Play aria-hidden className="size-4" />
            {t('submit')}
          </Button>
        </div>
      </form>
    </FormProvider>
  );
}
