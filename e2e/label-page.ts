// What a test sees of the label page.
import { expect, type Locator, type Page } from '@playwright/test';
import type { LabelSettingsInput } from '../domain/label-settings-schema.ts';

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

async function openProject(page: Page, url: string): Promise<{ id: string }> {
  const response = await page.request.get(`${url}/api/trpc/projects.list`);
  const [project] = (await response.json()).result.data.json;
  return project;
}

/** Changes how the project is ranked, as its admin's settings page does. */
export async function changeSettings(page: Page, url: string, changes: LabelSettingsInput): Promise<void> {
  const { id: projectId } = await openProject(page, url);
  const input = encodeURIComponent(JSON.stringify({ json: { projectId } }));
  const response = await page.request.get(`${url}/api/trpc/projects.settings?input=${input}`);
  const { settings } = (await response.json()).result.data.json;
  const labelling = { ...settings.labelling, ...changes };
  const saved = await page.request.post(`${url}/api/trpc/projects.saveSettings`, {
    data: { json: { ...settings, labelling, projectId } },
  });
  expect(saved.ok(), await saved.text()).toBe(true);
}

/** Scripts read faster than people can: nothing is said of it from now on. */
export async function allowHaste(page: Page, url: string): Promise<void> {
  await changeSettings(page, url, { readingSpeed: null });
}
