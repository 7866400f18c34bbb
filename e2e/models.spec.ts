// A model's way in a real browser: register a folder, read what it is and needs, talk to it, stop it, start a project on
// it. Downloads are tested against a server that speaks the Hub's API, in worker/models.test.ts.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const fixture = fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url));
const prompts = Array.from({ length: 20 }, (_, i) => JSON.stringify({ prompt: `Question ${i}` })).join('\n');

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
  await cp(fixture, path.join(app.dataDir, 'models', 'tiny-llama'), { recursive: true });
});
test.afterAll(async () => app?.stop());

const card = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

test('a folder becomes a model, answers, and carries a project', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // A refused folder is an answer with status 400, which the browser reports.
  const watch = watchPage(page, app.url, [/status of 400/]);
  await page.goto(app.setupUrl);
  await page.getByLabel('Your name').fill('Ada Admin');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Models' }).click();

  await test.step('an empty page says what to do', async () => {
    await expect(page.getByText('No model yet')).toBeVisible();
    await expectAccessible(page, 'models, empty');
  });
  await test.step('a path out of the directory is refused, a folder in it is recognised', async () => {
    await page.getByRole('button', { name: 'Register folder' }).click();
    const folder = page.getByRole('combobox', { name: 'Folder' });
    await expect(folder).toHaveValue('tiny-llama');
    await folder.fill('../secret');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
    await folder.fill('tiny-llama');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await expect(card(page, 'tiny-llama').getByText('Ready')).toBeVisible({ timeout: 60_000 });
    await expect(card(page, 'tiny-llama').getByText('181K')).toBeVisible();
    await expect(card(page, 'tiny-llama').getByText('Fits').first()).toBeVisible({ timeout: 30_000 });
    await expectAccessible(page, 'models');
  });
  await test.step('it answers a message', async () => {
    await page.getByRole('button', { name: 'Try tiny-llama' }).click();
    await page.getByLabel('Longest answer, tokens').fill('24');
    await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await expect(page.getByText(/tokens? in [\d.]+ s/)).toBeVisible({ timeout: 60_000 });
    await expectAccessible(page, 'models, tried');
  });
  await test.step('a project stands on it', async () => {
    await page.getByRole('button', { name: 'New project on tiny-llama' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Mine');
    await page.getByRole('textbox', { name: 'Prompts', exact: true }).fill(prompts);
    await expectAccessible(page, 'new project');
    await page.getByRole('button', { name: 'Create project' }).click();
    await expect(page.getByRole('combobox', { name: 'Project' })).toHaveValue(/./);
    await expect(page.getByRole('combobox', { name: 'Project' }).locator('option:checked')).toHaveText('Mine');
  });
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});
