// A newcomer goes once round the whole loop in a real browser, on the shipped model, with every part real: set up,
// sample, rank by keyboard, let the judge do the rest, train, look at the result, promote, export, add an annotator.
import { readFile } from 'node:fs/promises';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, type Watch, watchPage } from './checks.ts';
import { allowHaste, prompt, promptText, rankedToday, ranking, submitted } from './label-page.ts';

const admin = { name: 'Ada Admin', email: 'ada@example.org', password: 'a long enough password' };
const annotator = { name: 'Nora Annotator', email: 'nora@example.org', password: 'another good password' };
const promptCount = 60;
const trainingMs = 5 * 60_000;
/** Shorter than some of the demo's answers with their prompts, which the round's page then warns of. */
const longestSequence = 40;

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
});
test.afterEach(async ({ page: _page }, testInfo) => {
  if (testInfo.status !== testInfo.expectedStatus) console.error(`The app's console said:\n${app.log()}`);
});
test.afterAll(async () => app?.stop());

test('once round the loop', async ({ page, browser }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // The test cuts the connection for a moment, which the browser reports as an error of its own.
  const watch = watchPage(page, app.url, [/net::ERR_FAILED/]);

  await test.step('a stranger is sent to the sign-in page', async () => {
    await page.goto(`${app.url}/rounds`);
    await expect(page).toHaveURL(`${app.url}/sign-in?next=%2Frounds`);
    await expect(page.getByText('There is no account yet')).toBeVisible();
    await expectAccessible(page, 'sign-in');
  });
  await test.step('the console’s address makes the admin', () => setUp(page));
  await test.step('sample responses', () => sample(page));
  await test.step('rank five by keyboard', () => rankFive(page));
  await test.step('the oracle ranks the rest', () => judgeTheRest(page));
  await test.step('look at prompts and pairs', () => lookAtData(page));
  await test.step('start a round and watch it', () => trainRound(page));
  await test.step('read the result and promote', () => promote(page));
  await test.step('export the pairs', () => exportPairs(page));
  await test.step('add an annotator', () => addAnnotator(page));
  await test.step('an annotator ranks and sees nothing else', () => actAsAnnotator(browser));
  expectClean(watch);
});

function expectClean(watch: Watch): void {
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
}

