// An import in a real browser: a file and pasted text, by keyboard, on a wide screen and on a phone; what the page says it
// would do is what it then does.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../domain/imports/fixtures/${name}`, import.meta.url));

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
});
test.afterAll(async () => app?.stop());

const figure = (page: Page, name: string) =>
  page
    .locator('dl > div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('dd')
    .first();

test('prompts, responses and preferences come in from a file, a table and pasted text', async ({ page }) => {
  test.setTimeout(4 * 60_000);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url);
  await page.goto(app.setupUrl);
  await page.getByLabel('Your name').fill('Ada Admin');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Prompts' }).click();
  await page.getByRole('link', { name: 'Import' }).click();
  await expect(page.getByRole('heading', { name: 'Import prompts' })).toBeVisible();

  await test.step('a file says what it is and what it would do', async () => {
    await expectAccessible(page, 'import, empty');
    await page.getByLabel('Drop a file here, or choose one').setInputFiles(fixture('trl-preference.jsonl'));
    await expect(page.getByText(/Recognised: TRL preference/)).toBeVisible();
    await expect(figure(page, 'New prompts')).toHaveText('4');
    await expect(figure(page, 'Tasks to rank')).toHaveText('4');
    await expect(figure(page, 'Rows skipped')).toHaveText('1');
    await page.getByText('do not fit the format').click();
    await expect(page.getByText('Line 5')).toBeVisible();
    await expectAccessible(page, 'import, looked into');
  });
  await test.step('the skipped rows can be taken along as a file', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download as JSONL' }).click();
    const lines = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'wrong-shape', unit: 'line', number: 5 }]);
  });
  await test.step('its preferences are taken, and the result says so, after a reload too', async () => {
    await page.getByRole('radio', { name: /Take them/ }).check();
    await expect(figure(page, 'Rankings taken')).toHaveText('4');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('trl-preference is imported')).toBeVisible({ timeout: 60_000 });
    await page.reload();
    await expect(page.getByText('trl-preference is imported')).toBeVisible();
    await expect(figure(page, 'Rankings taken')).toHaveText('4');
    await expectAccessible(page, 'import, done');
  });
  await test.step("a table of somebody's own, by its columns", async () => {
    await page.getByRole('button', { name: 'Import another file' }).click();
    await page.getByLabel('Drop a file here, or choose one').setInputFiles(fixture('qa.csv'));
    await expect(page.getByText('This is none of the known formats.')).toBeVisible();
    await page.getByLabel('Format').selectOption({ label: 'A table of your own' });
    await page.getByLabel('Prompt', { exact: true }).selectOption('Question');
    await page.getByRole('checkbox', { name: 'Good answer' }).check();
    await page.getByRole('checkbox', { name: 'Bad answer' }).check();
    await expect(figure(page, 'New prompts')).toHaveText('2');
    await expect(page.getByText('How tall is it?')).toBeVisible();
    await expectAccessible(page, 'import, columns');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(page.getByText('qa is imported')).toBeVisible({ timeout: 60_000 });
    await expect(figure(page, 'Tasks to rank')).toHaveText('2');
  });
  await test.step('pasted text, by keyboard alone, on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Import another file' }).click();
    await page.getByLabel('Or paste').fill('Name a bird.\nName a fish.');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText(/Recognised: Prompts alone/)).toBeVisible();
    await expect(figure(page, 'New prompts')).toHaveText('2');
    await expectAccessible(page, 'import, phone');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByText('Pasted text is imported')).toBeVisible({ timeout: 60_000 });
  });
  await test.step('what came in before is listed, and paused as one', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: 'Import another file' }).click();
    const earlier = page.getByRole('region', { name: 'Earlier imports' });
    await expect(earlier.getByRole('row')).toHaveCount(4);
    await earlier.getByRole('button', { name: 'Pause qa' }).click();
    await expect(earlier.getByRole('button', { name: 'Resume qa' })).toBeVisible();
    await earlier.getByLabel('Priority of qa').fill('7');
    await earlier.getByLabel('Priority of qa').press('Enter');
    await expectAccessible(page, 'import, earlier ones');
    await page.reload();
    await expect(earlier.getByLabel('Priority of qa')).toHaveValue('7');
    await earlier.getByRole('link', { name: 'Pasted text' }).click();
    await expect(page.getByText('Pasted text is imported')).toBeVisible();
  });
  await test.step('the prompts are there', async () => {
    await page.getByRole('link', { name: 'See the prompts' }).click();
    await expect(page.getByRole('link', { name: 'Name a bird.' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Name a fish.' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'How tall is it?' })).toHaveCount(0);
  });
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});
