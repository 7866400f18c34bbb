'use client';
// Starting a fine-tuning: its examples, the new model's name, the settings people know; the rest folded away.
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { FormProvider, useForm, useWatch } from 'react-hook-form';
import { countHeldOut, countSftSteps } from '../../../../../domain/sft.ts';
import { schedulerNames, sftConfigSchema } from '../../../../../engine/config.ts';
import { type Outputs, useTRPC } from '../../../../_trpc/context.ts';
import { Dialog } from '../../../../_ui/dialog.tsx';
import { Field, Input, Select } from '../../../../_ui/field.tsx';
import { FormEnd } from '../../../../_ui/form-end.tsx';
import { type SftFormInput, type SftFormOutput, sftFormDefaults, sftFormSchema } from './sft-form-schema.ts';
import { SftSetting } from './sft-setting.tsx';
import { useExamplesFile } from './use-examples-file.ts';

export function SftDialog({ model, onClose }: { model: Outputs['models']['list'][number]; onClose: () => void }) {
  const t = useTranslations('models.sft');
  const common = useTranslations('models');
  const scheduler = useTranslations('newRound.scheduler');
  const best = useTranslations('models.sft.best');
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [isTried, setTried] = useState(false);
  const [examples, choose] = useExamplesFile();
  const form = useForm<SftFormInput, unknown, SftFormOutput>({
    resolver: zodResolver(sftFormSchema),
    defaultValues: sftFormDefaults(model),
  });
  const { control, register, handleSubmit, formState } = form;
  const config = sftConfigSchema.safeParse(useWatch({ control, name: 'config' }));
  const start = useMutation(
    trpc.sft.start.mutationOptions({
      onSuccess: ({ sftRunId }) => {
        void queryClient.invalidateQueries(trpc.sft.pathFilter());
        router.push(`/models/sft/${sftRunId}`);
      },
    }),
  );
  const fileProblem =
    examples.state === 'refused' ? examples.problem : isTried && examples.state === 'none' ? t('missing') : null;
  const status = [
    examples.state === 'reading' && t('reading'),
    examples.state === 'read' && t('found', { count: examples.count }),
    examples.state === 'read' &&
      config.success &&
      config.data.eval_split > 0 &&
      t('heldOut', { count: countHeldOut(examples.count, config.data) }),
    examples.state === 'read' &&
      config.success &&
      t('steps', {
        steps: countSftSteps(examples.count, config.data),
        batch: config.data.per_device_train_batch_size * config.data.gradient_accumulation_steps,
      }),
  ].filter(Boolean);

  function submit({ name, config }: SftFormOutput) {
    if (examples.state !== 'read') return;
    start.mutate({ modelId: model.id, name, config, data: examples.text, dataName: examples.name });
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('title', { name: model.name })}
      description={t('text', { name: model.name })}
    >
      <FormProvider {...form}>
        <form
          noValidate
          onSubmit={(event) => {
            setTried(true);
            void handleSubmit(submit)(event);
          }}
          className="flex flex-col gap-4"
        >
          <Field label={t('file')} hint={t('fileHint')} {...(fileProblem ? { error: fileProblem } : {})}>
            {(attributes) => (
              <Input
                {...attributes}
                type="file"
                accept=".jsonl,.json,application/jsonl,text/plain"
                className="py-1.5"
                onChange={(event) => void choose(event.target.files?.[0])}
              />
            )}
          </Field>
          <p role="status" className="numeric empty:-mt-4 -mt-2.5 text-[13px] text-muted">
            {status.join(' · ')}
          </p>
          <Field
            label={t('name')}
            hint={t('nameHint')}
            {...(formState.errors.name?.message ? { error: formState.errors.name.message } : {})}
          >
            {(attributes) => (
              <Input
                {...attributes}
                {...register('name')}
                autoComplete="off"
                spellCheck={false}
                className="font-mono"
              />
            )}
          </Field>
          <div className="grid gap-4 sm:grid-cols-2">
            <SftSetting name="num_train_epochs" />
            <SftSetting name="learning_rate" />
            <SftSetting name="per_device_train_batch_size" step={1} />
            <SftSetting name="max_length" step={1} />
            <SftSetting name="eval_split" />
            <SftSetting name="early_stopping_patience" step={1} />
          </div>
          <details>
            <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('more')}</summary>
            <div className="mt-4 grid gap-4 sm:grid-cols-2">
              <SftSetting name="gradient_accumulation_steps" step={1} />
              <Field
                label={scheduler('label')}
                hint={scheduler('hint')}
                {...(formState.errors.config?.lr_scheduler_type?.message
                  ? { error: formState.errors.config.lr_scheduler_type.message }
                  : {})}
              >
                {(attributes) => (
                  <Select {...attributes} {...register('config.lr_scheduler_type')}>
                    {schedulerNames.map((name) => (
                      <option key={name} value={name}>
                        {scheduler(name)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <SftSetting name="warmup_ratio" />
              <SftSetting name="weight_decay" />
              <SftSetting name="max_grad_norm" />
              <SftSetting name="prompt_loss_weight" />
              <SftSetting name="eval_steps" step={1} />
              <Field label={best('label')} hint={best('hint')}>
                {(attributes) => (
                  <Select
                    {...attributes}
                    {...register('config.load_best_model_at_end', { setValueAs: (value) => String(value) === 'true' })}
                  >
                    {(['false', 'true'] as const).map((value) => (
                      <option key={value} value={value}>
                        {best(value)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <SftSetting name="save_steps" step={1} />
              <SftSetting name="seed" step={1} />
            </div>
          </details>
          <FormEnd
            work={{ error: start.error, isPending: start.isPending || start.isSuccess }}
            submit={t('start')}
            cancel={common('cancel')}
            onCancel={onClose}
          />
        </form>
      </FormProvider>
    </Dialog>
  );
}
