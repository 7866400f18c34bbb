// The first start's content: the demo project with its prompts, its SFT policy and two judges.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { demoRecipe } from '../demo/recipe.ts';
import { parseJsonLines, promptRowSchema } from '../domain/formats.ts';
import { samplingConfigSchema } from '../engine/config.ts';
import type { Database, Transaction } from './client.ts';
import { insertPrompts, type NewPrompt, toNewPrompt } from './prompts.ts';
import { judges, policies, projects } from './schema/project.ts';

const demoFolder = fileURLToPath(new URL('../demo', import.meta.url));

/** Makes the demo project where there is no project yet. Returns whether it did. */
export async function seedDatabase(db: Database): Promise<boolean> {
  const train = await readPrompts('train');
  const heldOut = await readPrompts('heldout');
  return db.transaction(async (tx) => {
    // Two processes that start at once must not make it twice.
    await tx.execute(sql`lock table ${projects} in share row exclusive mode`);
    const existing = await tx.select({ id: projects.id }).from(projects).limit(1);
    if (existing.length > 0) return false;
    const projectId = await insertDemoProject(tx);
    await insertPrompts(tx, projectId, 'train', train);
    await insertPrompts(tx, projectId, 'heldout', heldOut);
    return true;
  });
}

async function readPrompts(split: 'train' | 'heldout'): Promise<NewPrompt[]> {
  const file = path.join(demoFolder, 'prompts', `${split}.jsonl`);
  return parseJsonLines(promptRowSchema, await readFile(file, 'utf8'), file).map(toNewPrompt);
}

async function insertDemoProject(tx: Transaction): Promise<string> {
  const [project] = await tx
    .insert(projects)
    .values({
      name: 'Demo shop',
      slug: 'demo-shop',
      kind: 'demo',
      responsesPerPrompt: demoRecipe.responses,
      sampling: samplingConfigSchema.parse(demoRecipe.sampling),
    })
    .returning({ id: projects.id });
  if (!project) throw new Error('insert into projects returned no row');
  const [sft] = await tx
    .insert(policies)
    .values({ projectId: project.id, name: 'sft', modelDir: 'demo/model' })
    .returning({ id: policies.id });
  if (!sft) throw new Error('insert into policies returned no row');
  await tx.update(projects).set({ sftPolicyId: sft.id, currentPolicyId: sft.id });
  await tx.insert(judges).values([
    { projectId: project.id, kind: 'oracle', name: 'Demo oracle' },
    { projectId: project.id, kind: 'random', name: 'Random' },
  ]);
  return project.id;
}
