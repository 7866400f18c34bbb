// What a test sees of the label page.
import { expect, type Locator, type Page } from '@playwright/test';

/** The ranking as the bar shows it: `1 = 2›3›4`. */
export function ranking(page: Page): Locator {
  return page.getByTestId('ranking');
}

export function prompt(page: Page): Locator {
  return page.getByRole('region', { name: 'Prompt' });
}

export async function promptText(page: Page): Promise<string> {
  return (await prompt(page).textContent()) ?? '';
}

export function rankedToday(page: Page): Locator {
  return page.getByText(/today · \d+ of \d+ ranked/);
}

/** Does something that sends a ranking, and waits until the server has it. */
export async function submitted(page: Page, act: () => Promise<unknown>): Promise<void> {
  const saved = page.waitForResponse((response) => response.url().includes('label.submit'));
  await act();
  expect((await saved).ok()).toBe(true);
}
