'use client';
import { Check, X } from 'lucide-react';
import Link from 'next/link';
import { useFormatter, useTranslations } from 'next-intl';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Reading } from '../../../../_ui/reading/reading.tsx';
import { SourceLine } from '../../../../_ui/source-line.tsx';
import { lastMessage } from '../../prompts/_components/last-message.ts';

/** A prompt with the response that was preferred and the one that was not, and the ranking behind it. */
export function PairCard({ pair }: { pair: Outputs['pairs']['list']['items'][number] }) {
  const t = useTranslations('pairs');
  const format = useFormatter();
  const number = (value: number) => format.number(value, { maximumFractionDigits: 2 });
  return (
    <li className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1 border-line border-b px-4 py-2.5">
        <Link
          href={`/prompts/${pair.promptId}`}
          prefetch={false}
          dir="auto"
          className="min-w-0 flex-1 basis-80 rounded-control font-medium underline-offset-4 hover:underline"
        >
          {lastMessage(pair.prompt)}
        </Link>
        <span className="flex flex-wrap gap-x-3">
          <SourceLine source={pair.source} />
          <span className="numeric text-[13px] text-faint">
            {t('margin', { margin: number(pair.margin) })}
            {pair.scoreGap !== null && ` · ${t('scoreGap', { gap: number(pair.scoreGap) })}`}
          </span>
        </span>
      </div>
      <div className="grid md:grid-cols-2 md:divide-x md:divide-line">
        <Side isChosen text={pair.chosen.text} label={t('chosen')} />
        <Side isChosen={false} text={pair.rejected.text} label={t('rejected')} />
      </div>
    </li>
  );
}

function Side({ isChosen, text, label }: { isChosen: boolean; text: string; label: string }) {
  const Icon = isChosen ? Check : X;
  return (
    <div className="p-4 max-md:not-first:border-line max-md:not-first:border-t">
      <p
        className={`mb-1.5 flex items-center gap-1.5 font-medium text-[13px] ${isChosen ? 'text-success' : 'text-danger'}`}
      >
        <Icon aria-hidden className="size-3.5" />
        {label}
      </p>
      <Reading text={text} headings={2} />
    </div>
  );
}
