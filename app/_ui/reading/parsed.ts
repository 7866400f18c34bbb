// Texts that were parsed already. A task is parsed while the one before it is being read, so that showing it costs
// only the drawing.
import { parseReading } from './parse.ts';
import type { Block } from './tree.ts';

/** Some screens' worth: eight responses and a long conversation for the task at hand, the next ones and the last ones. */
const mostKept = 200;

const kept = new Map<string, Block[]>();

/** The blocks of a text; the same array for the same text, as long as it is kept. */
export function parsedReading(text: string): Block[] {
  const blocks = kept.get(text) ?? parseReading(text);
  // A map remembers the order of insertion: what was not asked for longest goes first.
  kept.delete(text);
  kept.set(text, blocks);
  const oldest = kept.size > mostKept ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  return blocks;
}
