// A password for a new account, within the bounds that the server has.
import { Field, Input } from './field.tsx';

export function NewPasswordField({ label, hint }: { label: string; hint: string }) {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <Input
          {...control}
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={128}
        />
      )}
    </Field>
  );
}
