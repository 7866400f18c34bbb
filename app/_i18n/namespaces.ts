// Which sections of the messages a part of the app has in the browser. Pages in the shell have all of them: who works
// there goes from one to the next. A test reads the imports and holds the others to what they use.
import type messages from './messages/en.json';

export type Namespace = keyof typeof messages;

/** Before the workspace: signing in and setting up. */
export const entranceNamespaces: readonly Namespace[] = [
  'common',
  'errors',
  'join',
  'language',
  'memberRoles',
  'setup',
  'signIn',
];

export const labelNamespaces: readonly Namespace[] = ['common', 'errors', 'label', 'reading', 'roles'];
