'use client';
import { useFormatter, useTranslations } from 'next-intl';
import { useState } from 'react';
import type { Outputs } from '../../../../_trpc/context.ts';
import { Button } from '../../../../_ui/button.tsx';
import { Reading } from '../../../../_ui/reading/reading.tsx';
import { WordDiff } from '../../../../_ui/reading/word-diff.tsx';

type Version = Outputs['guidelines']['list']['versions'][number];

/** All versions, the newest first, each with what it changed and how many have read it. */
export function VersionList({ versions, annotators }: { versions: Version[]; annotators: number }) {
  const t = useTranslations('guidelines');
  if (versions.length === 0) return null;
  return (
    <section aria-labelledby="versions">
      <h2 id="versions" className="mb-3 font-semibold text-base">
        {t('versions')}
      </h2>
      <ol className="flex flex-col gap-3">
        {versions.map((version, index) => (
          <VersionItem
            key={version.id}
            version={version}
            before={versions[index + 1] ?? null}
            annotators={annotators}
          />
        ))}
      </ol>
    </section>
  );
}

interface VersionItemProps {
  version: Version;
  before: Version | null;
  annotators: number;
}

function VersionItem({ version, before, annotators }: VersionItemProps) {
  const t = useTranslations('guidelines');
  const format = useFormatter();
  const [shown, setShown] = useState<'text' | 'changes' | null>(null);
  const toggle = (what: 'text' | 'changes') => setShown(shown === what ? null : what);
  const date = format.dateTime(version.createdAt, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li className="rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h3 className="font-medium">{t('version', { version: version.version })}</h3>
        <p className="text-[13px] text-faint">
          {version.createdBy ? t('by', { date, name: version.createdBy }) : date}
        </p>
        <p className="numeric text-[13px] text-muted">{t('reads', { reads: version.reads, annotators })}</p>
        <span className="flex-1" />
        <Button size="sm" aria-expanded={shown === 'text'} onClick={() => toggle('text')}>
          {t('show')}
        </Button>
        {before && (
          <Button size="sm" aria-expanded={shown === 'changes'} onClick={() => toggle('changes')}>
            {t('changes', { version: before.version })}
          </Button>
        )}
      </div>
      {shown === 'text' && (
        <div className="mt-4 border-line border-t pt-4">
          <Reading text={version.text} headings={4} />
        </div>
      )}
      {shown === 'changes' && before && (
        <WordDiff before={before.text} after={version.text} className="mt-4 border-line border-t pt-4" />
      )}
    </li>
  );
}
