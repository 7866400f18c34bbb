'use client';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Badge } from '../../../../../_ui/badge.tsx';
import { ButtonLink } from '../../../../../_ui/button-link.tsx';
import { Reading } from '../../../../../_ui/reading/reading.tsx';
import { SourceLine } from '../../../../../_ui/source-line.tsx';
import { TaskBadge } from '../../_components/task-badge.tsx';

type Prompt = Outputs['prompts']['get'];

interface SamplingSectionProps {
  sampling: Prompt['samplings'][number];
  rankings: Prompt['rankings'];
}

/** The responses of one sampling, best first where they are ranked, and who ranked them. */
export function SamplingSection({ sampling, rankings }: SamplingSectionProps) {
  const t = useTranslations('prompt');
  const format = useFormatter();
  const conditions = useTranslations('conditions');
  const newest = rankings[0];
  const placeOf = (id: string) => (newest ? newest.tiers.findIndex((tier) => tier.includes(id)) + 1 : 0);
  const responses = [...sampling.responses].sort((one, other) => placeOf(one.id) - placeOf(other.id));
  const factsOf = ({ tokenCount, logp, finishReason }: (typeof responses)[number]) => [
    // A server elsewhere may tell neither.
    ...(tokenCount === null ? [] : [t('tokens', { tokens: tokenCount })]),
    ...(logp === null ? [] : [t('logp', { logp: format.number(logp, { maximumFractionDigits: 1 }) })]),
    ...(finishReason === 'length' ? [t('cut')] : []),
  ];
  return (
    <section aria-label={t('samplingBy', { policy: sampling.policyName })}>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold text-base">{t('samplingBy', { policy: sampling.policyName })}</h2>
        {sampling.purpose === 'evaluation' ? (
          <Badge>{t('evaluation')}</Badge>
        ) : (
          <TaskBadge status={sampling.taskStatus} />
        )}
        {sampling.taskId && (
          <ButtonLink variant="ghost" size="sm" href={`/review/${sampling.taskId}`} prefetch={false}>
            {t('review')}
          </ButtonLink>
        )}
        <p className="numeric text-[13px] text-faint">
          {!sampling.isImported && (
            <>
              {t('settings', {
                temperature: sampling.config.temperature,
                topP: sampling.config.top_p,
                topK: sampling.config.top_k,
                seed: sampling.seed.toString(),
              })}
              {' · '}
            </>
          )}
          {sampling.conditions.map((name) => `${t('rendered', { name: conditions(`${name}.label`) })} · `)}
          {format.dateTime(sampling.sampledAt, { dateStyle: 'medium', timeStyle: 'short' })}
        </p>
      </div>
      <ol className="grid gap-3 lg:grid-cols-2">
        {responses.map((response) => {
          const place = placeOf(response.id);
          return (
            <li key={response.id} className="flex flex-col rounded-card border border-line bg-surface p-4">
              {place > 0 && <p className="mb-1 font-semibold text-[13px] text-accent-text">{t('place', { place })}</p>}
              <Reading text={response.text} className="flex-1" />
              <p className="numeric mt-3 text-faint text-xs">{factsOf(response).join(' · ')}</p>
            </li>
          );
        })}
      </ol>
      {rankings.length > 0 && (
        <ul className="mt-3 flex flex-col gap-1">
          {rankings.map((ranking) => (
            <li key={ranking.id}>
              <SourceLine source={{ ...ranking.source, createdAt: ranking.createdAt }} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
