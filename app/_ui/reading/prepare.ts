// Work done ahead: the texts of the next tasks are parsed, coloured and typeset while nobody waits, a little at a time.
import { idle } from '../idle.ts';
import { hasMarks } from './marks.ts';
import { loadMarkdown } from './reading.tsx';

/** Makes `texts` ready to be shown at once. Stops when what it returns is called: an effect can return it as it is. */
export function prepareReading(texts: readonly string[]): () => void {
  const controller = new AbortController();
  // Whatever fails here (no connection) is tried again, and dealt with, when the text is shown.
  prepareAll(texts.filter(hasMarks), controller.signal).catch(() => {});
  return () => controller.abort();
}

async function prepareAll(texts: readonly string[], signal: AbortSignal): Promise<void> {
  if (texts.length === 0) return;
  const { prepareMarkdown } = await loadMarkdown();
  for (const text of texts) {
    await idle();
    if (signal.aborted) return;
    await prepareMarkdown(text, signal);
  }
}
