'use client';
// The prompt and its responses. Everything a model or a user wrote is plain text here, never markup.
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { placeOf, type RankingDraft, toTiers } from '../../../../domain/ranking.ts';
import { Messages } from '../../../_ui/messages.tsx';
import { ResponseCard } from './response-card.tsx';
import type { Task } from './task.ts';

interface TaskViewProps {
  task: Task;
  draft: RankingDraft;
  onPlace: (index: number, tied: boolean) => void;
}

export function TaskView({ task, draft, onPlace }: TaskViewProps) {
  const t = useTranslations('label');
  const top = useRef<HTMLElement>(null);
  const tiers = toTiers(draft);

  // A new task is a new view (see its key): reading begins at the prompt.
  useEffect(() => {
    top.current?.focus({ preventScroll: true });
  }, []);

  return (
    <div className="mx-auto flex w-full max-w-7xl flex-1 flex-col gap-6 px-4 py-6 sm:px-8">
      <section
        ref={top}
        tabIndex={-1}
        aria-label={t('prompt')}
        className="mx-auto w-full max-w-[84ch] outline-none lg:mx-0"
      >
        <Messages messages={task.prompt} size="reading" />
      </section>
      <ol aria-label={t('responses')} className="grid items-stretch gap-3 lg:grid-cols-2 lg:gap-4">
        {task.responses.map((response, index) => {
          const place = placeOf(draft, index);
          return (
            <ResponseCard
              key={response.id}
              number={index + 1}
              text={response.text}
              place={place}
              isTied={place !== null && (tiers[place - 1]?.length ?? 0) > 1}
              onPlace={(tied) => onPlace(index, tied)}
            />
          );
        })}
      </ol>
    </div>
  );
}
