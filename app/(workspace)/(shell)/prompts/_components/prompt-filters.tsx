'use client';
// What to look for. The usual three at once, the rest behind a word; only what there is can be chosen.
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import {
  type PromptFilter,
  type PromptOrder,
  promptOrders,
  promptStatuses,
} from '../../../../../domain/prompt-filter.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ChoiceSelect } from '../../../../_ui/choice-select.tsx';
import { Input, Select } from '../../../../_ui/field.tsx';

interface PromptFiltersProps {
  filter: PromptFilter;
  onChange: (filter: PromptFilter) => void;
  order: PromptOrder;
  onOrder: (order: PromptOrder) => void;
  count: number | undefined;
}

const splits = ['train', 'heldout'] as const;
const flags = ['hasResponses', 'isFlagged', 'isGold', 'isPaused'] as const;
/** Prompts without a language: no tag of a language is this. */
const noLanguage = '-';

export function PromptFilters({ filter, onChange, order, onOrder, count }: PromptFiltersProps) {
  const t = useTranslations('prompts');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data: choices } = useQuery(trpc.prompts.choices.queryOptions({ projectId: project.id }));
  const set = (change: PromptFilter) => onChange(withoutGaps({ ...filter, ...change }));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <search className="mb-4 flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          value={filter.search ?? ''}
          onChange={(event) => set({ search: event.target.value || undefined })}
          maxLength={200}
          className="max-w-xs"
        />
        <ChoiceSelect
          label={t('split')}
          value={filter.split}
          onChange={(value) => set({ split: splits.find((split) => split === value) })}
          any={t('splits.all')}
          options={splits.map((split) => [split, t(`splits.${split}`)])}
        />
        <ChoiceSelect
          label={t('state')}
          value={filter.status}
          onChange={(value) => set({ status: promptStatuses.find((status) => status === value) })}
          any={t('filters.anyState')}
          options={promptStatuses.map((status) => [status, t(`filters.status.${status}`)])}
        />
        <Select
          aria-label={t('filters.order')}
          value={order}
          onChange={(event) => onOrder(promptOrders.find((one) => one === event.target.value) ?? order)}
          className="w-auto"
        >
          {promptOrders.map((one) => (
            <option key={one} value={one}>
              {t(`filters.orders.${one}`)}
            </option>
          ))}
        </Select>
      </div>
      <details>
        <summary className="w-fit cursor-pointer rounded-control font-medium text-accent-text">
          {t('filters.more')}
        </summary>
        <div className="mt-3 flex flex-wrap gap-2">
          <ChoiceSelect
            label={t('filters.tag')}
            value={filter.tag}
            onChange={(tag) => set({ tag })}
            any={t('filters.anyTag')}
            options={choices?.tags.map((tag) => [tag, tag])}
          />
          <ChoiceSelect
            label={t('filters.language')}
            value={filter.language === null ? noLanguage : filter.language}
            onChange={(language) => set({ language: language === noLanguage ? null : language })}
            any={t('filters.anyLanguage')}
            options={
              choices && [[noLanguage, t('filters.noLanguage')], ...choices.languages.map((one) => [one, one] as const)]
            }
          />
          <ChoiceSelect
            label={t('filters.qualification')}
            value={filter.qualification}
            onChange={(qualification) => set({ qualification })}
            any={t('filters.anyQualification')}
            options={choices?.qualifications.map((one) => [one, one])}
          />
          <ChoiceSelect
            label={t('filters.batch')}
            value={filter.batchId}
            onChange={(batchId) => set({ batchId })}
            any={t('filters.anyBatch')}
            options={choices?.batches.map(({ id, name }) => [id, name])}
          />
          <ChoiceSelect
            label={t('filters.priority')}
            value={filter.priority?.toString()}
            onChange={(value) => set({ priority: value === undefined ? undefined : Number(value) })}
            any={t('filters.anyPriority')}
            options={choices?.priorities.map((one) => [String(one), t('priorityOf', { priority: one })])}
          />
          {flags.map((flag) => (
            <ChoiceSelect
              key={flag}
              label={t(`filters.${flag}.label`)}
              value={filter[flag] === undefined ? undefined : filter[flag] ? 'yes' : 'no'}
              onChange={(value) => set({ [flag]: value === undefined ? undefined : value === 'yes' })}
              any={t(`filters.${flag}.any`)}
              options={[
                ['yes', t(`filters.${flag}.yes`)],
                ['no', t(`filters.${flag}.no`)],
              ]}
            />
          ))}
        </div>
      </details>
      <p className="flex flex-wrap items-center gap-x-3 text-[13px] text-muted">
        <span role="status" className="numeric">
          {count !== undefined && t('filters.count', { count })}
        </span>
        {isFiltered && (
          <Button variant="ghost" size="sm" onClick={() => onChange({})}>
            {t('filters.reset')}
          </Button>
        )}
      </p>
    </search>
  );
}

/** A filter without the questions that are not asked. */
function withoutGaps(filter: PromptFilter): PromptFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
