// Message keys are checked by the compiler: a key that en.json lacks does not build.
import type { Locale } from '../../domain/locales.ts';
import type messages from './messages/en.json';

declare module 'next-intl' {
  interface AppConfig {
    Messages: typeof messages;
    Locale: Locale;
  }
}
