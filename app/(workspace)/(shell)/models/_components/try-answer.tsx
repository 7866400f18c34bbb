'use client';
import { useTranslations } from 'next-intl';
import { ErrorState } from '../../../../_ui/state.tsx';
import type { Answer } from './use-try.ts';

/** A model's answer, plain text as it came: while it grows, and what it took at the end. */
export function TryAnswer({ answer }: { answer: Answer }) {
  const t = useTranslations('models.try');
  const isRunning = answer.state === 'waiting' || answer.state === 'growing';
  return (
    <div aria-busy={isRunning} className="flex flex-col gap-2">
      {(answer.text !== '' || answer.state !== 'failed') && (
        <section
          aria-label={t('answer')}
          className="min-h-14 whitespace-pre-wrap break-words rounded-card border border-line bg-surface p-4 text-base leading-relaxed"
        >
          {answer.text}
          {answer.state === 'waiting' && <span className="text-faint">{t('waiting')}</span>}
          {answer.state === 'ended' && answer.text === '' && <span className="text-faint">{t('empty')}</span>}
        </section>
      )}
      {answer.state === 'failed' && <ErrorState error={answer} />}
      <p role="status" className="numeric text-[13px] text-faint">
        {answer.state === 'ended' &&
          `${t('took', {
            tokens: answer.end.tokens,
            seconds: answer.end.seconds,
            rate: answer.end.tokens / answer.end.seconds,
          })} · ${t(`finish.${answer.end.finishReason}`)}`}
        {answer.state === 'stopped' && t('stopped')}
      </p>
    </div>
  );
}
