'use client';
import { useTranslations } from 'next-intl';
import { useFormContext } from 'react-hook-form';
import { schedulerNames } from '../../../../../../engine/config.ts';
import { Field, Select } from '../../../../../_ui/field.tsx';
import type { RoundFormInput } from './round-form-schema.ts';
import { SettingField } from './setting-field.tsx';

/** What most rounds leave as it is. */
export function AdvancedSettings() {
  const t = useTranslations('newRound');
  const { register } = useFormContext<RoundFormInput>();
  return (
    <details className="group">
      <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('advanced')}</summary>
      <div className="mt-4 grid gap-5 sm:grid-cols-2">
        <SettingField name="config.label_smoothing" setting="label_smoothing" />
        <SettingField name="config.per_device_train_batch_size" setting="per_device_train_batch_size" step={1} />
        <SettingField name="config.gradient_accumulation_steps" setting="gradient_accumulation_steps" step={1} />
        <Field label={t('scheduler.label')} hint={t('scheduler.hint')}>
          {(attributes) => (
            <Select {...attributes} {...register('config.lr_scheduler_type')}>
              {schedulerNames.map((name) => (
                <option key={name} value={name}>
                  {t(`scheduler.${name}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <SettingField name="config.warmup_ratio" setting="warmup_ratio" />
        <SettingField name="config.weight_decay" setting="weight_decay" />
        <SettingField name="config.max_grad_norm" setting="max_grad_norm" />
        <SettingField name="config.lora.lora_alpha" setting="lora_alpha" />
        <SettingField name="config.max_length" setting="max_length" step={1} />
        <SettingField name="config.eval_split" setting="eval_split" />
        <SettingField name="config.early_stopping_patience" setting="early_stopping_patience" step={1} />
        <SettingField name="config.seed" setting="seed" step={1} />
      </div>
    </details>
  );
}
