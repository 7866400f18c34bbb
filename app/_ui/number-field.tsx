'use client';
import type { ComponentProps, ReactNode } from 'react';
import { Field, Input } from './field.tsx';

type NumberFieldProps = ComponentProps<'input'> & { label: ReactNode; hint?: ReactNode; error?: string | undefined };

/** A number with its explanation. Takes what react-hook-form's `register` gives. */
export function NumberField({ label, hint, error, step = 'any', className, ...rest }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint} {...(error ? { error } : {})}>
      {(control) => (
        <Input {...control} {...rest} type="number" inputMode="decimal" step={step} className={className} />
      )}
    </Field>
  );
}
