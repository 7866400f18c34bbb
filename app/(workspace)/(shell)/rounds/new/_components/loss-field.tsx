'use client';
import { useTranslations } from 'next-intl';
import { useController, useFormContext } from 'react-hook-form';
import { lossNames } from '../../../../../../engine/loss-config.ts';
import { Field, Select } from '../../../../../_ui/field.tsx';
import type { RoundFormInput } from './round-form-schema.ts';

/** The loss, by its name in TRL. A round with several takes them from the command line's configuration. */
export function LossField() {
  const t = useTranslations('newRound.loss');
  const { control } = useFormContext<RoundFormInput>();
  const { field, fieldState } = useController({ control, name: 'config.loss_type' });
  const { value, onChange, ...rest } = field;
  const error = fieldState.error?.message;
  return (
    <Field label={t('label')} hint={t('hint')} {...(error ? { error } : {})}>
      {(attributes) => (
        <Select
          {...attributes}
          {...rest}
          value={Array.isArray(value) ? value[0] : value}
          onChange={(event) => onChange([event.target.value])}
        >
          {lossNames.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
