// The annotator's desk in a real browser. First a day's work by keyboard alone: twenty prompts with ties, an edit, a skip,
// an undo, a reload in the middle and a cut connection, all of it stored exactly once. Then what else a project may ask.
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { and, eq, isNotNull, notExists, sql } from 'drizzle-orm';
import { closeDatabase, type Database, openDatabase } from '../db/client.ts';
import { databaseUrlFile } from '../db/database-url.ts';
import { responses } from '../db/schema/data.ts';
import { goldTasks, guidelines, leases, rankingRetractions, rankings, tasks } from '../db/schema/labelling.ts';
import { user } from '../db/schema/people.ts';
import { projects } from '../db/schema/project.ts';
import { addTasks } from '../test/demo.ts';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';
import { allowHaste, changeSettings, prompt, promptText, rankedToday, ranking, submitted } from './label-page.ts';

const taskCount = 60;
const perTask = 4;

let app: RunningApp;
let db: Database;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
  db = openDatabase(readFileSync(databaseUrlFile(app.dataDir), 'utf8').trim());
});
test.afterEach(async ({ page: _page }, testInfo) => {
  if (testInfo.status !== testInfo.expectedStatus) console.error(`The app's console said:\n${app.log()}`);
});
test.afterAll(async () => {
  if (db) await closeDatabase(db);
  await app?.stop();
});

const admin = { name: 'Ada Admin', email: 'ada@example.org', password: 'a long enough password' };

