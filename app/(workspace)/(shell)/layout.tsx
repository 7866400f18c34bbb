import type { ReactNode } from 'react';
import { FormWords } from '../../_i18n/form-words.tsx';
import { PageMessages } from '../../_i18n/page-messages.tsx';
import { LocalTime } from '../_components/local-time.tsx';
import { Shell } from './_components/shell.tsx';

export default function ShellLayout({ children }: { children: ReactNode }) {
  return (
    <PageMessages>
      <LocalTime>
        <FormWords />
        <Shell>{children}</Shell>
      </LocalTime>
    </PageMessages>
  );
}
