'use client';
import { useTranslations } from 'next-intl';
import { type FieldPathByValue, useFormContext } from 'react-hook-form';
import { NumberField } from '../../../../../_ui/number-field.tsx';
import type { RoundFormInput } from './round-form-schema.ts';

export type Setting =
  | 'beta'
  | 'learning_rate'
  | 'num_train_epochs'
  | 'lora_r'
  | 'lora_alpha'
  | 'label_smoothing'
  | 'per_device_train_batch_size'
  | 'gradient_accumulation_steps'
  | 'warmup_ratio'
  | 'weight_decay'
  | 'max_grad_norm'
  | 'max_length'
  | 'eval_split'
  | 'early_stopping_patience'
  | 'seed';

interface SettingFieldProps {
  name: FieldPathByValue<RoundFormInput, number | undefined>;
  setting: Setting;
  step?: number;
}

/** One number of the trainer's configuration, with its name in TRL for those who know it, and what it does. */
export function SettingField({ name, setting, step }: SettingFieldProps) {
  const t = useTranslations('newRound.settings');
  const { register, getFieldState, formState } = useFormContext<RoundFormInput>();
  return (
    <NumberField
      label={
        <span className="flex flex-wrap items-baseline justify-between gap-x-2">
          {t(`${setting}.label`)}
          <code className="font-normal text-faint text-xs">{setting.replace('lora_r', 'lora.r')}</code>
        </span>
      }
      hint={t(`${setting}.hint`)}
      error={getFieldState(name, formState).error?.message}
      {...(step === undefined ? {} : { step })}
      {...register(name, { valueAsNumber: true })}
    />
  );
}
