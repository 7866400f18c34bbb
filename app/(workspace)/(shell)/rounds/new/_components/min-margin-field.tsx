'use client';
import { useTranslations } from 'next-intl';
import { useFormContext } from 'react-hook-form';
import { NumberField } from '../../../../../_ui/number-field.tsx';
import type { RoundFormInput } from './round-form-schema.ts';

/** Empty asks for no margin. */
const numberOrNull = (text: unknown) => (text === '' || text === null ? null : Number(text));

/** The least difference of scores that makes a pair; `counts` says what it leaves out. */
export function MinMarginField({ counts }: { counts: { withScores: number; tooClose: number } | undefined }) {
  const t = useTranslations('newRound.minMargin');
  const { register, formState } = useFormContext<RoundFormInput>();
  return (
    <NumberField
      label={t('label')}
      hint={
        <>
          {t('hint')}
          {counts && ` ${t('counts', { scored: counts.withScores, left: counts.tooClose })}`}
        </>
      }
      error={formState.errors.minMargin?.message}
      placeholder={t('none')}
      min={0}
      {...register('minMargin', { setValueAs: numberOrNull })}
    />
  );
}
