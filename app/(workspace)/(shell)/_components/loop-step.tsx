'use client';
import { ArrowRight, Check, LoaderCircle } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { ButtonLink } from '../../../_ui/button-link.tsx';
import { cx } from '../../../_ui/cx.ts';
import { Progress } from '../../../_ui/progress.tsx';
import type { LoopPlace, LoopStepName, StepState } from './loop-steps.ts';

interface LoopStepProps {
  step: LoopStepName;
  number: number;
  state: StepState;
  place: LoopPlace;
}

const jobNames: Partial<Record<LoopStepName, string[]>> = {
  sample: ['sample', 'sampleRemote'],
  judge: ['judge'],
  train: ['train', 'evaluate'],
};

function hrefOf(step: LoopStepName, place: LoopPlace): string {
  switch (step) {
    case 'sample':
      return '/prompts?sample=1';
    case 'rank':
      return '/label';
    case 'judge':
      return '/judges';
    case 'train':
      return place.activeRound ? `/rounds/${place.activeRound.id}` : '/rounds/new';
    case 'decide':
      return place.undecidedRound ? `/rounds/${place.undecidedRound.id}` : '/rounds';
    case 'export':
      return '/export';
  }
}

export function LoopStep({ step, number, state, place }: LoopStepProps) {
  const t = useTranslations('home.steps');
  const job = place.jobs.find(({ name }) => jobNames[step]?.includes(name));
  const { open, ranked, byPeople } = place.counts.currentTasks;
  const isNext = state === 'next';
  return (
    <li
      aria-current={isNext ? 'step' : undefined}
      className={cx(
        'relative grid grid-cols-[2rem_minmax(0,1fr)] gap-x-4 py-3',
        'not-last:before:absolute not-last:before:top-[60px] not-last:before:-bottom-7 not-last:before:start-[0.95rem] not-last:before:w-px not-last:before:bg-line',
      )}
    >
      <StepMark number={number} state={state} />
      <div
        className={cx(
          'min-w-0 rounded-card border p-4',
          isNext ? 'border-accent bg-surface shadow-raised ring-1 ring-accent' : 'border-line bg-surface',
          state === 'later' && 'border-dashed bg-transparent',
        )}
      >
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
          <div className="min-w-0 flex-1 basis-64">
            <h2 className="font-semibold">
              {t(`${step}.title`)}
              <span className="sr-only">. {t(`state.${state}`)}</span>
            </h2>
            <p className="mt-0.5 max-w-[65ch] text-muted">{t(`${step}.text`)}</p>
            <p className="numeric mt-1 text-[13px] text-faint">
              {t(`${step}.count`, {
                open,
                ranked,
                byPeople,
                tasks: open + ranked,
                pairs: place.counts.pairs,
                trainable: place.counts.currentTasks.ranked,
                round: place.undecidedRound?.number ?? 0,
              })}
            </p>
          </div>
          {isNext ? (
            <ButtonLink href={hrefOf(step, place)} variant="primary" size="lg">
              {t(`${step}.action`)}
              <ArrowRight aria-hidden className="size-4 rtl:-scale-x-100" />
            </ButtonLink>
          ) : (
            state !== 'later' && (
              <Link
                href={hrefOf(step, place)}
                className="rounded-control font-medium text-accent-text underline-offset-4 hover:underline"
              >
                {state === 'running' ? t('watch') : t(`${step}.action`)}
              </Link>
            )
          )}
        </div>
        {job && (
          <Progress
            className="mt-3"
            label={t(`${step}.title`)}
            value={job.done}
            max={Math.max(1, job.total)}
            indeterminate={job.status === 'queued' || job.total === 0}
          />
        )}
      </div>
    </li>
  );
}

function StepMark({ number, state }: { number: number; state: StepState }) {
  return (
    <span
      aria-hidden
      className={cx(
        'numeric mt-4 grid size-8 place-items-center rounded-full border font-semibold text-[13px]',
        state === 'done' && 'border-success/40 bg-success-soft text-success',
        (state === 'next' || state === 'running') && 'border-transparent bg-accent text-on-accent',
        (state === 'open' || state === 'later') && 'border-line bg-canvas text-faint',
      )}
    >
      {state === 'done' ? (
        <Check className="size-4" />
      ) : state === 'running' ? (
        <LoaderCircle className="size-4 animate-spin" />
      ) : (
        number
      )}
    </span>
  );
}
