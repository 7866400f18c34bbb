import { NextIntlClientProvider } from 'next-intl';
import { getMessages } from 'next-intl/server';
import type { ReactNode } from 'react';
import type { Namespace } from './namespaces.ts';

interface PageMessagesProps {
  /** All of them where none are named. */
  namespaces?: readonly Namespace[];
  children: ReactNode;
}

/** What the components below may say in the browser. */
export async function PageMessages({ namespaces, children }: PageMessagesProps) {
  const messages = await getMessages();
  const names = namespaces ?? (Object.keys(messages) as Namespace[]);
  const picked = Object.fromEntries(names.map((name) => [name, messages[name]]));
  return <NextIntlClientProvider messages={picked}>{children}</NextIntlClientProvider>;
}
