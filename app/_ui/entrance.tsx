// The frame of the two pages before the workspace: the mark, the language, a heading, one form.
import type { ReactNode } from 'react';
import { LanguageSelect } from '../_i18n/language-select.tsx';
import { Logo } from './logo.tsx';

export function Entrance({ title, intro, children }: { title: string; intro: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-between">
          <Logo className="size-10" />
          <LanguageSelect />
        </div>
        <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
        <p className="mt-1 mb-6 text-muted">{intro}</p>
        {children}
      </div>
    </main>
  );
}
