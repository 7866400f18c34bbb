'use client';
// One ranking, whole: what was shown, in the order in which it was shown, and all that its author said.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { strengthNames } from '../../../../../../domain/label-settings.ts';
import { type Outputs, useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Badge } from '../../../../../_ui/badge.tsx';
import { Messages } from '../../../../../_ui/messages.tsx';
import { Card, Page } from '../../../../../_ui/page.tsx';
import { Reading } from '../../../../../_ui/reading/reading.tsx';
import { WordDiff } from '../../../../../_ui/reading/word-diff.tsx';
import { SourceLine } from '../../../../../_ui/source-line.tsx';
import { ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';

type Ranking = Outputs['rankings']['get'];

export function RankingDetail({ rankingId }: { rankingId: string }) {
  const t = useTranslations('rankings');
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.rankings.get.queryOptions({ rankingId }));
  return (
    <Page title={t('one')} back={<BackLink href="/rankings">{t('title')}</BackLink>}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <div className="flex flex-col gap-6">
          <Facts ranking={data} />
          <Card>
            <Messages messages={data.prompt} size="reading" />
            <Link href={`/prompts/${data.promptId}`} className="mt-3 inline-block text-accent-text underline">
              {t('toPrompt')}
            </Link>
          </Card>
          <ol className="grid gap-3 lg:grid-cols-2">
            {data.responses.map((response) => (
              <ResponseItem key={response.id} ranking={data} response={response} />
            ))}
          </ol>
        </div>
      ) : (
        <SkeletonList rows={4} className="h-24" />
      )}
    </Page>
  );
}

function Facts({ ranking }: { ranking: Ranking }) {
  const t = useTranslations('rankings');
  const levels = useTranslations('settings.strengths');
  const flags = useTranslations('rankings.flagNames');
  const format = useFormatter();
  const { said, source, retraction, guidelineVersion } = ranking;
  const wide = said.flags.filter(({ responseId }) => responseId === null);
  const facts: [string, ReactNode][] = [
    [t('facts.strength'), said.strength && levels(strengthNames[said.strength])],
    [t('facts.overall'), said.overall && t(`overall.${said.overall}`)],
    [t('facts.flags'), wide.map(({ flag }) => flags(flag)).join(', ')],
    [
      t('facts.time'),
      said.durationMs !== null &&
        t('seconds', { seconds: format.number(said.durationMs / 1_000, { maximumFractionDigits: 1 }) }),
    ],
    [t('facts.guideline'), guidelineVersion && t('facts.version', { version: guidelineVersion })],
    [t('facts.verdict'), said.verdict],
  ];
  return (
    <Card className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <SourceLine source={{ ...source, createdAt: said.createdAt }} />
        {said.kind === 'adjudication' && <Badge tone="accent">{t('adjudication')}</Badge>}
        {ranking.isGold && <Badge tone="accent">{t('gold')}</Badge>}
      </div>
      {retraction && (
        <p role="note" className="rounded-control bg-danger-soft p-3 text-danger">
          {t('takenBack', {
            name: retraction.by ?? t('somebody'),
            date: format.dateTime(retraction.at, { dateStyle: 'medium', timeStyle: 'short' }),
          })}{' '}
          {retraction.reason}
        </p>
      )}
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2 lg:grid-cols-3">
        {facts
          .filter(([, value]) => value)
          .map(([label, value]) => (
            <div key={label}>
              <dt className="text-[13px] text-faint">{label}</dt>
              <dd className="break-words font-medium">{value}</dd>
            </div>
          ))}
      </dl>
      {said.rationale && (
        <div>
          <h2 className="text-[13px] text-faint">{t('rationale')}</h2>
          <p dir="auto" className="whitespace-pre-wrap break-words">
            {said.rationale}
          </p>
        </div>
      )}
    </Card>
  );
}

function ResponseItem({ ranking, response }: { ranking: Ranking; response: Ranking['responses'][number] }) {
  const t = useTranslations('rankings');
  const flags = useTranslations('rankings.flagNames');
  const { said, edit } = ranking;
  const place = said.tiers.findIndex((tier) => tier.includes(response.id)) + 1;
  const ratings = Object.entries(said.ratings[response.id] ?? {});
  const thumb = said.thumbs?.[response.id];
  const own = said.flags.filter(({ responseId }) => responseId === response.id);
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <p className="flex flex-wrap items-center gap-2">
        {place > 0 && <Badge tone="accent">{t('place', { place })}</Badge>}
        {thumb && <Badge>{t(`thumbs.${thumb}`)}</Badge>}
        {own.map(({ flag }) => (
          <Badge key={flag} tone="warn">
            {flags(flag)}
          </Badge>
        ))}
        {ratings.map(([key, value]) => (
          <Badge key={key}>{t('rating', { criterion: key, value })}</Badge>
        ))}
      </p>
      <Reading text={response.text} />
      {edit?.ofId === response.id && (
        <section aria-label={t('edit')} className="border-line border-t pt-3">
          <h3 className="font-medium">{t('edit')}</h3>
          <WordDiff before={response.text} after={edit.text} />
        </section>
      )}
    </li>
  );
}
