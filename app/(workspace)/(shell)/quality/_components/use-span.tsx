'use client';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Select } from '../../../../_ui/field.tsx';

const spans = { day: 1, week: 7, month: 30, quarter: 90, all: null } as const;
type SpanName = keyof typeof spans;
const spanNames = Object.keys(spans) as SpanName[];
const dayMs = 86_400_000;

/** The time span of a report, and the field that chooses it. Its beginning is fixed when it is chosen. */
export function useSpan() {
  const t = useTranslations('quality.span');
  const [span, setSpan] = useState<{ name: SpanName; since: Date | undefined }>({ name: 'all', since: undefined });
  const choose = (name: SpanName) => {
    const days = spans[name];
    setSpan({ name, since: days === null ? undefined : new Date(Date.now() - days * dayMs) });
  };
  const field = (
    <Select
      aria-label={t('label')}
      value={span.name}
      onChange={(event) => choose(spanNames.find((name) => name === event.target.value) ?? span.name)}
      className="max-w-44"
    >
      {spanNames.map((name) => (
        <option key={name} value={name}>
          {t(name)}
        </option>
      ))}
    </Select>
  );
  return { since: span.since, field };
}