async function follow(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

async function setUp(page: Page): Promise<void> {
  await page.goto(app.setupUrl);
  await expectAccessible(page, 'set-up');
  await page.getByLabel('Your name').fill(admin.name);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(`${app.url}/`);
  // The address works once.
  const again = await page.request.post(`${app.url}/api/trpc/setup.createAdmin`, {
    data: { json: { ...admin, email: 'eve@example.org', token: new URL(app.setupUrl).searchParams.get('token') } },
  });
  expect(again.status()).toBe(403);
}

async function sample(page: Page): Promise<void> {
  const next = page.locator('[aria-current="step"]');
  await expect(next).toContainText('Sample responses');
  await expectAccessible(page, 'overview');
  await next.getByRole('link', { name: 'Sample' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sample responses' });
  await expect(dialog.getByLabel('Temperature')).toBeVisible();
  await expectAccessible(page, 'sampling settings');
  // A mistake is named at its field, and nothing starts.
  await dialog.getByLabel('Responses per prompt').fill('1');
  await dialog.getByRole('button', { name: 'Start sampling' }).click();
  await expect(dialog.getByLabel('Responses per prompt')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Responses per prompt').fill('4');
  await dialog.getByLabel('Prompts').fill(String(promptCount));
  await dialog.getByRole('button', { name: 'Start sampling' }).click();
  await expect(dialog).toBeHidden();
  await follow(page, 'Overview');
  // Live: the step moves on by itself once the first responses are there.
  await expect(next).toContainText('Rank a few yourself', { timeout: 120_000 });
}

async function rankFive(page: Page): Promise<void> {
  await allowHaste(page, app.url);
  await page.locator('[aria-current="step"]').getByRole('link', { name: 'Rank' }).click();
  await expect(page.getByRole('list', { name: 'Responses' }).getByRole('listitem')).toHaveCount(4);
  await expectAccessible(page, 'label');

  // 1: a tie, a slip taken back, and the last place fills itself.
  await page.keyboard.press('Digit1');
  await page.keyboard.press('Shift+Digit2');
  await page.keyboard.press('Digit4');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Digit3');
  await expect(ranking(page)).toHaveText('1 = 2›3›4');
  await expect(page.getByText('Ranking complete. Press Enter to submit.')).toBeAttached();
  await expectAccessible(page, 'label, ranked');
  await submitted(page, () => page.keyboard.press('Enter'));
  await expect(rankedToday(page)).toContainText('1 today');

  // 2: submitted, undone, changed, submitted again.
  const second = await promptText(page);
  await page.keyboard.type('123');
  await submitted(page, () => page.keyboard.press('Enter'));
  await expect(prompt(page)).not.toHaveText(second);
  await page.keyboard.press('z');
  await expect(prompt(page)).toHaveText(second);
  await expect(ranking(page)).toHaveText('1›2›3›4');
  for (const _ of '123') await page.keyboard.press('Backspace');
  await page.keyboard.type('432');
  await submitted(page, () => page.keyboard.press('Enter'));
  await expect(rankedToday(page)).toContainText('2 today');

  // 3: a reload in the middle keeps the task and the keys pressed so far.
  const third = await promptText(page);
  await page.keyboard.type('21');
  await page.reload();
  await expect(prompt(page)).toHaveText(third);
  await expect(ranking(page)).toHaveText('2›1››');
  await page.keyboard.type('3');
  await submitted(page, () => page.keyboard.press('Enter'));

  // 4: the server is out of reach: the next task comes all the same, and a reload saves what was waiting.
  await page.route(/label\.submit/, (route) => route.abort());
  await page.keyboard.type('123');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 being saved')).toBeVisible();
  await expect(ranking(page)).toHaveText('›››');
  await page.unroute(/label\.submit/);
  await submitted(page, () => page.reload());
  await expect(page.getByText('1 being saved')).toBeHidden();
  await expect(rankedToday(page)).toContainText('4 today');

  // 5: by mouse.
  for (const number of [3, 1, 2]) await page.getByRole('button', { name: `Response ${number}:` }).click();
  await submitted(page, () => page.getByRole('button', { name: 'Submit' }).click());
  await expect(rankedToday(page)).toContainText('5 today');

  await page.keyboard.press('s');
  await expect(page.getByRole('dialog', { name: 'Skip this task' })).toBeVisible();
  await expectAccessible(page, 'skip');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Ranking by keyboard' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Leave ranking' }).click();
}

async function judgeTheRest(page: Page): Promise<void> {
  const next = page.locator('[aria-current="step"]');
  await expect(next).toContainText('Let a judge rank the rest', { timeout: 120_000 });
  await next.getByRole('link', { name: 'Judge' }).click();
  await expect(page.getByText(/open tasks? waits? for a ranking/)).toBeVisible();
  await expectAccessible(page, 'judges');
  await page.getByRole('button', { name: 'Judge all open tasks with Demo oracle' }).click();
  await expect(page.getByText(/^No task is open|^[1-3] open tasks?/)).toBeVisible({ timeout: 60_000 });
}

async function lookAtData(page: Page): Promise<void> {
  await follow(page, 'Prompts');
  await expect(page.getByRole('table')).toBeVisible();
  await expectAccessible(page, 'prompts');
  await page.getByLabel('Search prompts').fill('no such prompt anywhere');
  await expect(page.getByText('No prompts found')).toBeVisible();
  await page.getByLabel('Search prompts').fill('');
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: /^Responses of/ })).toBeVisible();
  await expect(page.getByText(/^Ranked by Ada Admin|^Judged by Demo oracle/)).toBeVisible();
  await expectAccessible(page, 'prompt');
  await follow(page, 'Pairs');
  await expect(page.getByText(/: 5 by people, \d+ by judges/)).toBeVisible();
  await expectAccessible(page, 'pairs');
}

async function trainRound(page: Page): Promise<void> {
  await follow(page, 'Rounds');
  await expect(page.getByText('No round yet')).toBeVisible();
  await expectAccessible(page, 'rounds, empty');
  await page.getByRole('link', { name: 'Start a round' }).first().click();
  await expect(page.getByText(/^\d+ pairs will be used$/)).toBeVisible();
  // The oracle's rankings have scores, the five by hand have none.
  await page.getByLabel('Minimum margin of scores').fill('1000');
  await expect(page.getByText(/^5 pairs will be used$/)).toBeVisible();
  await page.getByLabel('Minimum margin of scores').fill('');
  await expect(page.getByText(/ pairs have scores; 0 left out\.$/)).toBeVisible();
  await page.getByText('More settings').click();
  await page.getByLabel('Longest sequence (tokens)').fill(String(longestSequence));
  await expectAccessible(page, 'new round');
  await page.getByRole('button', { name: 'Start the round' }).click();
  await expect(page).toHaveURL(/\/rounds\/[0-9a-f-]{36}$/);
  await expect(page.getByText(/^Step \d+ of \d+/)).toBeVisible({ timeout: trainingMs });
  await expect(page.getByRole('img', { name: /^Loss by training step\. Now \d/ })).toBeVisible();
  await expectAccessible(page, 'round, training');
  // Progress is the server's: a reload shows it again.
  await page.reload();
  await expect(page.getByText(/^Step \d+ of \d+|^\d+ of \d+/).first()).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('to decide', { timeout: trainingMs });
}

