'use client';
import { useTranslations } from 'next-intl';
import { useId } from 'react';
import { longestRationale, needsRationale } from '../../../../domain/annotation.ts';
import type { LabelSettings, Strength } from '../../../../domain/label-settings.ts';
import { Textarea } from '../../../_ui/field.tsx';
import { Kbd } from '../../../_ui/kbd.tsx';
import { useKeyLabel } from './keys-context.tsx';

interface RationaleFieldProps {
  rationale: LabelSettings['rationale'];
  strength: Strength | null;
  text: string;
  onText: (text: string) => void;
}

/** Why, in the person's own words; says when it must be filled in. */
export function RationaleField({ rationale, strength, text, onText }: RationaleFieldProps) {
  const t = useTranslations('label.rationale');
  const id = useId();
  const key = useKeyLabel('rationale');
  const isNeeded = needsRationale({ strength }, { rationale });
  return (
    <div className="flex max-w-[52rem] flex-col gap-1.5">
      <label htmlFor={id} className="flex items-center gap-2 font-medium">
        {t('label')}
        <span className="font-normal text-[13px] text-faint">{t(isNeeded ? 'required' : 'optional')}</span>
        <Kbd>{key}</Kbd>
      </label>
      <Textarea
        id={id}
        data-rationale
        dir="auto"
        rows={1}
        value={text}
        maxLength={longestRationale}
        aria-required={isNeeded}
        onChange={(event) => onText(event.target.value)}
        className="peer min-h-10! text-base [field-sizing:content]"
      />
      <p className="invisible text-[13px] text-faint peer-focus:visible">{t('hint')}</p>
    </div>
  );
}
