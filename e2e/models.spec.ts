// A model's way in a real browser: register a folder, read what it is and needs, talk to it, fine-tune it, start a project
// on it, let a reward model judge. Downloads are tested against a server that speaks the Hub's API, in worker/models.test.ts.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const fixtures = fileURLToPath(new URL('../engine/fixtures/', import.meta.url));
const prompts = Array.from({ length: 20 }, (_, i) => JSON.stringify({ prompt: `Question ${i}`, tags: ['short'] })).join(
  '\n',
);

/** A file for the browser, of examples or what is given. */
const dataFile = (text: string) => ({ name: 'chat.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) });
const examples = Array.from({ length: 24 }, (_, i) =>
  JSON.stringify({ prompt: `Question ${i}`, completion: ` Answer ${i}.` }),
).join('\n');

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
  const folders = { 'tiny-llama': 'llama', 'tiny-policy': 'llama-adapter', 'tiny-reward': 'llama-reward' };
  for (const [name, fixture] of Object.entries(folders)) {
    await cp(path.join(fixtures, fixture), path.join(app.dataDir, 'models', name), { recursive: true });
  }
});
test.afterAll(async () => app?.stop());

const card = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

test('a folder becomes a model, answers, and carries a project', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // Refused folders are answers with status 400 or 422, which the browser reports.
  const watch = watchPage(page, app.url, [/status of 4(00|22)/]);
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
  await test.step('a reward model becomes its judge; what is none, or has another base, is refused in the dialog', async () => {
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Judges' }).click();
    await page.getByRole('button', { name: 'Add judge' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add judge' });
    await dialog.getByLabel('Name', { exact: true }).fill('Taste');
    await dialog.getByRole('radio', { name: 'Reward model' }).focus();
    await page.keyboard.press('Space');
    await dialog.getByLabel('Reward model', { exact: true }).fill('tiny-policy');
    await expectAccessible(page, 'add a reward model');
    await dialog.getByRole('button', { name: 'Add judge' }).click();
    await expect(dialog.getByRole('alert')).toContainText('no value head', { timeout: 60_000 });
    await dialog.getByLabel('Reward model', { exact: true }).fill('tiny-reward');
    await dialog.getByLabel('Its base model').selectOption('tiny-llama');
    await dialog.getByRole('button', { name: 'Add judge' }).click();
    await expect(dialog).toBeHidden({ timeout: 60_000 });
    await expect(card(page, 'Taste')).toContainText(/tiny-reward on .*tiny-llama/);
    await expectAccessible(page, 'judges with a reward model');
  });
  await test.step('what its prompts state beside their text can be rendered into them', async () => {
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Prompts' }).click();
    await page.getByRole('button', { name: 'Sample responses' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sample responses' });
    await expect(dialog.getByRole('checkbox', { name: 'Persona' })).toBeHidden();
    await dialog.getByRole('checkbox', { name: 'Tags' }).check();
    await dialog.getByLabel('Longest response (tokens)').fill('8');
    await dialog.getByLabel('Prompts').fill('3');
    await expectAccessible(page, 'sampling with tags');
    await dialog.getByRole('button', { name: 'Start sampling' }).click();
    await expect(dialog).toBeHidden();
    await page.getByRole('table').getByRole('link').first().click();
    await expect(page.getByText('with Tags')).toBeVisible({ timeout: 60_000 });
  });
  await test.step('it judges what was sampled, and the new round shows what was rendered', async () => {
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Judges' }).click();
    await page.getByRole('button', { name: 'Judge all open tasks with Taste' }).click();
    await expect(page.getByText(/^No task is open/)).toBeVisible({ timeout: 60_000 });
    await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Rounds' }).click();
    await page.getByRole('link', { name: 'Start a round' }).first().click();
    const tags = page.getByRole('checkbox', { name: 'Tags' });
    await expect(tags).toBeChecked();
    await expect(page.getByText(/[1-3] pairs? ha(s|ve) scores; 0 left out\.$/)).toBeVisible();
    await tags.uncheck();
    await expect(page.getByText(/^Some responses were sampled with something else/)).toBeVisible();
    await expectAccessible(page, 'new round with tags');
  });
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});
