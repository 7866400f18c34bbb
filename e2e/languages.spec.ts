// The pages in other languages: a stranger gets the browser's, a person's choice stays, and Arabic runs from right to
// left with nothing left in English.
import { expect, type Page, test } from '@playwright/test';
import { type Locale, locales } from '../domain/locales.ts';
import { type RunningApp, startApp } from './app.ts';
import { expectAccessible, watchPage } from './checks.ts';

const admin = { name: 'Ada', email: 'ada@example.org', password: 'a long enough password' };

let app: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(6 * 60_000);
  app = await startApp();
});
test.afterAll(async () => app?.stop());

async function expectLanguage(page: Page, locale: Locale): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('lang', locale);
  await expect(page.locator('html')).toHaveAttribute('dir', locales[locale].direction);
}

/** Words that are Latin in every language: names of models, judges, formats and settings, addresses, units and keys. */
const names =
  /\b(Rankloop|Ada|ada@example\.org|Demo shop|Demo oracle|Random|sft|[SD]FT|DPO|TRL|JSONL?|CSV|parquet|gz|rankloop import|KTO|LoRA|LLM|OpenAI|API|Hub|Hugging Face|v1(\/\w+)*|GET|POST|rl-\S+|Ctrl|alt\+T|Shift|Enter|CPU|GPU|[GM]iB|fp32|int4|KL|English|Türkçe|Top-[pk]|Min-p)\b/g;

const pages = [
  '/',
  '/prompts',
  '/prompts/import',
  '/rounds',
  '/judges',
  '/quality',
  '/review',
  '/members',
  '/settings',
  '/models',
  '/people',
  '/api-keys',
  '/export',
];

/** Axe takes seconds a page; the other journeys show it the others, in English. */
const checkedByAxe: ReadonlySet<string> = new Set(['/', '/prompts', '/settings']);

/** Texts of ours without a word of Arabic. What the database holds, code and the languages' own names are not ours. */
async function latinWords(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const foreign = 'code, pre, kbd, select, [dir="auto"], [lang]:not(html), script, style, next-route-announcer';
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim();
      if (text && !node.parentElement?.closest(foreign)) found.push(text);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      if (element.closest('[lang]:not(html)')) continue;
      for (const name of ['aria-label', 'title', 'placeholder']) found.push(element.getAttribute(name) ?? '');
    }
    return found;
  });
  return texts.filter((text) => !/\p{Script=Arabic}/u.test(text) && /[A-Za-z]{2,}/.test(text.replace(names, '')));
}

test('the pages speak the person’s language', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'tr-TR', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const watch = watchPage(page, app.url);

  await test.step('a stranger gets the browser’s language', async () => {
    await page.goto(app.url);
    await expectLanguage(page, 'tr');
    await expect(page.getByRole('heading', { level: 1, name: 'Oturum aç' })).toBeVisible();
  });

  await test.step('a choice on the set-up page keeps what is typed', async () => {
    await page.goto(app.setupUrl);
    await page.getByLabel('Adınız').fill(admin.name);
    await page.getByLabel('Dil').selectOption(locales.ar.name);
    await expectLanguage(page, 'ar');
    await expect(page.getByLabel('اسمك')).toHaveValue(admin.name);
    await expectAccessible(page, 'set-up in Arabic');
    await page.getByLabel('البريد الإلكتروني').fill(admin.email);
    await page.getByLabel('كلمة المرور').fill(admin.password);
    await page.getByRole('button', { name: 'إنشاء الحساب' }).click();
    await expect(page).toHaveURL(`${app.url}/`);
    await expectLanguage(page, 'ar');
  });

  await test.step('Arabic pages hold no English', async () => {
    for (const path of pages) {
      await page.goto(`${app.url}${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByText('جارٍ التحميل')).toHaveCount(0);
      expect(await latinWords(page), `left in English on ${path}`).toEqual([]);
      if (checkedByAxe.has(path)) await expectAccessible(page, `${path} in Arabic`);
    }
  });

  await test.step('the palette changes it, and the account’s menu', async () => {
    await page.keyboard.press('Control+k');
    const search = page.getByRole('dialog').getByRole('combobox');
    await search.fill('한국');
    await expect(page.getByRole('option')).toHaveText([locales.ko.name]);
    await search.press('Enter');
    await expectLanguage(page, 'ko');
    await page.getByLabel('언어').selectOption(locales.en.name);
    await expectLanguage(page, 'en');
    await page.reload();
    await expectLanguage(page, 'en');
    await expect(page.getByRole('link', { name: 'Export' })).toBeVisible();
  });

  expect(watch.problems).toEqual([]);
  expect(watch.foreignRequests).toEqual([]);
  await context.close();
});
