'use client';
import { useTranslations } from 'next-intl';
import { useFormContext } from 'react-hook-form';
import { NumberField } from '../../../../_ui/number-field.tsx';
import type { SftFormInput } from './sft-form-schema.ts';

type Setting =
  | 'num_train_epochs'
  | 'learning_rate'
  | 'per_device_train_batch_size'
  | 'max_length'
  | 'gradient_accumulation_steps'
  | 'warmup_ratio'
  | 'weight_decay'
  | 'max_grad_norm'
  | 'prompt_loss_weight'
  | 'eval_split'
  | 'eval_steps'
  | 'early_stopping_patience'
  | 'save_steps'
  | 'seed';

/** One number of the trainer's configuration, with its name in TRL for those who know it, and what it does. */
export function SftSetting({ name, step }: { name: Setting; step?: number }) {
  const t = useTranslations('models.sft.settings');
  const { register, getFieldState, formState } = useFormContext<SftFormInput>();
  const field = `config.${name}` as const;
  return (
    <NumberField
      label={
        <span className="flex flex-wrap items-baseline justify-between gap-x-2">
          {t(`${name}.label`)}
          <code className="font-normal text-faint text-xs">{name}</code>
        </span>
      }
      hint={t(`${name}.hint`)}
      error={getFieldState(field, formState).error?.message}
      {...(step === undefined ? {} : { step })}
      {...register(field, { valueAsNumber: true })}
    />
  );
}
