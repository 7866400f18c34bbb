'use client';
// After a test task: how the right ranking is, and where one's own differs, with the reason.
import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import type { Annotation } from '../../../../domain/annotation.ts';
import { Button } from '../../../_ui/button.tsx';
import { Reading } from '../../../_ui/reading/reading.tsx';
import { Skeleton } from '../../../_ui/state.tsx';
import { useKeyLabel } from './keys-context.tsx';
import { Order } from './order.tsx';
import type { DeskTask, Feedback, Onboarding } from './task.ts';
import { PromptText, ResponseText } from './text.tsx';

export interface Verdict {
  /** The outbox entry whose answer is waited for. */
  entryId: string;
  task: DeskTask;
  annotation: Annotation;
  /** Null until the server has answered. */
  answer: { feedback: Feedback | null; onboarding: Onboarding | null } | null;
}

export function FeedbackView({ verdict, onGoOn }: { verdict: Verdict; onGoOn: () => void }) {
  const t = useTranslations('label.feedback');
  const key = useKeyLabel('submit');
  const title = useRef<HTMLHeadingElement>(null);
  const { task, annotation, answer } = verdict;
  const hasAnswer = answer !== null;
  useEffect(() => {
    if (hasAnswer) title.current?.focus();
  }, [hasAnswer]);
  if (!answer) {
    return (
      <div role="status" className="mx-auto flex w-full max-w-3xl flex-col gap-3 px-4 py-10">
        <p className="text-muted">{t('waiting')}</p>
        <Skeleton className="h-24" />
      </div>
    );
  }
  const { feedback, onboarding } = answer;
  const numberOf = (id: string) => task.responses.findIndex((response) => response.id === id) + 1;
  const places = (tiers: readonly (readonly string[])[]) => tiers.map((tier) => tier.map((id) => numberOf(id) - 1));
  const count = task.responses.length;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-5 px-4 py-6 sm:px-8">
      <h2 ref={title} tabIndex={-1} className="font-semibold text-lg outline-none">
        {feedback ? t('title', { correct: feedback.score.correct, total: feedback.score.total }) : t('saved')}
      </h2>
      {feedback && (
        <>
          <dl className="grid gap-3 sm:grid-cols-2">
            <Ranking name={t('right')} tiers={places(feedback.gold)} count={count} />
            <Ranking name={t('yours')} tiers={places(annotation.tiers)} count={count} />
          </dl>
          {feedback.misses.length > 0 && (
            <ul className="flex list-disc flex-col gap-1 ps-5">
              {feedback.misses.map(({ better, worse, said }) => (
                <li key={better + worse}>{t(said, { better: numberOf(better), worse: numberOf(worse) })}</li>
              ))}
            </ul>
          )}
          {feedback.note && (
            <section aria-label={t('why')} className="rounded-card border border-line bg-sunken p-4">
              <Reading text={feedback.note} />
            </section>
          )}
        </>
      )}
      {onboarding && (
        <p className="text-muted">
          {onboarding.hasPassed === null
            ? t('progress', { done: onboarding.done, total: onboarding.total })
            : t(onboarding.hasPassed ? 'passed' : 'failed')}
        </p>
      )}
      <div>
        <Button variant="primary" size="lg" onClick={onGoOn} shortcut={key}>
          {t('goOn')}
        </Button>
      </div>
      <section aria-label={t('task')} className="flex flex-col gap-4 border-line border-t pt-5">
        <PromptText prompt={task.prompt} />
        <ol className="flex flex-col gap-3">
          {task.responses.map(({ id, text }) => (
            <li key={id} className="flex gap-3 rounded-card border border-line bg-surface p-4">
              <span className="numeric font-mono font-semibold text-lg text-muted">{numberOf(id)}</span>
              <ResponseText text={text} />
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function Ranking({ name, tiers, count }: { name: string; tiers: number[][]; count: number }) {
  return (
    <div className="rounded-card border border-line bg-surface p-4">
      <dt className="mb-2 text-[13px] text-muted">{name}</dt>
      <dd>
        <Order tiers={tiers} count={count} />
        <span className="sr-only">{tiers.map((tier) => tier.map((index) => index + 1).join(' = ')).join(' › ')}</span>
      </dd>
    </div>
  );
}
