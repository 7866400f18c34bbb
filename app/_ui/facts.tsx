'use client';
import type { ReactNode } from 'react';
import { Code } from './code.tsx';
import { Card } from './page.tsx';

interface FactsProps {
  title: string;
  facts: [string, ReactNode][];
  /** The whole configuration, folded away. */
  config: { label: string; value: object };
}

/** What something was made of: enough to repeat it. */
export function Facts({ title, facts, config }: FactsProps) {
  return (
    <Card>
      <h2 className="mb-4 font-semibold text-base">{title}</h2>
      <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-2 xl:grid-cols-3">
        {facts.map(([label, value]) => (
          <div key={label} className="flex justify-between gap-4 border-line border-b pb-2">
            <dt className="text-faint">{label}</dt>
            <dd className="numeric min-w-0 break-words text-end font-medium">{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
      <details className="mt-4">
        <summary className="cursor-pointer rounded-control font-medium text-accent-text">{config.label}</summary>
        <Code label={config.label} text={JSON.stringify(config.value, null, 2)} className="mt-3" />
      </details>
    </Card>
  );
}
