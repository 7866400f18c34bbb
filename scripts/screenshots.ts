// `npm run screenshots`: the pictures in docs/screenshots, of the label page as an annotator has it: light and dark, on a
// phone, and from right to left.
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import { inBrowser } from '../bench/web/browser.ts';
import { type AskedPrompt, insertProject, insertTasks, signInAll } from '../bench/web/people.ts';
import { type ServedApp, serveApp } from '../bench/web/served-app.ts';
import type { Locale } from '../domain/locales.ts';

const folder = 'docs/screenshots';

const english: AskedPrompt = {
  prompt: 'How do I reverse a list in Python, and what does it cost?',
  responses: [
    'Call `items.reverse()`. It turns the list around **in place** in $O(n)$ time and needs no second list.\n\n```python\nitems = [3, 1, 2]\nitems.reverse()\nprint(items)  # [2, 1, 3]\n```\n\nUse `reversed(items)` where you only want to walk through it backwards.',
    '| way | time | memory |\n|---|---|---|\n| `items.reverse()` | $O(n)$ | none |\n| `items[::-1]` | $O(n)$ | a copy |\n| `reversed(items)` | lazy | none |\n\nThe first changes the list, the second gives you a new one.',
    'You can do it with a loop. First make an empty list. Then go through the old list from the end to the start and append each item. Then you have the reversed list.',
    'Lists cannot be reversed in Python, but you can sort them in descending order with `sorted(items, reverse=True)`.',
  ],
};

const arabic: AskedPrompt = {
  prompt: 'ما الفرق بين الطقس والمناخ؟',
  responses: [
    '**الطقس** هو حالة الجو في مكان ووقت معيّنين: حرارة اليوم ومطره ورياحه. أما **المناخ** فهو متوسط هذه الأحوال خلال ثلاثين سنة أو أكثر.',
    'الطقس يتغيّر من ساعة إلى أخرى، والمناخ يتغيّر ببطء شديد. مثال: «غدًا ماطر» طقس، و«شتاؤنا ماطر» مناخ.',
    'لا فرق بينهما، فكلاهما يصف الجو.',
    'المناخ هو ما تتوقّعه، والطقس هو ما تراه حين تفتح النافذة.',
  ],
};

interface Shot {
  file: string;
  asked: AskedPrompt;
  locale: Locale;
  colorScheme: 'light' | 'dark';
  viewport: { width: number; height: number };
  /** A word of each response that the annotator has placed, best first; `=` ties with the one before. */
  ranking: string[];
}

const desktop = { width: 1440, height: 900 };
const ranked = ['in place', '=a new one', 'with a loop'];
const rankedArabic = ['متوسط', 'شديد', 'النافذة'];
const shots: Shot[] = [
  { file: 'label-light', asked: english, locale: 'en', colorScheme: 'light', viewport: desktop, ranking: ranked },
  { file: 'label-dark', asked: english, locale: 'en', colorScheme: 'dark', viewport: desktop, ranking: ranked },
  {
    file: 'label-phone',
    asked: english,
    locale: 'en',
    colorScheme: 'light',
    viewport: { width: 390, height: 844 },
    ranking: ['in place', 'a new one'],
  },
  { file: 'label-rtl', asked: arabic, locale: 'ar', colorScheme: 'light', viewport: desktop, ranking: rankedArabic },
];

mkdirSync(folder, { recursive: true });
const app = await serveApp(console.error);
try {
  await inBrowser(new AbortController().signal, async (browser) => {
    for (const shot of shots) await take(browser, app, shot);
  });
} finally {
  await app.close();
}

async function take(browser: Browser, { db, origin, authSecret }: ServedApp, shot: Shot): Promise<void> {
  const projectId = await insertProject(db, {
    name: shot.locale === 'ar' ? 'أسئلة عامة' : 'Helpful answers',
    overlap: 1,
  });
  await insertTasks(
    db,
    projectId,
    [shot.asked, shot.asked].map((asked, at) => ({ ...asked, prompt: asked.prompt + ' '.repeat(at) })),
  );
  const [cookie = ''] = await signInAll(db, authSecret, projectId, 1);
  const { colorScheme, viewport, locale } = shot;
  const context = await browser.newContext({
    colorScheme,
    viewport,
    locale,
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
  });
  const [name = '', value = ''] = cookie.split(/=(.*)/s);
  await context.addCookies([{ name, value, url: origin }]);
  const page = await context.newPage();
  await page.goto(`${origin}/label`);
  await page.locator('main[data-task-id]').waitFor();
  for (const word of shot.ranking) await place(page, word);
  await settle(page);
  await page.screenshot({ path: `${folder}/${shot.file}.png` });
  await context.close();
  console.error(`Wrote ${folder}/${shot.file}.png.`);
}

/** Presses the number of the response that has this word in it: each person sees them in another order. */
async function place(page: Page, word: string): Promise<void> {
  const texts = await page.locator('main ol:visible > li').allTextContents();
  const index = texts.findIndex((text) => text.includes(word.replace('=', '')));
  await page.keyboard.press(`${word.startsWith('=') ? 'Shift+' : ''}Digit${index + 1}`);
}

/** Fonts, formulas and colours of code come after the first paint. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(500);
}
