// A project is administered: somebody is invited by a link, joins in a browser of their own, ranks; the admin sees it,
// changes how it is ranked, writes guidelines, and changes prompts in bulk. No accessibility violation on any page.
import { type Browser, expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';
import { prompt, submitted } from './label-page.ts';

const admin = { name: 'Ada Admin', email: 'ada@example.org', password: 'a long enough password' };
const joiner = { name: 'Jo Joiner', email: 'jo@example.org', password: 'another good password' };

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(8 * 60_000);
  app = await startApp();
});
test.afterEach(async ({ page: _page }, testInfo) => {
  if (testInfo.status !== testInfo.expectedStatus) console.error(`The app's console said:\n${app.log()}`);
});
test.afterAll(async () => app?.stop());

async function follow(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: place, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();
}

test('administer a project', async ({ page, browser }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url);
  await page.goto(app.setupUrl);
  await page.getByLabel('Your name').fill(admin.name);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(`${app.url}/`);

  await test.step('sample a few responses', () => sample(page));
  await test.step('change how the project is ranked', () => changeSettings(page));
  await test.step('write guidelines in two versions', () => writeGuidelines(page));
  const link = await test.step('invite by a link', () => invite(page));
  await test.step('join by it and rank one', () => joinAndRank(browser, link));
  await test.step('see the member, and what they said', () => seeThem(page));
  await test.step('change prompts in bulk', () => changePrompts(page));
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
  // The link's secret never reached the server's console.
  expect(app.log()).not.toContain(new URL(link).hash.slice(1));
});

async function sample(page: Page): Promise<void> {
  await follow(page, 'Prompts');
  await page.getByRole('button', { name: 'Sample responses' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sample responses' });
  await dialog.getByLabel('Prompts').fill('4');
  await dialog.getByRole('button', { name: 'Start sampling' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('cell', { name: 'to rank' })).toHaveCount(4, { timeout: 60_000 });
}

async function changeSettings(page: Page): Promise<void> {
  await follow(page, 'Settings');
  await expectAccessible(page, 'settings');
  const preview = page.getByRole('region', { name: 'What annotators see' });
  await expect(preview.getByText('Helpful')).toHaveCount(0);
  await page.getByRole('button', { name: 'Helpful', exact: true }).click();
  await expect(preview.getByText('Helpful').first()).toBeVisible();
  await page.getByRole('button', { name: 'Remove Helpful' }).click();
  await page.getByLabel('How much better').selectOption('Not asked');
  await page.getByLabel('People per task').fill('2');
  await expect(page.getByText('4 open tasks change')).toBeVisible();
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Settings saved')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('People per task')).toHaveValue('2');
  await expectAccessible(page, 'settings, changed');
}

async function writeGuidelines(page: Page): Promise<void> {
  await follow(page, 'Guidelines');
  await page.getByLabel('Text').fill('# Be fair\n\nRead everything first.');
  await expect(page.getByRole('heading', { name: 'Be fair' })).toBeVisible();
  await page.getByRole('button', { name: 'Save as version 1' }).click();
  await page.getByLabel('Text').fill('# Be fair\n\nRead everything twice.');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await page.getByRole('button', { name: 'Changes since version 1' }).click();
  await expect(page.locator('ins')).toContainText('twice');
  await expectAccessible(page, 'guidelines');
}

async function invite(page: Page): Promise<string> {
  await follow(page, 'Members');
  await expectAccessible(page, 'members, none yet');
  await page.getByRole('button', { name: 'Invite by link' }).click();
  const dialog = page.getByRole('dialog');
  await expectAccessible(page, 'invite');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.getByRole('region', { name: 'Invitation link' }).textContent();
  await expectAccessible(page, 'the link');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('cell', { name: '0 of 1' })).toBeVisible();
  return (link ?? '').trim();
}

async function joinAndRank(browser: Browser, link: string): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const watch = watchPage(page, app.url);
  await page.goto(link);
  await expect(page.getByText('You are invited to Demo shop as Annotator.')).toBeVisible();
  await expect(page).toHaveURL(`${app.url}/join`);
  await expectAccessible(page, 'join');
  await page.getByLabel('Your name').fill(joiner.name);
  await page.getByLabel('E-mail').fill(joiner.email);
  await page.getByLabel('Password').fill(joiner.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await expect(page).toHaveURL(`${app.url}/`);
  await page.goto(`${app.url}/label`);
  const read = page.getByRole('dialog');
  await expect(read.or(prompt(page)).first()).toBeVisible();
  if (await read.isVisible()) await read.getByRole('button').first().click();
  await expect(prompt(page)).toBeVisible();
  for (const key of ['2', '1', '3', '4']) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
  await expect(page.getByText('faster than these texts can be read')).toBeVisible();
  await submitted(page, () => page.keyboard.press('Enter'));
  for (const path of ['/members', '/settings', '/guidelines', '/rankings', '/prompts']) {
    await page.goto(app.url + path);
    await expect(page).toHaveURL(`${app.url}/`);
  }
  expect(watch.problems).toEqual([]);
  // The link is used up now.
  const stranger = await browser.newContext();
  const late = await stranger.newPage();
  await late.goto(link);
  await expect(late.getByText('has been used as often as it may be')).toBeVisible();
  await expectAccessible(late, 'a used link');
  await stranger.close();
  await context.close();
}

async function seeThem(page: Page): Promise<void> {
  await page.reload();
  await expect(page.getByRole('cell', { name: joiner.email })).toBeVisible();
  await expect(page.getByRole('cell', { name: '1 of 1' })).toBeVisible();
  await page.getByRole('button', { name: `Edit ${joiner.name}` }).click();
  await expectAccessible(page, 'edit a member');
  await page.getByRole('dialog').getByLabel('Languages').fill('en, tr');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('cell', { name: 'en, tr' })).toBeVisible();
  await expectAccessible(page, 'members');
  await follow(page, 'Rankings');
  await expect(page.getByText(`Ranked by ${joiner.name}`)).toBeVisible();
  await expectAccessible(page, 'rankings');
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Ranking' })).toBeVisible();
  await expect(page.getByText('1st place')).toBeVisible();
  await expectAccessible(page, 'a ranking');
}

async function changePrompts(page: Page): Promise<void> {
  await follow(page, 'Prompts');
  await page.getByLabel('State').selectOption('to rank');
  await expect(page.getByText('4 prompts')).toBeVisible();
  const boxes = page.getByRole('checkbox', { name: /^Choose: / });
  await boxes.nth(0).focus();
  await page.keyboard.press('Space');
  await boxes.nth(2).click({ modifiers: ['Shift'] });
  await expect(page.getByText('3 chosen')).toBeVisible();
  await expectAccessible(page, 'prompts, some chosen');
  await page.getByRole('button', { name: 'Priority', exact: true }).click();
  await expectAccessible(page, 'priority of prompts');
  await page.getByRole('dialog').getByRole('button', { name: 'Priority' }).click();
  await expect(page.getByText('3 prompts changed')).toBeVisible();
  await expect(page.getByRole('table').getByText('priority 1')).toHaveCount(3);
}
