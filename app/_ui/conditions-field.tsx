'use client';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import type { ConditionName } from '../../domain/conditional.ts';
import { Checks } from './field.tsx';

interface ConditionsFieldProps {
  /** Those that a prompt of the project has. */
  available: readonly ConditionName[];
  value: readonly ConditionName[];
  onChange: (value: ConditionName[]) => void;
  hint: ReactNode;
}

/** What of a prompt beside its messages the policy gets to read; nothing where the prompts have no such thing. */
export function ConditionsField({ available, value, onChange, hint }: ConditionsFieldProps) {
  const t = useTranslations('conditions');
  if (available.length === 0) return null;
  return (
    <Checks
      legend={t('label')}
      hint={hint}
      name="conditions"
      values={value}
      onChange={onChange}
      choices={available.map((name) => ({ value: name, label: t(`${name}.label`), hint: t(`${name}.hint`) }))}
    />
  );
}
