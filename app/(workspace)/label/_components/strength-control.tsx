'use client';
// How much better the best is than the worst: four levels, one key each.
import { useTranslations } from 'next-intl';
import { type Strength, strengthNames, strengths } from '../../../../domain/label-settings.ts';
import { cx } from '../../../_ui/cx.ts';
import { Kbd } from '../../../_ui/kbd.tsx';
import { useKeyLabel } from './keys-context.tsx';

interface StrengthControlProps {
  strength: Strength | null;
  isRequired: boolean;
  onStrength: (strength: Strength) => void;
}

export function StrengthControl({ strength, isRequired, onStrength }: StrengthControlProps) {
  const t = useTranslations('label.strength');
  return (
    <fieldset className="flex min-w-0 items-center gap-2 max-sm:w-full">
      <legend className="sr-only">{t('legend')}</legend>
      <span aria-hidden className="whitespace-nowrap text-[13px] text-faint max-xl:hidden">
        {t(isRequired ? 'shortRequired' : 'short')}
      </span>
      <div className="flex min-w-0 flex-1 rounded-control border border-control/50">
        {strengths.map((level) => (
          <StrengthButton key={level} level={level} isChosen={level === strength} onChoose={() => onStrength(level)} />
        ))}
      </div>
    </fieldset>
  );
}

function StrengthButton({ level, isChosen, onChoose }: { level: Strength; isChosen: boolean; onChoose: () => void }) {
  const t = useTranslations('label.strength');
  const name = strengthNames[level];
  const key = useKeyLabel(name);
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      data-strength={level}
      title={t(`${name}.long`)}
      onClick={onChoose}
      className={cx(
        'flex h-8 min-w-0 flex-1 cursor-pointer items-center justify-center gap-1.5 whitespace-nowrap px-2 text-[13px] first:rounded-s-control last:rounded-e-control not-first:border-control/50 not-first:border-s pointer-coarse:h-11',
        isChosen ? 'bg-accent font-semibold text-on-accent' : 'text-muted hover:bg-sunken hover:text-ink',
      )}
    >
      {t(`${name}.short`)}
      <Kbd onAccent={isChosen}>{key}</Kbd>
    </button>
  );
}
