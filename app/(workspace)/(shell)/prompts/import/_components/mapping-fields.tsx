'use client';
import { useTranslations } from 'next-intl';
import type { ColumnMapping } from '../../../../../../domain/imports/mapping.ts';
import { Checks, Field, Select } from '../../../../../_ui/field.tsx';

interface MappingFieldsProps {
  columns: readonly string[];
  mapping: ColumnMapping;
  onChange: (mapping: ColumnMapping) => void;
}

const optional = ['system', 'persona', 'tags', 'language', 'qualifications', 'priority'] as const;
const mostResponses = 8;

/** Which column of somebody's table is what. */
export function MappingFields({ columns, mapping, onChange }: MappingFieldsProps) {
  const t = useTranslations('imports.mapping');
  const choose = (name: 'prompt' | (typeof optional)[number], column: string) => {
    const { [name]: _, ...rest } = mapping;
    onChange(column === '' && name !== 'prompt' ? (rest as ColumnMapping) : { ...mapping, [name]: column });
  };
  const field = (name: 'prompt' | (typeof optional)[number]) => (
    <Field key={name} label={t(name)}>
      {(control) => (
        <Select {...control} value={mapping[name] ?? ''} onChange={(event) => choose(name, event.target.value)}>
          <option value="">{name === 'prompt' ? t('choose') : t('none')}</option>
          {columns.map((column) => (
            <option key={column} value={column}>
              {column}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
  return (
    <fieldset className="flex flex-col gap-4 rounded-control border border-line p-3">
      <legend className="px-1 font-medium">{t('title')}</legend>
      {field('prompt')}
      <Checks
        legend={t('responses')}
        hint={t('responsesHint')}
        name="responses"
        values={mapping.responses}
        onChange={(responses) => onChange({ ...mapping, responses: responses.slice(0, mostResponses) })}
        choices={columns
          .filter((column) => column !== mapping.prompt)
          .map((column) => ({ value: column, label: column }))}
      />
      {mapping.responses.length > 1 && (
        <label className="flex items-start gap-2.5">
          <input
            type="checkbox"
            checked={mapping.isBestFirst}
            onChange={(event) => onChange({ ...mapping, isBestFirst: event.target.checked })}
            className="mt-0.5 size-4 shrink-0 accent-accent"
          />
          {t('bestFirst')}
        </label>
      )}
      <details>
        <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('more')}</summary>
        <div className="mt-4 flex flex-col gap-4">{optional.map(field)}</div>
      </details>
    </fieldset>
  );
}
