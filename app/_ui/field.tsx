'use client';
// Form fields: a label, a control, a hint that explains, and an error that says how to mend it, tied together for
// screen readers.
import { type ComponentProps, type ReactNode, useId } from 'react';
import { cx } from './cx.ts';

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  /** Renders the control with the attributes that tie it to its label, hint and error. */
  children: (control: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
  className?: string;
}

export function Field({ label, hint, error, children, className }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [hint && hintId, error && errorId].filter(Boolean).join(' ') || undefined;
  return (
    <div className={cx('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': describedBy, ...(error ? { 'aria-invalid': true } : {}) })}
      {error && (
        <p id={errorId} role="alert" className="text-[13px] text-danger">
          {error}
        </p>
      )}
      {hint && (
        <p id={hintId} className="text-[13px] text-faint">
          {hint}
        </p>
      )}
    </div>
  );
}

const control =
  'w-full rounded-control border border-control bg-surface px-3 text-ink placeholder:text-faint aria-invalid:border-danger disabled:opacity-55';

/** Addresses are written from left to right in every language. */
const leftToRight: ReadonlySet<string | undefined> = new Set(['email', 'url']);

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  const look = cx(
    control,
    'h-9',
    leftToRight.has(rest.type) && 'rtl:text-end',
    rest.type === 'number' && 'numeric',
    className,
  );
  return <input className={look} {...(leftToRight.has(rest.type) ? { dir: 'ltr' } : {})} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cx(control, 'min-h-20 py-2', className)} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <select className={cx(control, 'h-9 pe-8', className)} {...rest}>
      {children}
    </select>
  );
}

interface Choice<V extends string> {
  value: V;
  label: string;
  hint?: string;
}

interface ChoicesProps<V extends string> {
  legend: string;
  hint?: ReactNode;
  name: string;
  value: V;
  onChange: (value: V) => void;
  choices: Choice<V>[];
}

function ChoiceGroup({
  legend,
  hint,
  children,
}: Pick<ChoicesProps<string>, 'legend' | 'hint'> & { children: ReactNode }) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 font-medium">{legend}</legend>
      {hint && <p className="mb-1 text-[13px] text-faint">{hint}</p>}
      <div className="grid gap-2 sm:grid-cols-2">{children}</div>
    </fieldset>
  );
}

/** One of a few, each with a sentence of its own. */
export function Choices<V extends string>({ legend, hint, name, value, onChange, choices }: ChoicesProps<V>) {
  return (
    <ChoiceGroup legend={legend} hint={hint}>
      {choices.map((choice) => (
        <ChoiceCard
          key={choice.value}
          type="radio"
          name={name}
          choice={choice}
          isChosen={choice.value === value}
          onChange={() => onChange(choice.value)}
        />
      ))}
    </ChoiceGroup>
  );
}

interface ChecksProps<V extends string> extends Omit<ChoicesProps<V>, 'value' | 'onChange'> {
  values: readonly V[];
  onChange: (values: V[]) => void;
}

/** Any of a few, in the order in which they are given. */
export function Checks<V extends string>({ legend, hint, name, values, onChange, choices }: ChecksProps<V>) {
  const toggle = (value: V) =>
    onChange(choices.map((choice) => choice.value).filter((one) => values.includes(one) !== (one === value)));
  return (
    <ChoiceGroup legend={legend} hint={hint}>
      {choices.map((choice) => (
        <ChoiceCard
          key={choice.value}
          type="checkbox"
          name={name}
          choice={choice}
          isChosen={values.includes(choice.value)}
          onChange={() => toggle(choice.value)}
        />
      ))}
    </ChoiceGroup>
  );
}

interface ChoiceCardProps<V extends string> {
  type: 'radio' | 'checkbox';
  name: string;
  choice: Choice<V>;
  isChosen: boolean;
  onChange: () => void;
}

function ChoiceCard<V extends string>({ type, name, choice, isChosen, onChange }: ChoiceCardProps<V>) {
  return (
    <label
      className={cx(
        'flex cursor-pointer items-start gap-2.5 rounded-control border bg-surface p-3',
        isChosen ? 'border-accent ring-1 ring-accent' : 'border-line hover:border-control',
      )}
    >
      <input
        type={type}
        name={name}
        value={choice.value}
        checked={isChosen}
        onChange={onChange}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <span className="min-w-0">
        <span className="block font-medium">{choice.label}</span>
        {choice.hint && <span className="mt-0.5 block text-[13px] text-muted">{choice.hint}</span>}
      </span>
    </label>
  );
}