async function promote(page: Page): Promise<void> {
  await expect(page.getByRole('img', { name: /^Win rate [\d.]+%, 95% interval from/ })).toBeVisible();
  await expect(page.getByText(/^\d+ wins?$/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Side by side' }).getByRole('listitem').first()).toBeVisible();
  const warnings = page.getByRole('region', { name: 'What to look at' }).getByRole('listitem');
  const cut = warnings.filter({ hasText: /^\d+ of \d+ rows were cut to fit\./ });
  await expect(cut).toContainText('before the first step');
  await expect(cut).toContainText('Raise the longest length if memory allows.');
  await page.getByText('The figures as a table').click();
  await expect(page.getByRole('table').getByRole('row').nth(1)).toContainText(/0\.693/);
  await expectAccessible(page, 'round, finished');
  await page.getByLabel('Note (optional)').fill('Politer, and no longer.');
  await page.getByRole('button', { name: 'Promote' }).click();
  await expect(page.getByText('It is the current policy.')).toBeVisible();
  await expect(page.getByText('Politer, and no longer.')).toBeVisible();
  await follow(page, 'Rounds');
  await expect(page.getByRole('region', { name: 'Lineage' })).toContainText(/Round 1.*current/);
  await expectAccessible(page, 'rounds');
  await follow(page, 'Overview');
  await expect(page.locator('[aria-current="step"]')).toContainText('Sample responses');
}

async function exportPairs(page: Page): Promise<void> {
  await follow(page, 'Export');
  const count = page.getByText(/^\d+ pairs$/);
  await expect(count).toBeVisible();
  await expectAccessible(page, 'export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download JSONL' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.jsonl$/);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  await expect(count).toHaveText(`${lines.length} pairs`);
  for (const line of lines) expect(Object.keys(JSON.parse(line)).sort()).toEqual(['chosen', 'prompt', 'rejected']);
}

async function addAnnotator(page: Page): Promise<void> {
  await follow(page, 'People');
  await page.getByRole('button', { name: 'Add person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add person' });
  await expectAccessible(page, 'add person');
  await dialog.getByLabel('Name').fill(annotator.name);
  await dialog.getByLabel('E-mail').fill(annotator.email);
  await dialog.getByLabel('Password').fill(annotator.password);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(page.getByRole('cell', { name: annotator.email })).toBeVisible();
  await expectAccessible(page, 'people');
}

async function actAsAnnotator(browser: Browser): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const watch = watchPage(page, app.url, [/status of 401/]);
  await page.goto(`${app.url}/sign-in?next=//evil.example`);
  await page.getByLabel('E-mail').fill(annotator.email);
  await page.getByLabel('Password').fill('a wrong password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('do not belong together')).toBeVisible();
  await page.getByLabel('Password').fill(annotator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${app.url}/`);
  await expect(page.getByRole('navigation', { name: 'Places' }).getByRole('link')).toHaveText(['Overview', 'Label']);
  await expectAccessible(page, 'annotator’s overview');
  for (const path of ['/prompts', '/pairs', '/rounds', '/rounds/new', '/judges', '/people', '/export']) {
    await page.goto(app.url + path);
    await expect(page).toHaveURL(`${app.url}/`);
  }
  for (const path of ['/api/trpc/people.list', '/api/export?projectId=00000000-0000-4000-8000-000000000000']) {
    expect((await page.request.get(app.url + path)).status(), path).toBe(403);
  }
  await page.getByRole('link', { name: 'Start ranking' }).click();
  await expect(page.getByRole('heading', { name: 'Rank responses' })).toBeAttached();
  const somethingOrNothing = page.getByRole('heading', { name: /^(Everything is ranked|Others have the rest)$/ });
  await expect(prompt(page).or(somethingOrNothing)).toBeVisible();
  await expectAccessible(page, 'label, as annotator');
  await page.goto(`${app.url}/`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${app.url}/sign-in`);
  expectClean(watch);
  await context.close();
}
