import type { ReactNode } from 'react';
import { Select } from './field.tsx';

interface ChoiceSelectProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** No choice: all of them. */
  any: string;
  options: readonly (readonly [value: string, label: ReactNode])[] | undefined;
}

/** One question of a filter, which need not be asked. */
export function ChoiceSelect({ label, value, onChange, any, options = [] }: ChoiceSelectProps) {
  return (
    <Select
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || undefined)}
      className="w-auto max-w-56"
    >
      <option value="">{any}</option>
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </Select>
  );
}
