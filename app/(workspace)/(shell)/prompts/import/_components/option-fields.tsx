'use client';
// What is decided about an import: its name, where its prompts go, what is added to them, what becomes of its responses.
import { useTranslations } from 'next-intl';
import { rankingChoices, responseChoices, splitChoices } from '../../../../../../domain/imports/options.ts';
import { Choices, Field, Input } from '../../../../../_ui/field.tsx';
import { NumberField } from '../../../../../_ui/number-field.tsx';
import type { useImportOptions } from './use-import-options.ts';

interface OptionFieldsProps {
  form: ReturnType<typeof useImportOptions>;
  hasResponses: boolean;
}

export function OptionFields({ form, hasResponses }: OptionFieldsProps) {
  const t = useTranslations('imports.options');
  const { draft, set, bad } = form;
  const text = (name: 'name' | 'tags' | 'language' | 'qualifications') => (
    <Field label={t(`${name}.label`)} hint={t(`${name}.hint`)} {...(bad === name ? { error: t(`${name}.error`) } : {})}>
      {(control) => (
        <Input
          {...control}
          value={draft[name]}
          autoComplete="off"
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      {text('name')}
      <Choices
        legend={t('split.label')}
        name="split"
        value={draft.split}
        onChange={(split) => set({ split })}
        choices={splitChoices.map((value) => ({ value, label: t(`split.${value}`), hint: t(`split.${value}Hint`) }))}
      />
      {draft.split === 'share' && (
        <NumberField
          label={t('heldOut.label')}
          hint={t('heldOut.hint')}
          error={bad === 'heldOutShare' ? t('heldOut.error') : undefined}
          step={1}
          min={1}
          max={90}
          value={Number.isNaN(draft.heldOut) ? '' : draft.heldOut}
          onChange={(event) => set({ heldOut: event.target.valueAsNumber })}
        />
      )}
      {hasResponses && (
        <Choices
          legend={t('responses.label')}
          name="responses"
          value={draft.responses}
          onChange={(responses) => set({ responses })}
          choices={responseChoices.map((value) => ({
            value,
            label: t(`responses.${value}`),
            hint: t(`responses.${value}Hint`),
          }))}
        />
      )}
      {hasResponses && draft.responses === 'rank' && (
        <Choices
          legend={t('rankings.label')}
          name="rankings"
          value={draft.rankings}
          onChange={(rankings) => set({ rankings })}
          choices={rankingChoices.map((value) => ({
            value,
            label: t(`rankings.${value}`),
            hint: t(`rankings.${value}Hint`),
          }))}
        />
      )}
      <details>
        <summary className="cursor-pointer rounded-control font-medium text-accent-text">{t('more')}</summary>
        <div className="mt-4 flex flex-col gap-4">
          {text('tags')}
          {text('language')}
          {text('qualifications')}
          <NumberField
            label={t('priority.label')}
            hint={t('priority.hint')}
            error={bad === 'priority' ? t('priority.error') : undefined}
            step={1}
            value={Number.isNaN(draft.priority) ? '' : draft.priority}
            onChange={(event) => set({ priority: event.target.valueAsNumber })}
          />
        </div>
      </details>
    </>
  );
}
