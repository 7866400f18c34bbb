'use client';
// A block of code: its language, a button that copies it, long lines scrolling inside. The colours come when they are
// loaded; until then the plain code stands in the same box.
import { useTranslations } from 'next-intl';
import { Suspense } from 'react';
import { CopyButton } from '../copy-button.tsx';
import type { CodeProps } from './highlighted-code.tsx';
import { lazyOr } from './lazy-or.ts';
import { Scroller } from './scroller.tsx';
import { visibleText } from './visible-text.tsx';

export const loadHighlighting = () => import('./highlighted-code.tsx');

const HighlightedCode = lazyOr(async () => (await loadHighlighting()).HighlightedCode, PlainCode);

function PlainCode({ text }: CodeProps) {
  return visibleText(text);
}

/** The language that an info string begins with: `python title="x"`, `{.python}`, `ts{1,3}`. */
export function languageOf(info: string): string {
  return /^[{.\s]*([\w+#-]+)/.exec(info)?.[1]?.toLowerCase() ?? '';
}

export function CodeBlock({ info, text }: { info: string; text: string }) {
  const t = useTranslations('reading');
  const language = languageOf(info);
  const plain = visibleText(text);
  return (
    <div className="overflow-hidden rounded-card border border-line bg-sunken">
      <div className="flex items-center justify-between gap-2 border-line border-b ps-3 pe-1 py-1">
        <span className="min-w-0 truncate font-mono text-faint text-xs">{info || t('code')}</span>
        <CopyButton text={text} label={t('copy')} variant="ghost" />
      </div>
      <Scroller label={info || t('code')}>
        <pre dir="ltr" className="w-max min-w-full whitespace-pre p-3 font-mono text-[13px]/5">
          <code>
            {language ? (
              <Suspense fallback={plain}>
                <HighlightedCode language={language} text={text} />
              </Suspense>
            ) : (
              plain
            )}
          </code>
        </pre>
      </Scroller>
    </div>
  );
}
