// What holds on every page: no accessibility violation in either theme, no error in the console, nothing asked from
// another host.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Axe in light and in dark. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveClass(new RegExp(`\\b${colorScheme}\\b`));
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
    expect(found, `accessibility of ${name} in ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

export interface Watch {
  /** Console errors and uncaught exceptions, but those that `expected` allows. */
  problems: string[];
  foreignRequests: string[];
}

/** Listens to a page from now on. */
export function watchPage(page: Page, origin: string, expected: RegExp[] = []): Watch {
  const watch: Watch = { problems: [], foreignRequests: [] };
  const report = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) watch.problems.push(`${page.url()}: ${text}`);
  };
  page.on(
    'console',
    (message) => message.type() === 'error' && report(`${message.text()} (${message.location().url})`),
  );
  page.on('pageerror', (error) => report(error.message));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(http|ws)s?:$/.test(url.protocol) && url.origin !== origin) watch.foreignRequests.push(request.url());
  });
  return watch;
}
