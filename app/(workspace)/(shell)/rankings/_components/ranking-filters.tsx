'use client';
import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { overallVerdicts } from '../../../../../domain/annotation.ts';
import { strengthNames, strengths } from '../../../../../domain/label-settings.ts';
import type { RankingFilter } from '../../../../../domain/ranking-filter.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { useTRPC } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { ChoiceSelect } from '../../../../_ui/choice-select.tsx';
import { Field, Input } from '../../../../_ui/field.tsx';

interface RankingFiltersProps {
  filter: RankingFilter;
  onChange: (filter: RankingFilter) => void;
  count: number | undefined;
}

const sources = ['person', 'judge', 'import', 'adjudication'] as const;
const questions = ['isFlagged', 'hasRationale', 'hasEdit'] as const;
const dayMs = 86_400_000;

/** A day as a date field has it, in the browser's own time. */
const dayOf = (date: Date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
const midnight = (day: string) => (day ? new Date(`${day}T00:00:00`) : undefined);

export function RankingFilters({ filter, onChange, count }: RankingFiltersProps) {
  const t = useTranslations('rankings.filters');
  const levels = useTranslations('settings.strengths');
  const overall = useTranslations('rankings.overall');
  const { project } = useWorkspace();
  const trpc = useTRPC();
  const { data: authors } = useQuery(trpc.rankings.authors.queryOptions({ projectId: project.id }));
  const { data: choices } = useQuery(trpc.prompts.choices.queryOptions({ projectId: project.id }));
  const set = (change: RankingFilter) =>
    onChange(Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined)));
  return (
    <search className="mb-4 flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <ChoiceSelect
          label={t('author')}
          value={filter.userId ?? filter.judgeId}
          any={t('anyAuthor')}
          options={[...(authors?.people ?? []), ...(authors?.judges ?? [])].map(({ id, name }) => [id, name] as const)}
          onChange={(id) => {
            const isJudge = authors?.judges.some((judge) => judge.id === id) ?? false;
            set({ userId: isJudge ? undefined : id, judgeId: isJudge ? id : undefined });
          }}
        />
        <ChoiceSelect
          label={t('source')}
          value={filter.source}
          any={t('anySource')}
          options={sources.map((source) => [source, t(`sources.${source}`)] as const)}
          onChange={(value) => set({ source: sources.find((source) => source === value) })}
        />
        <ChoiceSelect
          label={t('retracted')}
          value={filter.isRetracted ? 'yes' : undefined}
          any={t('standing')}
          options={[['yes', t('takenBack')]]}
          onChange={(value) => set({ isRetracted: value === 'yes' ? true : undefined })}
        />
      </div>
      <details>
        <summary className="w-fit cursor-pointer rounded-control font-medium text-accent-text">{t('more')}</summary>
        <div className="mt-3 flex flex-wrap items-end gap-2">
          <Field label={t('from')}>
            {(control) => (
              <Input
                {...control}
                type="date"
                value={filter.from ? dayOf(filter.from as Date) : ''}
                onChange={(event) => set({ from: midnight(event.target.value) })}
              />
            )}
          </Field>
          <Field label={t('until')}>
            {(control) => (
              <Input
                {...control}
                type="date"
                // The last day is meant whole.
                value={filter.until ? dayOf(new Date((filter.until as Date).getTime() - dayMs / 2)) : ''}
                onChange={(event) => {
                  const start = midnight(event.target.value);
                  set({ until: start && new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1) });
                }}
              />
            )}
          </Field>
          <ChoiceSelect
            label={t('batch')}
            value={filter.batchId}
            any={t('anyBatch')}
            options={choices?.batches.map(({ id, name }) => [id, name] as const)}
            onChange={(batchId) => set({ batchId })}
          />
          <ChoiceSelect
            label={t('overall')}
            value={filter.overall}
            any={t('anyOverall')}
            options={overallVerdicts.map((verdict) => [verdict, overall(verdict)] as const)}
            onChange={(value) => set({ overall: overallVerdicts.find((verdict) => verdict === value) })}
          />
          <ChoiceSelect
            label={t('strength')}
            value={filter.strength?.toString()}
            any={t('anyStrength')}
            options={strengths.map((level) => [String(level), levels(strengthNames[level])] as const)}
            onChange={(value) => set({ strength: strengths.find((level) => String(level) === value) })}
          />
          {questions.map((question) => (
            <ChoiceSelect
              key={question}
              label={t(`${question}.label`)}
              value={filter[question] === undefined ? undefined : filter[question] ? 'yes' : 'no'}
              any={t(`${question}.any`)}
              options={[
                ['yes', t(`${question}.yes`)],
                ['no', t(`${question}.no`)],
              ]}
              onChange={(value) => set({ [question]: value === undefined ? undefined : value === 'yes' })}
            />
          ))}
        </div>
      </details>
      <p className="flex flex-wrap items-center gap-x-3 text-[13px] text-muted">
        <span role="status" className="numeric">
          {count !== undefined && t('count', { count })}
        </span>
        {Object.keys(filter).length > 0 && (
          <Button variant="ghost" size="sm" onClick={() => onChange({})}>
            {t('reset')}
          </Button>
        )}
      </p>
    </search>
  );
}
