// Adding prompts to a project: in the order given, each set of messages once.
import { createHash } from 'node:crypto';
import type { ChatMessage } from '../engine/ports.ts';
import type { Transaction } from './client.ts';
import { prompts } from './schema.ts';

/** Postgres takes 65,535 parameters a statement, and a prompt needs six. */
const promptsPerInsert = 5_000;

/** Adds prompts that the project does not have yet, in the file's order. Returns how many were new. */
export async function insertPrompts(
  tx: Transaction,
  projectId: string,
  split: 'train' | 'heldout',
  messages: ChatMessage[][],
): Promise<number> {
  // A millisecond apart, so that lists and samplings keep the file's order.
  const start = Date.now() - messages.length;
  const rows = messages.map((prompt, index) => ({
    projectId,
    split,
    messages: prompt,
    contentHash: promptHash(prompt),
    createdAt: new Date(start + index),
  }));
  let inserted = 0;
  for (let at = 0; at < rows.length; at += promptsPerInsert) {
    const added = await tx
      .insert(prompts)
      .values(rows.slice(at, at + promptsPerInsert))
      .onConflictDoNothing()
      .returning({ id: prompts.id });
    inserted += added.length;
  }
  return inserted;
}

/** Two prompts with the same messages are one prompt. */
export function promptHash(messages: ChatMessage[]): string {
  const canonical = JSON.stringify(messages.map(({ role, content }) => [role, content]));
  return createHash('sha256').update(canonical).digest('hex');
}
