// What a page costs before it can be used: opens it in Chromium, signed in, and sums the scripts that came over the wire
// until nothing more was asked for. It starts no app of its own: it is given the address of one.
import type { Page, Response } from '@playwright/test';
import { inBrowser, signedInPage, type Visitor } from './browser.ts';

export interface PageWeightOptions {
  /** Of a running app: http://127.0.0.1:3000. */
  url: string;
  /** Which page. */
  path: string;
  /** Who opens it. */
  as: Visitor;
  /** Present once the page can be used: what is loaded until then counts, and what follows at once. */
  ready: string;
}

export interface ScriptWeight {
  /** Below the app's address. */
  path: string;
  /** As it came over the wire. */
  bytes: number;
  /** After unpacking. */
  sourceBytes: number;
}

export interface PageWeightReport {
  bench: 'page-weight';
  path: string;
  /** The largest first. */
  scripts: ScriptWeight[];
  scriptBytes: number;
  styleBytes: number;
  documentBytes: number;
  fontBytes: number;
  limitBytes: number;
  holds: boolean;
}

/** 200 kB of scripts, compressed. */
const limitBytes = 200_000;
const readyTimeoutMs = 30_000;

export async function measurePageWeight(options: PageWeightOptions, signal: AbortSignal): Promise<PageWeightReport> {
  return inBrowser(signal, async (browser) => weigh(await signedInPage(browser, options.url, options.as), options));
}

async function weigh(page: Page, { url, path, ready }: PageWeightOptions): Promise<PageWeightReport> {
  const responses: Response[] = [];
  page.on('response', (response) => responses.push(response));
  await page.goto(`${url}${path}`);
  const reached = new URL(page.url()).pathname;
  if (reached !== path) throw new Error(`${path} led to ${reached}: is this account allowed there?`);
  await page.locator(ready).first().waitFor({ timeout: readyTimeoutMs });
  await page.waitForLoadState('networkidle');

  const ofType = (type: string) => responses.filter((response) => response.request().resourceType() === type);
  const sum = async (type: string) => {
    const sizes = await Promise.all(ofType(type).map(wireBytes));
    return sizes.reduce((total, bytes) => total + bytes, 0);
  };
  const scripts = await Promise.all(ofType('script').map((response) => weightOf(response, url)));
  const scriptBytes = scripts.reduce((total, { bytes }) => total + bytes, 0);
  return {
    bench: 'page-weight',
    path,
    scripts: scripts.sort((one, other) => other.bytes - one.bytes),
    scriptBytes,
    styleBytes: await sum('stylesheet'),
    documentBytes: await sum('document'),
    fontBytes: await sum('font'),
    limitBytes,
    holds: scriptBytes <= limitBytes,
  };
}

async function wireBytes(response: Response): Promise<number> {
  return (await response.request().sizes()).responseBodySize;
}

async function weightOf(response: Response, url: string): Promise<ScriptWeight> {
  return {
    path: response.url().replace(url, ''),
    bytes: await wireBytes(response),
    sourceBytes: (await response.body()).length,
  };
}

/** For a terminal: a line a script, then the sums. */
export function pageWeightSummary(report: PageWeightReport): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
  return [
    ...report.scripts.map(
      ({ path, bytes, sourceBytes }) => `${kilobytes(bytes)} of ${kilobytes(sourceBytes)}  ${path}`,
    ),
    `${kilobytes(report.scriptBytes)} of scripts on ${report.path}; at most ${kilobytes(report.limitBytes).trim()}: ${
      report.holds ? 'holds' : 'DOES NOT HOLD'
    }`,
    `${kilobytes(report.documentBytes)} of HTML, ${kilobytes(report.styleBytes).trim()} of styles, ${kilobytes(report.fontBytes).trim()} of fonts`,
  ].join('\n');
}
