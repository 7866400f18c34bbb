'use client';
// What a person can be given to rank: languages and qualifications, as lists between commas.
import { useTranslations } from 'next-intl';
import { splitList } from '../../domain/members.ts';
import { Field, Input } from './field.tsx';

interface Suits {
  languages: string[];
  qualifications: string[];
}

export function SuitsFields({ value }: { value?: Suits }) {
  const t = useTranslations('suits');
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t('languages')} hint={t('languagesHint')}>
        {(control) => (
          <Input {...control} name="languages" autoComplete="off" defaultValue={value?.languages.join(', ')} />
        )}
      </Field>
      <Field label={t('qualifications')} hint={t('qualificationsHint')}>
        {(control) => (
          <Input
            {...control}
            name="qualifications"
            autoComplete="off"
            defaultValue={value?.qualifications.join(', ')}
          />
        )}
      </Field>
    </div>
  );
}

/** What the fields of a submitted form say. */
export function readSuits(form: FormData): Suits {
  const list = (name: keyof Suits) => splitList(String(form.get(name) ?? ''));
  return { languages: list('languages'), qualifications: list('qualifications') };
}
