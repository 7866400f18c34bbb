'use client';
// The criteria that each response is rated by: the usual ones at a click, and the project's own.
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { criterionKey, moved, presetCriteria } from '../../../../../domain/criteria.ts';
import type { Criterion } from '../../../../../domain/label-settings.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';
import { Section } from './section.tsx';
import type { LabellingPartProps } from './settings-draft.ts';

const mostCriteria = 6;

export function CriteriaEditor({ labelling, onChange }: LabellingPartProps) {
  const t = useTranslations('settings.criteria');
  const { criteria } = labelling;
  const set = (changed: Criterion[]) => onChange({ criteria: changed });
  const isFull = criteria.length >= mostCriteria;
  const presets = presetCriteria.filter((preset) => !criteria.some(({ key }) => key === preset));
  return (
    <Section title={t('title')} text={t('text')}>
      {criteria.length === 0 ? (
        <p className="text-faint">{t('none')}</p>
      ) : (
        <ol className="flex flex-col gap-3">
          {criteria.map((criterion, index) => (
            <CriterionFields
              key={criterion.key}
              criterion={criterion}
              isFirst={index === 0}
              isLast={index === criteria.length - 1}
              onChange={(changed) => set(criteria.map((one) => (one === criterion ? changed : one)))}
              onMove={(by) => set(moved(criteria, index, by))}
              onRemove={() => set(criteria.filter((one) => one !== criterion))}
            />
          ))}
        </ol>
      )}
      <div className="flex flex-wrap gap-2">
        {presets.map((preset) => (
          <Button
            key={preset}
            size="sm"
            disabled={isFull}
            onClick={() =>
              set([
                ...criteria,
                { key: preset, name: t(`presets.${preset}.name`), description: t(`presets.${preset}.description`) },
              ])
            }
          >
            <Plus aria-hidden className="size-3.5" />
            {t(`presets.${preset}.name`)}
          </Button>
        ))}
        <Button
          size="sm"
          disabled={isFull}
          onClick={() => {
            const name = t('own', { number: criteria.length + 1 });
            set([...criteria, { key: criterionKey(name, criteria), name, description: '' }]);
          }}
        >
          <Plus aria-hidden className="size-3.5" />
          {t('add')}
        </Button>
      </div>
    </Section>
  );
}

interface CriterionFieldsProps {
  criterion: Criterion;
  isFirst: boolean;
  isLast: boolean;
  onChange: (changed: Criterion) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

function CriterionFields({ criterion, isFirst, isLast, onChange, onMove, onRemove }: CriterionFieldsProps) {
  const t = useTranslations('settings.criteria');
  const { name, description } = criterion;
  return (
    <li className="flex flex-wrap items-end gap-3 rounded-control border border-line p-3">
      <Field label={t('name')} className="min-w-40 flex-1">
        {(control) => (
          <Input
            {...control}
            value={name}
            onChange={(event) => onChange({ ...criterion, name: event.target.value })}
            required
            maxLength={60}
          />
        )}
      </Field>
      <Field label={t('description')} className="min-w-56 flex-[2]">
        {(control) => (
          <Input
            {...control}
            value={description}
            onChange={(event) => onChange({ ...criterion, description: event.target.value })}
            maxLength={500}
          />
        )}
      </Field>
      <div className="flex gap-1">
        <Button
          variant="ghost"
          aria-label={t('up', { name })}
          disabled={isFirst}
          onClick={() => onMove(-1)}
          className="px-2"
        >
          <ArrowUp aria-hidden className="size-4" />
        </Button>
        <Button
          variant="ghost"
          aria-label={t('down', { name })}
          disabled={isLast}
          onClick={() => onMove(1)}
          className="px-2"
        >
          <ArrowDown aria-hidden className="size-4" />
        </Button>
        <Button variant="ghost" aria-label={t('remove', { name })} onClick={onRemove} className="px-2">
          <X aria-hidden className="size-4" />
        </Button>
      </div>
    </li>
  );
}
