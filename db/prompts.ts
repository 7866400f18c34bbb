// Adding prompts to a project: in the order given, each set of messages once.
import { createHash } from 'node:crypto';
import type { Conditions } from '../domain/conditional.ts';
import type { PromptRow } from '../domain/formats.ts';
import type { ChatMessage } from '../engine/ports.ts';
import type { Transaction } from './client.ts';
import { prompts } from './schema/data.ts';

/** Postgres takes 65,535 parameters a statement, and a prompt needs seven. */
const promptsPerInsert = 5_000;

export interface NewPrompt extends Conditions {
  messages: ChatMessage[];
}

/** A line of a file of prompts; a bare text is the user's. */
export function toNewPrompt({ prompt, persona, tags }: PromptRow): NewPrompt {
  return { messages: typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt, persona, tags };
}

/** Adds prompts that the project does not have yet, in the file's order. Returns how many were new. */
export async function insertPrompts(
  tx: Transaction,
  projectId: string,
  split: 'train' | 'heldout',
  added: readonly NewPrompt[],
): Promise<number> {
  // A millisecond apart, so that lists and samplings keep the file's order.
  const start = Date.now() - added.length;
  const rows = added.map((prompt, index) => ({
    projectId,
    split,
    messages: prompt.messages,
    persona: prompt.persona || null,
    tags: [...(prompt.tags ?? [])],
    contentHash: promptHash(prompt),
    createdAt: new Date(start + index),
  }));
  let inserted = 0;
  for (let at = 0; at < rows.length; at += promptsPerInsert) {
    const stored = await tx
      .insert(prompts)
      .values(rows.slice(at, at + promptsPerInsert))
      .onConflictDoNothing()
      .returning({ id: prompts.id });
    inserted += stored.length;
  }
  return inserted;
}

/** Two prompts with the same messages, persona and tags are one prompt. One that has messages alone is named by them. */
export function promptHash({ messages, persona, tags }: NewPrompt): string {
  const turns = messages.map(({ role, content }) => [role, content]);
  const hasMore = Boolean(persona) || (tags?.length ?? 0) > 0;
  const canonical = JSON.stringify(hasMore ? { turns, persona: persona || null, tags: tags ?? [] } : turns);
  return createHash('sha256').update(canonical).digest('hex');
}
