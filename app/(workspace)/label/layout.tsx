import type { ReactNode } from 'react';
import { labelNamespaces } from '../../_i18n/namespaces.ts';
import { PageMessages } from '../../_i18n/page-messages.tsx';
import { LocalTime } from '../_components/local-time.tsx';

/** An annotator's page carries its own messages only. */
export default function LabelLayout({ children }: { children: ReactNode }) {
  return (
    <PageMessages namespaces={labelNamespaces}>
      <LocalTime>{children}</LocalTime>
    </PageMessages>
  );
}
