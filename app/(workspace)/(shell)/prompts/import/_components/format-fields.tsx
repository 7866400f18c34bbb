'use client';
// What the file is: recognised, or said by whoever imports; for a table of their own, which column is what.
import { useTranslations } from 'next-intl';
import { type ShapeName, shapeNames } from '../../../../../../domain/imports/shape-names.ts';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Field, Select } from '../../../../../_ui/field.tsx';
import { MappingFields } from './mapping-fields.tsx';
import type { useImportOptions } from './use-import-options.ts';

interface FormatFieldsProps {
  form: ReturnType<typeof useImportOptions>;
  found: Outputs['imports']['preview'] | undefined;
  fileName: string;
}

export function FormatFields({ form, found, fileName }: FormatFieldsProps) {
  const t = useTranslations('imports.format');
  const { draft, set } = form;
  const isRecognised = draft.shape === null && found?.shape;
  return (
    <>
      <div className="min-w-0">
        <h2 className="break-words font-semibold text-base">{fileName}</h2>
        {found && <p className="text-muted">{t(`containers.${found.container}`)}</p>}
      </div>
      <Field
        label={t('label')}
        hint={isRecognised && found?.shape ? t('recognised', { shape: t(`shapes.${found.shape}`) }) : t('hint')}
      >
        {(control) => (
          <Select
            {...control}
            value={draft.shape ?? ''}
            onChange={(event) => set({ shape: (event.target.value || null) as ShapeName | null })}
          >
            <option value="">{t('auto')}</option>
            {shapeNames.map((name) => (
              <option key={name} value={name}>
                {t(`shapes.${name}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.shape === 'columns' && (
        <MappingFields
          columns={found?.columns ?? []}
          mapping={draft.mapping}
          onChange={(mapping) => set({ mapping })}
        />
      )}
    </>
  );
}
