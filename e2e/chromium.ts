// Which Chromium drives the journeys: CHROMIUM_PATH, the system's, then Playwright's own.
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

/** The browser's path, or null where there is none. */
export function findChromium(): string | null {
  const candidates = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', chromium.executablePath()];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}
