// A new project on a registered model: the model becomes its SFT policy, and what it is to be asked comes with it.
import { eq } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { insertPrompts, toNewPrompt } from '../../db/prompts.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import { parseJsonLines, promptRowSchema } from '../../domain/formats.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { requireReadyModel } from './models.ts';

export interface CreateProject {
  modelId: string;
  name: string;
  /** JSONL: a prompt a line, as text or messages, with persona and tags where it has them. Every tenth one is held out for evaluation. */
  prompts: string;
}

const heldOutEvery = 10;
/** Enough for one to be held out. */
const fewestPrompts = 10;

export async function createProject(db: Database, modelsDir: string, input: CreateProject) {
  const { model, modelDir } = await requireReadyModel(db, modelsDir, input.modelId);
  const prompts = parseJsonLines(promptRowSchema, input.prompts, 'The prompts').map(toNewPrompt);
  if (prompts.length < fewestPrompts) {
    throw new AppError('DATA_INVALID', `Give at least ${fewestPrompts} prompts: some are held out for evaluation.`);
  }
  return db.transaction(async (tx) => {
    const [project] = await tx
      .insert(projects)
      .values({
        name: input.name,
        slug: await freeSlug(tx, input.name),
        kind: 'custom',
        responsesPerPrompt: 4,
        sampling: samplingConfigSchema.parse({}),
      })
      .returning({ id: projects.id });
    if (!project) throw new Error('insert into projects returned no row');
    const [sft] = await tx
      .insert(policies)
      .values({ projectId: project.id, name: model.name, modelDir })
      .returning({ id: policies.id });
    if (!sft) throw new Error('insert into policies returned no row');
    await tx.update(projects).set({ sftPolicyId: sft.id, currentPolicyId: sft.id }).where(eq(projects.id, project.id));
    const isHeldOut = (_: unknown, index: number) => index % heldOutEvery === heldOutEvery - 1;
    const train = await insertPrompts(
      tx,
      project.id,
      'train',
      prompts.filter((prompt, i) => !isHeldOut(prompt, i)),
    );
    const heldOut = await insertPrompts(tx, project.id, 'heldout', prompts.filter(isHeldOut));
    return { projectId: project.id, prompts: train + heldOut };
  });
}

/** The name as an address has it, with a number where it is taken. */
async function freeSlug(tx: Transaction, name: string): Promise<string> {
  const plain =
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'project';
  const taken = new Set((await tx.select({ slug: projects.slug }).from(projects)).map(({ slug }) => slug));
  for (let number = 1; ; number++) {
    const slug = number === 1 ? plain : `${plain}-${number}`;
    if (!taken.has(slug)) return slug;
  }
}
