'use client';
import { type ComponentProps, useState } from 'react';
import { NumberField } from '../../../../_ui/number-field.tsx';

type NumberSettingProps = Omit<ComponentProps<typeof NumberField>, 'value' | 'onChange'> & {
  value: number;
  onChange: (value: number) => void;
};

/** A number that may be half typed: only what is a number reaches the draft, and leaving the field shows the draft's. */
export function NumberSetting({ value, onChange, ...rest }: NumberSettingProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <NumberField
      {...rest}
      required
      value={typed ?? value}
      onChange={({ target }) => {
        setTyped(target.value);
        if (target.value !== '' && Number.isFinite(target.valueAsNumber)) onChange(target.valueAsNumber);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
