// next-intl's entry: which language a request is answered in. English is the only one so far; a further one is
// a further file in messages/ and a way to choose it here.
import { getRequestConfig } from 'next-intl/server';
import messages from './messages/en.json' with { type: 'json' };

export default getRequestConfig(async () => ({ locale: 'en', messages, timeZone: 'UTC' }));