async function signIn(page: Page): Promise<void> {
  await page.goto(`${app.url}/sign-in?next=/label`);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${app.url}/label`);
  await expect(prompt(page)).toBeVisible();
}

async function project() {
  const [found] = await db.select().from(projects);
  if (!found) throw new Error('no project');
  return found;
}

/** Rankings that nobody took back, by the person at the desk. */
async function liveRankings() {
  const taken = db
    .select({ one: sql`1` })
    .from(rankingRetractions)
    .where(eq(rankingRetractions.rankingId, rankings.id));
  return db
    .select()
    .from(rankings)
    .where(and(isNotNull(rankings.userId), notExists(taken)))
    .orderBy(rankings.createdAt);
}

/** Types a ranking and submits it; what comes next is another task. */
async function rank(page: Page, keys: string[]): Promise<void> {
  const before = await promptText(page);
  for (const key of keys) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
  await expect(prompt(page)).not.toHaveText(before);
}

test('twenty prompts by keyboard alone, all stored once', async ({ page, context }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url, [/net::ERR_(FAILED|INTERNET_DISCONNECTED)/]);
  await page.goto(app.setupUrl);
  await page.getByLabel('Your name').fill(admin.name);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByLabel('Password').fill(admin.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(`${app.url}/`);
  await page.goto(`${app.url}/label`);
  await expect(page.getByRole('heading', { name: 'Nothing to rank yet' })).toBeVisible();
  await expectAccessible(page, 'desk, empty');
  await addTasks(db, (await project()).id, taskCount, perTask);
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Look again' }).press('Enter');
  await expect(page.getByRole('list', { name: 'Responses' }).getByRole('listitem')).toHaveCount(perTask);
  await expectAccessible(page, 'desk');

  await test.step('1: faster than anybody reads is said once, and goes through', async () => {
    for (const key of ['Digit2', 'Shift+Digit1', 'Digit4']) await page.keyboard.press(key);
    await expect(ranking(page)).toHaveText('2 = 1›4›3');
    const first = await promptText(page);
    await page.reload();
    await expect(ranking(page)).toHaveText('2 = 1›4›3');
    await page.keyboard.press('Enter');
    const warning = page.getByText('That was faster than these texts can be read.');
    if (await warning.isVisible()) await page.keyboard.press('Enter');
    await expect(prompt(page)).not.toHaveText(first);
    await allowHaste(page, app.url);
    await page.reload();
  });
  await test.step('2 to 4: a strength in six keys, all bad and all good in two', async () => {
    await rank(page, ['Digit1', 'Digit2', 'Digit3', 'p']);
    await rank(page, ['b']);
    await rank(page, ['g']);
  });
  await test.step('5: an edit, shown word by word', async () => {
    const edited = await promptText(page);
    for (const key of ['Digit3', 'Digit2', 'Digit1', 'e']) await page.keyboard.press(key);
    const dialog = page.getByRole('dialog', { name: 'Edit a response' });
    await expect(dialog.getByRole('textbox')).toBeFocused();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' And thank you for asking.');
    await expect(dialog.getByRole('insertion')).toContainText('And thank you for asking.');
    await expectAccessible(page, 'desk, edit');
    await page.keyboard.press('Control+Enter');
    await expect(dialog).toBeHidden();
    await expect(prompt(page)).toHaveText(edited);
    await expect(ranking(page)).toHaveText('3›3›2›1›4');
    await rank(page, []);
  });
  await test.step('6: a reason, in which no key does anything but write', async () => {
    for (const key of ['Digit4', 'Digit3', 'Digit2', 'r']) await page.keyboard.press(key);
    const before = await promptText(page);
    await page.keyboard.type('1 2 z s b g f = ? is all there is to say.');
    await expect(ranking(page)).toHaveText('4›3›2›1');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Backspace');
    await expect(ranking(page)).toHaveText('4›3››');
    await page.keyboard.press('Digit2');
    await page.keyboard.press('r');
    await page.keyboard.press('Control+Enter');
    await expect(prompt(page)).not.toHaveText(before);
  });
  await test.step('a skip, with its reason', async () => {
    const skipped = await promptText(page);
    await page.keyboard.press('s');
    await expectAccessible(page, 'desk, skip');
    await page.keyboard.press('Digit2');
    await expect(prompt(page)).not.toHaveText(skipped);
  });
  await test.step('7: a flag', async () => {
    await page.keyboard.press('f');
    await expect(page.getByRole('dialog', { name: 'What is wrong?' })).toBeVisible();
    await page.keyboard.press('Digit3');
    await expectAccessible(page, 'desk, flag');
    await page.keyboard.press('Escape');
    await rank(page, ['Digit1', 'Shift+Digit2', 'Shift+Digit3', 'Shift+Digit4']);
  });
  await test.step('8: undone with all that was said, changed, submitted again', async () => {
    const undone = await promptText(page);
    for (const key of ['Digit1', 'Digit2', 'Digit3', 'i', 'r']) await page.keyboard.press(key);
    await page.keyboard.type('Said once.');
    await submitted(page, () => page.keyboard.press('Control+Enter'));
    await expect(prompt(page)).not.toHaveText(undone);
    await page.keyboard.press('z');
    await expect(prompt(page)).toHaveText(undone);
    await expect(ranking(page)).toHaveText('1›2›3›4');
    await expect(page.getByRole('radio', { name: 'Slightly better' })).toBeChecked();
    await expect(page.getByRole('textbox', { name: /^Why\?/ })).toHaveValue('Said once.');
    await page.reload();
    await expect(prompt(page)).toHaveText(undone);
    await expect(ranking(page)).toHaveText('1›2›3›4');
    await expect(page.getByRole('textbox', { name: /^Why\?/ })).toHaveValue('Said once.');
    for (const _ of '123') await page.keyboard.press('Backspace');
    await rank(page, ['Digit4', 'Digit3', 'Digit2']);
  });
  await test.step('9: a reload in the middle keeps all of it', async () => {
    const third = await promptText(page);
    for (const key of ['Digit2', 'Shift+Digit1', 'o', 'r']) await page.keyboard.press(key);
    await page.keyboard.type('Half way');
    await page.reload();
    await expect(prompt(page)).toHaveText(third);
    await expect(ranking(page)).toHaveText('2 = 1››');
    await expect(page.getByRole('radio', { name: 'Clearly better' })).toBeChecked();
    await expect(page.getByRole('textbox', { name: /^Why\?/ })).toHaveValue('Half way');
    await rank(page, ['Digit3']);
  });
  await test.step('10 and 11: without a connection', async () => {
    await expect(page.getByText(/being saved/)).toBeHidden();
    await context.setOffline(true);
    await rank(page, ['Digit1', 'Digit2', 'Digit3']);
    await rank(page, ['Digit3', 'Digit2', 'Digit1']);
    await expect(page.getByText('2 being saved')).toBeVisible();
    await expectAccessible(page, 'desk, offline');
    await context.setOffline(false);
    await expect(page.getByText(/being saved/)).toBeHidden({ timeout: 40_000 });
  });
  await test.step('12: with a key of one’s own', async () => {
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Ranking by keyboard' })).toBeVisible();
    await expectAccessible(page, 'desk, help');
    await page.keyboard.press('Escape');
    await page.keyboard.press('k');
    const dialog = page.getByRole('dialog', { name: 'Your keys' });
    await dialog.getByRole('button', { name: /^All bad, now B/ }).press('Enter');
    await page.keyboard.press('z');
    await expect(dialog.getByRole('alert')).toContainText('Z is taken: it does “Undo last”.');
    await page.keyboard.press('x');
    await expect(dialog.getByRole('button', { name: /^All bad, now X/ })).toBeVisible();
    await expectAccessible(page, 'desk, own keys');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'All bad' })).toContainText('X');
    await rank(page, ['x']);
  });
  await test.step('13 to 20', async () => {
    for (let left = 13; left <= 20; left++) {
      await rank(page, left % 2 ? ['Digit4', 'Shift+Digit1', 'Digit2'] : ['Digit2', 'Digit1', 'Digit3']);
    }
    await expect(page.getByText(/being saved/)).toBeHidden({ timeout: 40_000 });
    await expect(rankedToday(page)).toContainText('20 today');
  });
  await test.step('all twenty are stored once', async () => {
    const live = await liveRankings();
    expect(live).toHaveLength(20);
    expect(new Set(live.map(({ taskId }) => taskId)).size).toBe(20);
    expect(live.filter(({ tiers }) => tiers.length < perTask).length).toBeGreaterThan(8);
    expect(live.filter(({ strength }) => strength === 4)).toHaveLength(1);
    expect(live.map(({ overall }) => overall).filter((overall) => overall !== null)).toEqual([
      'all-bad',
      'all-good',
      'all-bad',
    ]);
    expect(live.filter(({ flags }) => flags.length > 0).map(({ flags }) => flags)).toEqual([
      [{ flag: 'broken-prompt', responseId: null }],
    ]);
    expect(live.flatMap(({ rationale }) => rationale ?? [])).toEqual([
      '1 2 z s b g f = ? is all there is to say.',
      'Said once.',
      'Half way',
    ]);
    const [edited, ...others] = live.filter(({ editedResponseId }) => editedResponseId !== null);
    expect(others).toEqual([]);
    const [text] = await db
      .select()
      .from(responses)
      .where(eq(responses.id, edited?.editedResponseId ?? ''));
    expect(text?.text).toMatch(/ And thank you for asking\.$/);
    const skipped = await db.select().from(leases).where(eq(leases.outcome, 'skipped'));
    expect(skipped.map(({ skipReason }) => skipReason)).toEqual(['unclear']);
    // One ranking was taken back, and no other was ever stored.
    expect(await db.select().from(rankings).where(isNotNull(rankings.userId))).toHaveLength(21);
  });
  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});

test('what else a project may ask, and what else a person may do', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url);
  await signIn(page);

  await test.step('an earlier ranking is changed', async () => {
    const before = await liveRankings();
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'My last rankings' });
    await expect(dialog.getByRole('listitem')).toHaveCount(20);
    await expectAccessible(page, 'desk, my rankings');
    await dialog.getByRole('button', { name: 'Change' }).first().press('Enter');
    await expect(page.getByText('You are changing one of your earlier rankings.')).toBeVisible();
    await expect(ranking(page)).toHaveText('2›1›3›4');
    for (const _ of '123') await page.keyboard.press('Backspace');
    await page.keyboard.press('g');
    await expectAccessible(page, 'desk, changing a ranking');
    const saved = page.waitForResponse((response) => response.url().includes('label.revise'));
    await page.keyboard.press('Enter');
    expect((await saved).ok()).toBe(true);
    await expect(page.getByText('You are changing one of your earlier rankings.')).toBeHidden();
    const after = await liveRankings();
    expect(after).toHaveLength(before.length);
    expect(after.at(-1)).toMatchObject({ overall: 'all-good', replacesId: before.at(-1)?.id });
  });
  await test.step('differences, layouts, a list to drag in', async () => {
    await page.keyboard.press('d');
    await expect(page.getByRole('dialog', { name: 'Response 1 and response 2' })).toBeVisible();
    await page.keyboard.press('Digit4');
    await expect(page.getByRole('dialog', { name: 'Response 2 and response 4' })).toBeVisible();
    await expectAccessible(page, 'desk, differences');
    await page.keyboard.press('Escape');
    for (const layout of ['side by side', 'one below the other', 'one at a time']) {
      await page.keyboard.press('l');
      await expect(page.getByText(`Layout: ${layout}`)).toBeVisible();
      await expectAccessible(page, `desk, ${layout}`);
    }
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('button', { name: 'Response 2:' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Response 1:' })).toBeHidden();
    await page.reload();
    await expect(page.getByRole('navigation', { name: 'One response at a time' })).toBeVisible();
    await page.keyboard.press('l');
    await page.keyboard.press('a');
    const list = page.getByRole('region', { name: 'Arrange' });
    await expect(list).toBeVisible();
    await expectAccessible(page, 'desk, arrange');
    // By mouse: the third to the first place, the first beside it.
    const drag = async (from: string, to: { x: number; y: number }) => {
      const chip = await list.getByRole('button', { name: from }).boundingBox();
      if (!chip) throw new Error(`no ${from}`);
      await page.mouse.move(chip.x + 20, chip.y + chip.height / 2);
      await page.mouse.down();
      await page.mouse.move(chip.x + 30, chip.y + chip.height / 2 - 8, { steps: 3 });
      await page.mouse.move(to.x, to.y, { steps: 8 });
      await page.mouse.up();
    };
    const gap = await list.getByText('Drop here: the last place').boundingBox();
    if (!gap) throw new Error('no place to drop');
    await drag('3 Response', { x: gap.x + 40, y: gap.y + gap.height / 2 });
    await expect(ranking(page)).toHaveText('3›››');
    const third = await list.getByRole('button', { name: '3 Response' }).boundingBox();
    if (!third) throw new Error('no third');
    await drag('1 Response', { x: third.x + 60, y: third.y + third.height / 2 });
    await expect(ranking(page)).toHaveText('3 = 1››');
    // By keyboard: the second to the end.
    await list.getByRole('button', { name: '2 Response' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowUp');
    await expect(page.getByText(/^Response 2: /)).toBeAttached();
    await page.keyboard.press('Space');
    await expect(ranking(page)).toHaveText('3 = 1›2›4');
    await page.keyboard.press('a');
    await rank(page, []);
  });
  await test.step('ratings, a required strength and a required reason: Enter goes to what is missing', async () => {
    await changeSettings(page, app.url, {
      strength: 'required',
      rationale: { use: 'required', fromStrength: 3 },
      criteria: [
        { key: 'helpful', name: 'Helpful' },
        { key: 'honest', name: 'Honest' },
      ],
    });
    // The open page hears of it by itself.
    await expect(page.getByRole('group', { name: 'Helpful, response 1' })).toBeVisible();
    await expectAccessible(page, 'desk, ratings');
    for (const key of ['Digit1', 'Digit2', 'Digit3', 'Enter']) await page.keyboard.press(key);
    await expect(page.getByRole('main').getByRole('alert')).toHaveText(
      'Say how much better the best response is than the worst.',
    );
    await page.keyboard.press('o');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main').getByRole('alert')).toHaveText('Rate every response: Helpful is missing.');
    for (const digit of '54321543') await page.keyboard.press(`Digit${digit}`);
    await expect(page.getByRole('radio', { name: '3 of 5' }).last()).toBeChecked();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main').getByRole('alert')).toHaveText('Say why, in a few words.');
    await expectAccessible(page, 'desk, a reason is missing');
    await page.keyboard.type('It answers.');
    await submitted(page, () => page.keyboard.press('Control+Enter'));
    const last = (await liveRankings()).at(-1);
    expect(last).toMatchObject({ strength: 3, rationale: 'It answers.' });
    expect(
      Object.values(last?.ratings ?? {})
        .map((row) => [row.helpful, row.honest])
        .sort(),
    ).toEqual(
      [
        [1, 5],
        [3, 2],
        [4, 3],
        [5, 4],
      ].sort(),
    );
    await changeSettings(page, app.url, { strength: 'optional', rationale: { use: 'optional' }, criteria: [] });
  });
  await test.step('thumbs', async () => {
    await changeSettings(page, app.url, { mode: 'thumbs' });
    await page.reload();
    await expect(prompt(page)).toBeVisible();
    for (const key of ['Digit1', 'Digit2', 'Digit2', 'Shift+Digit3', 'Digit4']) await page.keyboard.press(key);
    await expectAccessible(page, 'desk, thumbs');
    await submitted(page, () => page.keyboard.press('Enter'));
    expect(Object.values((await liveRankings()).at(-1)?.thumbs ?? {}).sort()).toEqual(['down', 'down', 'up', 'up']);
    await changeSettings(page, app.url, { mode: 'rank' });
  });
  await test.step('new guidelines are read before ranking goes on', async () => {
    const [author] = await db.select().from(user);
    const [made] = await db
      .insert(guidelines)
      .values({
        projectId: (await project()).id,
        version: 1,
        text: '# Be fair\n\nRead **all** of it.',
        createdBy: author?.id ?? '',
      })
      .returning();
    await page.reload();
    const dialog = page.getByRole('dialog', { name: 'Guidelines' });
    await expect(dialog.getByRole('heading', { name: 'Be fair' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expectAccessible(page, 'desk, new guidelines');
    for (const key of ['Digit1', 'Digit2', 'Digit3', 'Enter']) await page.keyboard.press(key);
    await expect(dialog.getByRole('button', { name: 'I have read them' })).toBeFocused();
    await expectAccessible(page, 'desk, guidelines');
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();
    await submitted(page, () => page.keyboard.press('Enter'));
    expect((await liveRankings()).at(-1)?.guidelineId).toBe(made?.id);
  });
  await test.step('what the server refuses stays with its author', async () => {
    await db.update(leases).set({ closedAt: sql`now()`, outcome: 'withdrawn' }).where(sql`${leases.closedAt} is null`);
    await page.keyboard.press('r');
    await page.keyboard.type('A reason that took long to write.');
    await page.keyboard.press('Escape');
    for (const key of ['Digit1', 'Digit2', 'Digit3', 'Enter']) await page.keyboard.press(key);
    const shelf = page.getByRole('button', { name: '1 not accepted' });
    await expect(shelf).toBeVisible();
    await page.reload();
    await shelf.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Not accepted' });
    await expect(dialog).toContainText('A reason that took long to write.');
    await expectAccessible(page, 'desk, not accepted');
    await dialog.getByRole('button', { name: 'Throw away' }).press('Enter');
    await page.keyboard.press('Escape');
    await expect(shelf).toBeHidden();
  });
  await test.step('on a phone, from right to left', async () => {
    await db.update(responses).set({ text: sql`'هذه إجابة طويلة بما يكفي. ' || ${responses.text}` });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await expect(prompt(page)).toBeVisible();
    await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
    await expectAccessible(page, 'desk, phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'More' }).click();
    await expectAccessible(page, 'desk, phone, more');
    await page.keyboard.press('Escape');
  });
  // Refused on purpose, above.
  expect(watch.problems.filter((problem) => !/status of 409/.test(problem))).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
});

test('a newcomer is tested, sees the right answers, and goes on to the work', async ({ page, browser }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await signIn(page);
  const { id: projectId } = await project();
  const newcomer = { name: 'Nora Newcomer', email: 'nora@example.org', password: 'another good password' };
  const made = await page.request.post(`${app.url}/api/trpc/people.create`, {
    data: { json: { ...newcomer, role: 'annotator', projectId } },
  });
  expect(made.ok(), await made.text()).toBe(true);
  await changeSettings(page, app.url, { onboarding: { isRequired: true, passAccuracy: 0.5 } });
  const open = await db.select().from(tasks).where(eq(tasks.status, 'open')).limit(2);
  for (const task of open) {
    const all = await db
      .select()
      .from(responses)
      .where(eq(responses.promptId, task.promptId))
      .orderBy(responses.ordinal);
    const gold = all.filter(({ samplingId, editedFromId }) => samplingId === task.samplingId && !editedFromId);
    const tiers = gold.map(({ id }) => [id]);
    await db
      .insert(goldTasks)
      .values({ taskId: task.id, tiers, use: 'onboarding', note: 'The **first** one answers.' });
    await db.update(tasks).set({ isGold: true }).where(eq(tasks.id, task.id));
  }

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const desk = await context.newPage();
  await desk.goto(`${app.url}/sign-in?next=/label`);
  await desk.getByLabel('E-mail').fill(newcomer.email);
  await desk.getByLabel('Password').fill(newcomer.password);
  await desk.getByRole('button', { name: 'Sign in' }).click();
  await desk
    .getByRole('dialog', { name: 'Guidelines' })
    .getByRole('button', { name: 'I have read them' })
    .press('Enter');
  await expect(desk.getByText('Test task 1 of 2').filter({ visible: true })).toBeVisible();
  await expectAccessible(desk, 'desk, test');

  /** Presses the numbers of the responses in the order that gold has, or in the opposite one. */
  const answer = async (direction: 1 | -1) => {
    const texts = await desk.getByRole('list', { name: 'Responses' }).getByRole('listitem').allTextContents();
    const ordinals = texts.map((text) => Number(/Response (\d) to/.exec(text)?.[1]));
    const order = ordinals
      .map((_, place) => place)
      .sort((one, other) => direction * ((ordinals[one] ?? 0) - (ordinals[other] ?? 0)));
    for (const place of order.slice(0, 3)) await desk.keyboard.press(`Digit${place + 1}`);
    await desk.keyboard.press('Enter');
  };
  await answer(-1);
  await expect(desk.getByRole('heading', { name: '0 of 6 pairs in the right order' })).toBeFocused();
  await expect(desk.getByText('you had them the other way round').first()).toBeVisible();
  await expect(desk.getByText('The first one answers.')).toBeVisible();
  await expectAccessible(desk, 'desk, feedback');
  await desk.keyboard.press('Enter');
  await expect(desk.getByText('Test task 2 of 2').filter({ visible: true })).toBeVisible();
  await answer(1);
  await expect(desk.getByRole('heading', { name: '6 of 6 pairs in the right order' })).toBeVisible();
  await expect(desk.getByText('You have passed the test.')).toBeVisible();
  await desk.keyboard.press('Enter');
  await expect(prompt(desk)).toBeVisible();
  await expect(desk.getByText('Test task').filter({ visible: true })).toBeHidden();
  await context.close();
});
