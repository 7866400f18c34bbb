'use client';
// What the diagnostics of a training found, each with its numbers and the usual remedy; nothing where all is well.
import { CircleAlert } from 'lucide-react';
import { useFormatter, useTranslations } from 'next-intl';
import { Card } from './page.tsx';

interface WarningExample {
  prompt: string;
  chosen: string;
  rejected: string;
  value: number;
}

interface RunWarningsProps<W> {
  text: string;
  warnings: readonly W[];
  /** A warning in words. */
  found(warning: W): string;
  remedy(warning: W): string;
}

export function RunWarnings<W extends { kind: string; step: number; examples: WarningExample[] }>({
  text,
  warnings,
  found,
  remedy,
}: RunWarningsProps<W>) {
  const t = useTranslations('warnings');
  if (warnings.length === 0) return null;
  return (
    <section aria-label={t('title')}>
      <Card>
        <h2 className="font-semibold text-base">{t('title')}</h2>
        <p className="mb-4 text-muted">{text}</p>
        <ul className="flex flex-col divide-y divide-line">
          {warnings.map((warning) => (
            <li key={warning.kind} className="flex gap-3 py-3 first:pt-0 last:pb-0">
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
              <div className="min-w-0 max-w-[80ch]">
                <p className="font-medium">
                  {found(warning)}{' '}
                  <span className="numeric font-normal text-[13px] text-faint">
                    {warning.step === 0 ? t('before') : t('step', { step: warning.step })}
                  </span>
                </p>
                <p className="text-muted">{remedy(warning)}</p>
                <Examples examples={warning.examples} />
              </div>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}

function Examples({ examples }: { examples: WarningExample[] }) {
  const t = useTranslations('warnings');
  if (examples.length === 0) return null;
  return (
    <details className="mt-2">
      <summary className="cursor-pointer rounded-control font-medium text-accent-text">
        {t('examples', { count: examples.length })}
      </summary>
      <ul className="mt-2 flex flex-col gap-3">
        {examples.map((example) => (
          <Example key={`${example.prompt} ${example.chosen} ${example.rejected}`} example={example} />
        ))}
      </ul>
    </details>
  );
}

function Example({ example }: { example: WarningExample }) {
  const t = useTranslations('warnings');
  const format = useFormatter();
  return (
    <li className="rounded-control bg-sunken p-3 text-[13px]">
      <p dir="auto" className="whitespace-pre-wrap break-words">
        {example.prompt}
      </p>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        {(['chosen', 'rejected'] as const).map((side) => (
          <div key={side} className="contents">
            <dt className="text-faint">{t(side)}</dt>
            <dd dir="auto" className="whitespace-pre-wrap break-words">
              {example[side]}
            </dd>
          </div>
        ))}
        {example.value !== 0 && (
          <div className="contents">
            <dt className="text-faint">{t('value')}</dt>
            <dd className="numeric">{format.number(example.value, { maximumFractionDigits: 2 })}</dd>
          </div>
        )}
      </dl>
    </li>
  );
}
