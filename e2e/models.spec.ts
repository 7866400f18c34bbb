// A model's way in a real browser: register a folder, read what it is and needs, talk to it, fine-tune it, start a project
// on it. Downloads are tested against a server that speaks the Hub's API, in worker/models.test.ts.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const fixture = fileURLToPath(new URL('../engine/fixtures/llama', import.meta.url));
const prompts = Array.from({ length: 20 }, (_, i) => JSON.stringify({ prompt: `Question ${i}` })).join('\n');

/** A file for the browser, of examples or what is given. */
const dataFile = (text: string) => ({ name: 'chat.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) });
const examples = Array.from({ length: 24 }, (_, i) =>
  JSON.stringify({ prompt: `Question ${i}`, completion: ` Answer ${i}.` }),
).join('\n');

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
  await test.step('a fine-tuning is refused with a bad line, and started by keyboard with good ones', async () => {
    const open = page.getByRole('button', { name: 'Fine-tune tiny-llama' });
    await open.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Fine-tune tiny-llama' });
    await expect(dialog.getByLabel('Examples from a file')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(open).toBeFocused();
    await open.click();
    await dialog.getByRole('button', { name: 'Start fine-tuning' }).click();
    await expect(dialog.getByText('Choose a file of examples.')).toBeVisible();
    await dialog.getByLabel('Examples from a file').setInputFiles(dataFile(`${examples}\n{"question": 1}`));
    await expect(dialog.getByRole('alert')).toHaveText(/^chat\.jsonl line 25: the line must be an object/);
    await expectAccessible(page, 'fine-tuning, refused');
    await dialog.getByLabel('Examples from a file').setInputFiles(dataFile(examples));
    await expect(dialog.getByRole('status')).toHaveText(/24 examples.*About 3 steps of 8 examples/);
    await dialog.getByLabel('Name of the new model').fill('../mine');
    await dialog.getByLabel('Epochs').fill('200');
    await dialog.getByRole('button', { name: 'Start fine-tuning' }).click();
    await expect(dialog.getByLabel('Name of the new model')).toHaveAttribute('aria-invalid', 'true');
    await dialog.getByLabel('Name of the new model').fill('mine');
    await dialog.getByText('More settings').click();
    await expectAccessible(page, 'fine-tuning, filled in');
    await dialog.getByLabel('Name of the new model').press('Enter');
    await expect(page).toHaveURL(/\/models\/sft\//);
  });
  await test.step('it shows how it goes, survives a reload, can be cancelled, and its name is free again', async () => {
    const progress = page.getByRole('progressbar', { name: 'Training' });
    await expect(progress).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText(/Step [\d,]+ of 600/)).toBeVisible({ timeout: 60_000 });
    await page.reload();
    await expect(page.getByRole('img', { name: /^Loss by training step/ })).toBeVisible();
    await expectAccessible(page, 'a fine-tuning that runs');
    await page.getByRole('button', { name: 'Cancel the fine-tuning' }).click();
    await expect(page.getByText('No model came of it.')).toBeVisible({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Start another' }).click();
    await expect(page.getByRole('row', { name: /mine.*cancelled/ })).toBeVisible();
  });
  await test.step('one that ends becomes a model at once', async () => {
    await page.getByRole('button', { name: 'Fine-tune tiny-llama' }).click();
    const dialog = page.getByRole('dialog', { name: 'Fine-tune tiny-llama' });
    await dialog.getByLabel('Examples from a file').setInputFiles(dataFile(examples));
    await dialog.getByLabel('Name of the new model').fill('mine');
    await dialog.getByLabel('Early stopping').fill('1');
    await dialog.getByRole('button', { name: 'Start fine-tuning' }).click();
    await expect(dialog.getByRole('alert')).toHaveText(/hold a share out/);
    await dialog.getByLabel('Held-out share').fill('0.25');
    await expect(dialog.getByRole('status')).toHaveText(/about 6 of them held out/);
    await dialog.getByRole('button', { name: 'Start fine-tuning' }).click();
    await expect(page.getByRole('heading', { name: 'mine is ready' })).toBeVisible({ timeout: 90_000 });
    await expect(page.getByRole('img', { name: /^Held-out loss by training step/ })).toBeVisible();
    await expect(page.getByText(/Judged on 6 held-out examples/)).toBeVisible();
    await expectAccessible(page, 'a fine-tuning that is done');
    await page.getByRole('link', { name: 'Models' }).first().click();
    await expect(card(page, 'mine').getByText('Ready')).toBeVisible();
    await expect(card(page, 'mine').getByRole('link', { name: 'Fine-tuned from tiny-llama' })).toBeVisible();
    await expectAccessible(page, 'models with a fine-tuned one');
  });
  await test.step('a project stands on it', async () => {
    await page.getByRole('button', { name: 'New project on mine' }).click();
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
