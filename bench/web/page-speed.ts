// How soon the label page shows what a key did, and the next task after a submission: measured inside the page, from the
// event's own time stamp to the frame that shows its effect. Beside it what the browser itself says (Event Timing, of which
// INP is made).
import type { Page } from '@playwright/test';
import { type Latency, latencyOf } from '../statistics.ts';
import { inBrowser, signedInPage, type Visitor } from './browser.ts';

export interface PageSpeedOptions {
  url: string;
  as: Visitor;
  /** Rankings to make. */
  tasks: number;
}

export interface PageSpeed {
  keyToPaint: Latency;
  submitToNext: Latency;
  /** What the browser counts as interactions of 16 ms and more, presentation included. */
  interactions: Latency;
}

const readyTimeoutMs = 30_000;

export function measurePageSpeed(options: PageSpeedOptions, signal: AbortSignal): Promise<PageSpeed> {
  return inBrowser(signal, async (browser) => {
    const page = await signedInPage(browser, options.url, options.as);
    // What runs our TypeScript names functions through a helper that the page has not.
    await page.addInitScript({ content: 'globalThis.__name = (named) => named;' });
    await page.addInitScript(watch);
    await page.goto(`${options.url}/label`);
    await page.locator('main[data-task-id]').waitFor({ timeout: readyTimeoutMs });
    for (let at = 0; at < options.tasks; at++) await rankOne(page, at);
    const seen = await page.evaluate(() => (window as unknown as { seen: Seen }).seen);
    return {
      keyToPaint: latencyOf(seen.keys),
      submitToNext: latencyOf(seen.submits),
      interactions: latencyOf(seen.interactions),
    };
  });
}

interface Seen {
  keys: number[];
  submits: number[];
  interactions: number[];
}

/** In the page: notes for each key when its frame was out, and for each Enter when the next task was. */
function watch(): void {
  const seen: Seen = { keys: [], submits: [], interactions: [] };
  Object.assign(window, { seen });
  const afterPaint = (done: () => void) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(null);
    });
  const shown = () => document.querySelector('main[data-task-id]')?.getAttribute('data-task-id');
  window.addEventListener(
    'keydown',
    (event) => {
      const pressedAt = event.timeStamp;
      if (event.key !== 'Enter') {
        afterPaint(() => seen.keys.push(performance.now() - pressedAt));
        return;
      }
      const before = shown();
      const look = () => {
        if (shown() === before) requestAnimationFrame(look);
        else afterPaint(() => seen.submits.push(performance.now() - pressedAt));
      };
      look();
    },
    { capture: true },
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if ((entry as PerformanceEntry & { interactionId?: number }).interactionId)
        seen.interactions.push(entry.duration);
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
}

/** As a person does: three numbers, now and then a tie or a slip, Enter, and a look at the next. */
async function rankOne(page: Page, at: number): Promise<void> {
  const before = await page.locator('main[data-task-id]').getAttribute('data-task-id');
  const keys =
    at % 3 === 0 ? ['Digit2', 'Shift+Digit1', 'Digit4', 'Backspace', 'Digit4'] : ['Digit3', 'Digit1', 'Digit2'];
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(120);
  }
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    (former) => {
      const now = document.querySelector('main[data-task-id]')?.getAttribute('data-task-id');
      return now && now !== former;
    },
    before,
    { timeout: readyTimeoutMs },
  );
  // Long enough for the one after it to be fetched and drawn, far shorter than anybody reads.
  await page.waitForTimeout(600);
}
