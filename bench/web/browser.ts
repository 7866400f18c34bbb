// Chromium for the measurements of a page, signed in as somebody.
import { type Browser, chromium, type Page } from '@playwright/test';
import { findChromium } from '../../e2e/chromium.ts';

/** Somebody who signs in, or the cookies of a session ("name=value; name=value"). */
export type Visitor = { email: string; password: string } | { cookie: string };

/** Runs `work` in a browser of its own, which ends with it or with the signal. */
export async function inBrowser<T>(signal: AbortSignal, work: (browser: Browser) => Promise<T>): Promise<T> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: install one, or name it in CHROMIUM_PATH.');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
  const stop = () => void browser.close();
  signal.addEventListener('abort', stop);
  try {
    return await work(browser);
  } finally {
    signal.removeEventListener('abort', stop);
    await browser.close();
  }
}

export async function signedInPage(browser: Browser, url: string, as: Visitor): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  if ('cookie' in as) {
    const cookies = as.cookie.split(/;\s*/).map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return { name, value: value.join('='), url };
    });
    await context.addCookies(cookies);
  } else {
    const answer = await context.request.post(`${url}/api/auth/sign-in/email`, { data: as });
    if (!answer.ok()) throw new Error(`${as.email} could not sign in at ${url}: it answered ${answer.status()}.`);
  }
  return context.newPage();
}
