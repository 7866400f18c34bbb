'use client';
// How much better the best is than the worst: four levels, one key each. Radio buttons, so that Enter submits from here.
import { useTranslations } from 'next-intl';
import { type Strength, strengthNames, strengths } from '../../../../domain/label-settings.ts';
import { cx } from '../../../_ui/cx.ts';
import { Kbd } from '../../../_ui/kbd.tsx';
import { useKeyLabel } from './keys-context.tsx';

interface StrengthControlProps {
  strength: Strength | null;
  isRequired: boolean;
  /** The same one again takes it back. */
  onStrength: (strength: Strength) => void;
}

export function StrengthControl({ strength, isRequired, onStrength }: StrengthControlProps) {
  const t = useTranslations('label.strength');
  return (
    <fieldset className="flex min-w-0 items-center gap-2 max-sm:order-3 max-sm:w-full">
      <legend className="sr-only">{t('legend')}</legend>
      <span aria-hidden className="whitespace-nowrap text-[13px] text-faint max-xl:hidden">
        {t(isRequired ? 'shortRequired' : 'short')}
      </span>
      <div className="flex min-w-0 flex-1 rounded-control border border-control/60">
        {strengths.map((level) => (
          <Level key={level} level={level} isChosen={level === strength} onChoose={() => onStrength(level)} />
        ))}
      </div>
    </fieldset>
  );
}

function Level({ level, isChosen, onChoose }: { level: Strength; isChosen: boolean; onChoose: () => void }) {
  const t = useTranslations('label.strength');
  const name = strengthNames[level];
  const key = useKeyLabel(name);
  return (
    <label
      title={t(`${name}.long`)}
      className={cx(
        'relative flex h-8 min-w-0 flex-1 cursor-pointer items-center justify-center gap-1.5 whitespace-nowrap px-2 text-[13px] pointer-coarse:h-11',
        'not-first:border-control/60 not-first:border-s first:rounded-s-[5px] last:rounded-e-[5px]',
        'has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2',
        isChosen ? 'bg-accent font-semibold text-on-accent' : 'text-muted hover:bg-sunken hover:text-ink',
      )}
    >
      <input
        type="radio"
        name="strength"
        data-strength={level}
        aria-label={t(`${name}.long`)}
        checked={isChosen}
        onChange={() => !isChosen && onChoose()}
        onClick={() => isChosen && onChoose()}
        className="absolute inset-0 cursor-pointer opacity-0"
      />
      <span aria-hidden>{t(`${name}.short`)}</span>
      <Kbd onAccent={isChosen}>{key}</Kbd>
    </label>
  );
}
