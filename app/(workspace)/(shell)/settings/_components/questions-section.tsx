'use client';
import { useTranslations } from 'next-intl';
import { labelModes, strengthNames, strengths } from '../../../../../domain/label-settings.ts';
import { Choices, Field, Select } from '../../../../_ui/field.tsx';
import { Section, Switch } from './section.tsx';
import type { LabellingPartProps } from './settings-draft.ts';

const asked = ['off', 'optional', 'required'] as const;
type Asked = (typeof asked)[number];
const toAsked = (value: string): Asked => asked.find((one) => one === value) ?? 'optional';

/** What is asked of a person beside the order. */
export function QuestionsSection({ labelling, onChange }: LabellingPartProps) {
  const t = useTranslations('settings.questions');
  const use = useTranslations('settings.asked');
  const levels = useTranslations('settings.strengths');
  const { mode, strength, rationale, edits } = labelling;
  const options = asked.map((one) => (
    <option key={one} value={one}>
      {use(one)}
    </option>
  ));
  return (
    <Section title={t('title')} text={t('text')}>
      <Choices
        legend={t('mode')}
        name="mode"
        value={mode}
        onChange={(chosen) => onChange({ mode: chosen })}
        choices={labelModes.map((one) => ({ value: one, label: t(`modes.${one}.name`), hint: t(`modes.${one}.hint`) }))}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label={t('strength')} hint={mode === 'thumbs' ? t('strengthThumbs') : t('strengthHint')}>
          {(control) => (
            <Select
              {...control}
              value={strength}
              onChange={(event) => onChange({ strength: toAsked(event.target.value) })}
            >
              {options}
            </Select>
          )}
        </Field>
        <Field label={t('rationale')} hint={t('rationaleHint')}>
          {(control) => (
            <Select
              {...control}
              value={rationale.use}
              onChange={(event) => onChange({ rationale: { ...rationale, use: toAsked(event.target.value) } })}
            >
              {options}
            </Select>
          )}
        </Field>
        {rationale.use === 'required' && (
          <Field label={t('fromStrength')} hint={t('fromStrengthHint')}>
            {(control) => (
              <Select
                {...control}
                value={rationale.fromStrength ?? ''}
                onChange={(event) => {
                  const fromStrength = strengths.find((level) => String(level) === event.target.value) ?? null;
                  onChange({ rationale: { ...rationale, fromStrength } });
                }}
              >
                <option value="">{t('always')}</option>
                {strengths.map((level) => (
                  <option key={level} value={level}>
                    {levels(strengthNames[level])}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
      </div>
      <Switch
        label={t('edits')}
        hint={t('editsHint')}
        checked={edits}
        onChange={(checked) => onChange({ edits: checked })}
      />
    </Section>
  );
}
