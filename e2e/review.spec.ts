// A reviewer's way in a real browser, by keyboard: through the queue, a decision of each kind, a gold task; then what an
// admin reads of how people rank. People and their rankings are put in beside the running app.
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { eq } from 'drizzle-orm';
import { closeDatabase, type Database, openDatabase } from '../db/client.ts';
import { databaseUrlFile } from '../db/database-url.ts';
import { rankings, reviews, tasks } from '../db/schema/labelling.ts';
import { user } from '../db/schema/people.ts';
import { projects } from '../db/schema/project.ts';
import { addTasks } from '../test/demo.ts';
import { addPerson } from '../test/people.ts';
import { addRanking } from '../test/rankings.ts';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const forth = [[0], [1], [2]];
const back = [[2], [1], [0]];

let app: RunningApp;
let db: Database;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
  db = openDatabase(readFileSync(databaseUrlFile(app.dataDir), 'utf8').trim());
});
test.afterAll(async () => {
  if (db) await closeDatabase(db);
  await app?.stop();
});

/** Forty tasks that two people ranked: Ann always as they came, Ben on the first four the other way round. */
async function addWork(): Promise<void> {
  const [project] = await db.select().from(projects);
  if (!project) throw new Error('no project');
  await db.update(projects).set({ overlap: 2 });
  const [ann, ben] = [await addPerson(db), await addPerson(db)];
  const ids = await addTasks(db, project.id, 40);
  for (const [index, taskId] of ids.entries()) {
    const said = index === 0 ? { strength: 3 as const, rationale: 'The **first** one answers.' } : {};
    await addRanking(db, taskId, ann.id, forth, { durationMs: 20_000 + 500 * index, ...said });
    await addRanking(db, taskId, ben.id, index < 4 ? back : forth, { durationMs: 9_000 });
  }
}

const order = (page: Page) => page.getByTestId('review-ranking');

test('disagreement is reviewed by keyboard, gold is marked, and people’s figures are read', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url);
  await page.goto(app.setupUrl);
  await page.getByLabel('Your name').fill('Ada Admin');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create account' }).click();
  const places = page.getByRole('navigation', { name: 'Places' });

  await test.step('nothing waits at first', async () => {
    await places.getByRole('link', { name: 'Review' }).click();
    await expect(page.getByText('Nothing waits for review')).toBeVisible();
    await expectAccessible(page, 'review, empty');
  });

  await test.step('the queue holds what people disagree on', async () => {
    await addWork();
    await page.reload();
    await expect(page.getByRole('row')).toHaveCount(1 + 4);
    await expectAccessible(page, 'review');
    await page.getByRole('link', { name: 'Start reviewing' }).click();
    await expect(page.getByText('1 of 4')).toBeVisible();
    await expect(page.getByText('1 over 3: A. 3 over 1: B.')).toBeVisible();
    await expectAccessible(page, 'review of a task');
  });

  await test.step('J and K walk it, A accepts', async () => {
    await page.keyboard.press('j');
    await expect(page.getByText('2 of 4')).toBeVisible();
    await page.keyboard.press('k');
    await expect(page.getByText('1 of 4')).toBeVisible();
    await page.keyboard.press('a');
    await expect(page.getByText('1 of 3')).toBeVisible();
  });

  await test.step('digits and a note adjudicate', async () => {
    await page.keyboard.press('2');
    await page.keyboard.press('Shift+3');
    await expect(order(page)).toHaveText('2 = 3 › 1');
    await page.keyboard.press('n');
    await page.keyboard.type('The second and the third say the same.');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('1 of 2')).toBeVisible();
    const stored = await db.select().from(rankings).where(eq(rankings.kind, 'adjudication'));
    expect(stored.map(({ tiers }) => tiers.map((tier) => tier.length))).toEqual([[2, 1]]);
  });

  await test.step('R gives one back with a note', async () => {
    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog', { name: 'Return the task' });
    await dialog.getByRole('radio', { name: 'B:' }).check();
    await dialog.getByLabel('Note to them').fill('Read the third one again.');
    await expectAccessible(page, 'returning a task');
    await dialog.getByRole('button', { name: 'Return' }).click();
    await expect(page.getByText('1 of 1')).toBeVisible();
    expect((await db.select().from(reviews)).map(({ outcome }) => outcome).sort()).toEqual([
      'accepted',
      'adjudicated',
      'returned',
    ]);
  });

  await test.step('G makes the ranking that was typed gold', async () => {
    await page.keyboard.press('3');
    await page.keyboard.press('2');
    await page.keyboard.press('g');
    const dialog = page.getByRole('dialog', { name: 'Use this task as gold' });
    await expect(dialog.getByText('3 › 2 › 1')).toBeVisible();
    await expectAccessible(page, 'marking gold');
    await dialog.getByRole('button', { name: 'Save as gold' }).click();
    await expect(page.getByText('This task is gold. It has its right ranking already')).toBeVisible();
    expect((await db.select().from(tasks).where(eq(tasks.isGold, true))).length).toBe(1);
  });

  await test.step('an admin reads how people rank', async () => {
    await places.getByRole('link', { name: 'Quality' }).click();
    await expect(page.getByRole('row')).toHaveCount(1 + 2);
    await expect(page.getByText('Pairs ordered alike')).toBeVisible();
    await expectAccessible(page, 'quality');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const csv = readFileSync(await (await download).path(), 'utf8');
    expect(csv.split('\r\n')).toHaveLength(1 + 2 + 1);
    await page.getByRole('link', { name: 'Gold and onboarding' }).click();
    await expect(page.getByRole('cell', { name: 'Silent' })).toBeVisible();
    await expectAccessible(page, 'gold');
  });

  await test.step('and one person at length', async () => {
    await places.getByRole('link', { name: 'Quality' }).click();
    await page.getByRole('link', { name: 'Person 2' }).click();
    await expect(page.getByText('First shown is best')).toBeVisible();
    await expect(page.getByRole('img', { name: /Rankings by day/ })).toBeVisible();
    await expectAccessible(page, 'a person’s quality');
  });

  await test.step('an annotator sees their own time and counts, and no review', async () => {
    await places.getByRole('link', { name: 'People' }).click();
    await page.getByRole('button', { name: 'Add person' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add person' });
    await dialog.getByLabel('Name').fill('Cem Annotator');
    await dialog.getByLabel('E-mail').fill('cem@example.org');
    await dialog.getByLabel('Password').fill('another long password');
    await dialog.getByRole('button', { name: 'Add person' }).click();
    await expect(dialog).toBeHidden();
    const [cem] = await db.select().from(user).where(eq(user.email, 'cem@example.org'));
    const [task] = await db.select().from(tasks).where(eq(tasks.isGold, true));
    await addRanking(db, task?.id ?? '', cem?.id ?? '', forth);
    await page.context().clearCookies();
    await page.goto(`${app.url}/sign-in`);
    await page.getByLabel('E-mail').fill('cem@example.org');
    await page.getByLabel('Password').fill('another long password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(places.getByRole('link')).toHaveText(['Overview', 'Label']);
    await page.getByRole('link', { name: 'My work' }).click();
    await expect(page.getByRole('heading', { name: 'My work' })).toBeVisible();
    await expect(page.getByText('the project keeps it to its reviewers')).toBeVisible();
    await expect(page.getByText('Gold')).toHaveCount(0);
    await expectAccessible(page, 'one’s own quality');
    await page.goto(`${app.url}/review/${task?.id}`);
    await expect(page).toHaveURL(`${app.url}/`);
  });

  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});
