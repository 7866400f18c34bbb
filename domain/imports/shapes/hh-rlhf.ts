// HH-RLHF (anthropics/hh-rlhf, README): {chosen, rejected} as whole transcripts "\n\nHuman: ... \n\nAssistant: ...", alike
// up to the assistant's last turn. Some rows of it differ earlier: they are no pair of one prompt, and skipped.
import type { ChatMessage } from '../../../engine/ports.ts';
import { type ShapeResult, skipped } from '../prompt.ts';
import { type Row, textField } from './fields.ts';
import { readPair } from './pairs.ts';

const start = /^\s*Human:/;

export function isTranscript(row: Row): boolean {
  const [chosen, rejected] = [textField(row, 'chosen'), textField(row, 'rejected')];
  return chosen !== null && rejected !== null && start.test(chosen) && start.test(rejected);
}

export function readTranscripts(row: Row): ShapeResult {
  const [chosen, rejected] = [turnsOf(textField(row, 'chosen')), turnsOf(textField(row, 'rejected'))];
  if (!chosen || !rejected) {
    return skipped('wrong-shape', '"chosen" and "rejected" must be transcripts that begin with "Human:"');
  }
  return readPair({ prompt: null, chosen, rejected });
}

/** The turns of a transcript; "Human:" within a turn's own line is its text. */
export function turnsOf(transcript: string | null): ChatMessage[] | null {
  if (transcript === null || !start.test(transcript)) return null;
  const parts = `\n\n${transcript.trimStart()}`.split(/\n\n(Human|Assistant):/);
  const turns: ChatMessage[] = [];
  for (let at = 1; at < parts.length; at += 2) {
    turns.push({ role: parts[at] === 'Human' ? 'user' : 'assistant', content: (parts[at + 1] ?? '').trim() });
  }
  return turns;
}
