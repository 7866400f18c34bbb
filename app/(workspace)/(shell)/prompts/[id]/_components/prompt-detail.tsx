'use client';
import { useQuery } from '@tanstack/react-query';
import { MessagesSquare } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useTRPC } from '../../../../../_trpc/context.ts';
import { BackLink } from '../../../../../_ui/back-link.tsx';
import { Badge } from '../../../../../_ui/badge.tsx';

import { Card, Page } from '../../../../../_ui/page.tsx';
import { Conversation } from '../../../../../_ui/reading/conversation.tsx';
import { Empty, ErrorState, SkeletonList } from '../../../../../_ui/state.tsx';
import { SamplingSection } from './sampling-section.tsx';

/** One prompt with everything that was answered to it, by sampling, and how it was ranked. */
export function PromptDetail({ promptId }: { promptId: string }) {
  const t = useTranslations('prompt');
  const nav = useTranslations('nav');
  const splits = useTranslations('prompts.splits');
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.prompts.get.queryOptions({ promptId }));
  return (
    <Page title={t('title')} back={<BackLink href="/prompts">{nav('prompts')}</BackLink>}>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonList rows={4} className="h-24" />
      ) : (
        <div className="flex flex-col gap-8">
          <Card>
            <div className="mb-3 flex flex-wrap gap-2">
              <Badge>{splits(data.prompt.split)}</Badge>
              {data.prompt.persona && <Badge>{t('persona', { persona: data.prompt.persona })}</Badge>}
              {data.prompt.tags.map((tag) => (
                <Badge key={tag}>{tag}</Badge>
              ))}
            </div>
            <Conversation messages={data.prompt.messages} headings={2} />
          </Card>
          {data.samplings.length === 0 ? (
            <Empty icon={MessagesSquare} title={t('emptyTitle')}>
              {t('emptyText')}
            </Empty>
          ) : (
            data.samplings.map((sampling) => (
              <SamplingSection
                key={sampling.samplingId}
                sampling={sampling}
                rankings={data.rankings.filter((ranking) => ranking.samplingId === sampling.samplingId)}
              />
            ))
          )}
        </div>
      )}
    </Page>
  );
}
