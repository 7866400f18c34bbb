'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { Field, Input } from '../../../../_ui/field.tsx';
import { NumberSetting } from './number-setting.tsx';
import { Section, Switch } from './section.tsx';
import type { SettingsPartProps } from './settings-draft.ts';

interface PeopleSectionProps extends SettingsPartProps {
  closedAt: Date | null;
  covered: { people: number; tasks: number }[];
  /** The overlap as it is saved. */
  before: number;
}

/** The project's name, by how many people each task is ranked, and whether anything is given out just now. */
export function PeopleSection({ draft, onChange, closedAt, covered, before }: PeopleSectionProps) {
  const t = useTranslations('settings');
  const format = useFormatter();
  const open = covered.reduce((sum, row) => sum + row.tasks, 0);
  const kept = covered.reduce((sum, row) => sum + (row.people > draft.overlap ? row.tasks : 0), 0);
  return (
    <Section title={t('general.title')}>
      <Field label={t('general.name')}>
        {(control) => (
          <Input
            {...control}
            value={draft.name}
            onChange={(event) => onChange({ name: event.target.value })}
            required
            maxLength={100}
          />
        )}
      </Field>
      <NumberSetting
        label={t('general.overlap')}
        hint={
          <>
            {t('general.overlapHint')}
            {draft.overlap !== before && (
              <span role="status" className="mt-1 block text-warn">
                {t('general.overlapEffect', { open, kept })}
              </span>
            )}
          </>
        }
        value={draft.overlap}
        onChange={(overlap) => onChange({ overlap })}
        min={1}
        max={20}
        step={1}
        className="max-w-32"
      />
      <Switch
        label={t('general.paused')}
        hint={t('general.pausedHint')}
        checked={draft.isPaused}
        onChange={(isPaused) => onChange({ isPaused })}
      />
      <Switch
        label={t('general.closed')}
        hint={
          closedAt && draft.isClosed
            ? t('general.closedSince', { date: format.dateTime(closedAt, { dateStyle: 'medium', timeStyle: 'short' }) })
            : t('general.closedHint')
        }
        checked={draft.isClosed}
        onChange={(isClosed) => onChange({ isClosed })}
      />
    </Section>
  );
}
