'use client';
import { useTranslations } from 'next-intl';
import { layouts } from '../../../../../domain/label-settings.ts';
import { Choices } from '../../../../_ui/field.tsx';
import { NumberSetting } from './number-setting.tsx';
import { Section, Switch } from './section.tsx';
import type { LabellingPartProps } from './settings-draft.ts';

const usualSpeed = 800;

/** How responses are laid out, and when somebody reads too fast to have read. */
export function ReadingSection({ labelling, onChange }: LabellingPartProps) {
  const t = useTranslations('settings.reading');
  const { layout, readingSpeed } = labelling;
  return (
    <Section title={t('title')}>
      <Choices
        legend={t('layout')}
        name="layout"
        value={layout}
        onChange={(chosen) => onChange({ layout: chosen })}
        choices={layouts.map((one) => ({
          value: one,
          label: t(`layouts.${one}.name`),
          hint: t(`layouts.${one}.hint`),
        }))}
      />
      <Switch
        label={t('warns')}
        hint={t('warnsHint')}
        checked={readingSpeed !== null}
        onChange={(checked) => onChange({ readingSpeed: checked ? usualSpeed : null })}
      />
      {readingSpeed !== null && (
        <NumberSetting
          label={t('speed')}
          hint={t('speedHint')}
          value={readingSpeed}
          onChange={(speed) => onChange({ readingSpeed: speed })}
          min={100}
          max={2000}
          step={10}
          className="max-w-32"
        />
      )}
    </Section>
  );
}
