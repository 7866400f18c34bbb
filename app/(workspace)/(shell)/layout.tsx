import type { ReactNode } from 'react';
import { FormWords } from '../../_i18n/form-words.tsx';
import { Shell } from './_components/shell.tsx';

export default function ShellLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <FormWords />
      <Shell>{children}</Shell>
    </>
  );
}
