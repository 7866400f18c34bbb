// Message keys are checked by the compiler: a key that en.json lacks does not build.
import type messages from './messages/en.json';

declare module 'next-intl' {
  interface AppConfig {
    Messages: typeof messages;
    Locale: 'en';
  }
}
