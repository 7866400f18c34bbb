// Work done ahead: the texts of the next tasks are parsed, coloured and set while nobody waits, a little at a time.
import { languageOf, loadHighlighting } from './code-block.tsx';
import { loadTypesetting } from './formula.tsx';
import { partsOf } from './parts.ts';
import { readingOf } from './prepared.ts';

const formulasAtOnce = 10;

/** Resolves when the browser has nothing better to do. */
function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks: a moment later is near enough.
    if (typeof requestIdleCallback === 'undefined') setTimeout(resolve, 50);
    else requestIdleCallback(resolve, { timeout: 2_000 });
  });
}

async function prepare(text: string, signal: AbortSignal): Promise<void> {
  await idle();
  if (signal.aborted) return;
  const { codes, formulas } = partsOf(readingOf(text));
  const coloured = codes
    .map(({ info, text: code }) => ({ language: languageOf(info), text: code }))
    .filter(({ language }) => language !== '');
  if (coloured.length > 0) {
    const { prepareCode } = await loadHighlighting();
    for (const code of coloured) {
      await idle();
      if (signal.aborted) return;
      prepareCode(code);
    }
  }
  if (formulas.length > 0) {
    const { prepareFormula } = await loadTypesetting();
    for (let at = 0; at < formulas.length; at += formulasAtOnce) {
      await idle();
      if (signal.aborted) return;
      formulas.slice(at, at + formulasAtOnce).forEach(prepareFormula);
    }
  }
}

/** Makes `texts` ready to be shown at once. Stops when what it returns is called: an effect can return it as it is. */
export function prepareReading(texts: readonly string[]): () => void {
  const controller = new AbortController();
  const all = async () => {
    for (const text of texts) await prepare(text, controller.signal);
  };
  // Whatever fails here (no connection) is tried again, and dealt with, when the text is shown.
  all().catch(() => {});
  return () => controller.abort();
}
