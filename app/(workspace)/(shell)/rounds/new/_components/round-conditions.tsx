'use client';
import { useTranslations } from 'next-intl';
import { useController, useFormContext } from 'react-hook-form';
import type { ConditionName } from '../../../../../../domain/conditional.ts';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { ConditionsField } from '../../../../../_ui/conditions-field.tsx';
import type { RoundFormInput } from './round-form-schema.ts';

const isSame = (one: readonly ConditionName[], other: readonly ConditionName[]) =>
  one.length === other.length && one.every((name) => other.includes(name));

/** What is rendered into the round's prompts, and a word where the responses were sampled otherwise. */
export function RoundConditions({ defaults }: { defaults: Outputs['rounds']['defaults'] }) {
  const t = useTranslations('newRound.conditions');
  const { control } = useFormContext<RoundFormInput>();
  const { field } = useController({ control, name: 'conditions' });
  const isOther = defaults.sampledConditions.some((sampled) => !isSame(sampled, field.value));
  return (
    <div className="flex flex-col gap-2 empty:hidden">
      <ConditionsField
        available={defaults.availableConditions}
        value={field.value}
        onChange={field.onChange}
        hint={t('hint')}
      />
      {isOther && (
        <p role="status" className="rounded-control bg-warn-soft px-3 py-2 text-[13px] text-warn">
          {t('sampledOtherwise')}
        </p>
      )}
    </div>
  );
}
