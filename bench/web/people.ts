// The load's cast: annotators who are signed in, and tasks for them, as an installation would hold them.
import { createHmac, randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { insertPrompts } from '../../db/prompts.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { members } from '../../db/schema/members.ts';
import { session, user } from '../../db/schema/people.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { openTasks } from '../../server/services/tasks.ts';

export interface LoadProject {
  projectId: string;
  /** A `cookie` header for each annotator. */
  cookies: string[];
}

export interface LoadShape {
  annotators: number;
  tasks: number;
  overlap: number;
  responses: number;
  /** Words of each response. */
  words: number;
}

const words = 'the answer depends on what you need first and how much time there is to look at it again later'.split(
  ' ',
);

/** As a chat model writes: paragraphs, with a heading, a list and some code among them where it is long. */
function responseText(task: number, ordinal: number, length: number): string {
  const paragraphs = Array.from({ length: Math.ceil(length / 60) }, (_, paragraph) =>
    Array.from(
      { length: 60 },
      (_, at) => words[(task * 7 + ordinal * 3 + paragraph * 5 + at * at) % words.length],
    ).join(' '),
  );
  return paragraphs.map((text, at) => (paragraphs.length > 4 ? dress[at % dress.length]?.(text) : text)).join('\n\n');
}

const dress: ((text: string) => string)[] = [
  (text) => `## ${text.slice(0, 40)}\n\n${text}`,
  (text) => text,
  (text) => `- **${text.slice(0, 20)}** ${text}\n- ${text.slice(0, 80)}`,
  (text) => text,
  (text) => `\`\`\`ts\nconst answer = '${text.slice(0, 30)}';\n\`\`\`\n\n${text}`,
];

export async function castLoad(db: Database, secret: string, shape: LoadShape): Promise<LoadProject> {
  const projectId = await insertProject(db, { name: 'Load', overlap: shape.overlap });
  await insertTasks(db, projectId, loadTasks(shape));
  return { projectId, cookies: await signInAll(db, secret, projectId, shape.annotators) };
}

export async function insertProject(
  db: Database,
  { name, overlap }: { name: string; overlap: number },
): Promise<string> {
  const [project] = await db
    .insert(projects)
    .values({
      name,
      slug: randomUUID(),
      kind: 'custom',
      responsesPerPrompt: 4,
      sampling: samplingConfigSchema.parse({}),
      overlap,
      // Nobody here reads: the page's warning of that would only be one more key.
      labelling: { readingSpeed: null },
    })
    .returning({ id: projects.id });
  if (!project) throw new Error('insert into projects returned no row');
  return project.id;
}

export interface AskedPrompt {
  prompt: string;
  responses: string[];
}

/** Open tasks: prompts with the responses of one sampling to them, in the order given. */
export async function insertTasks(db: Database, projectId: string, asked: readonly AskedPrompt[]): Promise<void> {
  await db.transaction(async (tx) => {
    const [policy] = await tx
      .insert(policies)
      .values({ projectId, name: 'sft', modelDir: 'demo/model' })
      .returning({ id: policies.id });
    if (!policy) throw new Error('insert into policies returned no row');
    const [sampling] = await tx
      .insert(samplings)
      .values({
        projectId,
        policyId: policy.id,
        purpose: 'label',
        n: asked[0]?.responses.length ?? 0,
        config: samplingConfigSchema.parse({}),
        seed: 1,
      })
      .returning({ id: samplings.id });
    if (!sampling) throw new Error('insert into samplings returned no row');
    const all = asked.map(({ prompt }) => ({ messages: [{ role: 'user', content: prompt }] }));
    await insertPrompts(tx, projectId, 'train', all);
    const rows = await tx
      .select({ id: prompts.id })
      .from(prompts)
      .where(eq(prompts.projectId, projectId))
      .orderBy(asc(prompts.createdAt));
    for (let start = 0; start < rows.length; start += 500) {
      const part = rows.slice(start, start + 500);
      await tx.insert(responses).values(
        part.flatMap(({ id }, at) =>
          (asked[start + at]?.responses ?? []).map((text, ordinal) => ({
            samplingId: sampling.id,
            promptId: id,
            policyId: policy.id,
            ordinal,
            text,
            finishReason: 'stop' as const,
            seed: 1,
          })),
        ),
      );
      await openTasks(tx, { samplingId: sampling.id, promptIds: part.map(({ id }) => id) });
    }
  });
  await db.$client.query('analyze');
}

function loadTasks(shape: LoadShape): AskedPrompt[] {
  return Array.from({ length: shape.tasks }, (_, task) => ({
    prompt: `Question ${task}: which of these would you rather have, and why?`,
    responses: Array.from({ length: shape.responses }, (_, ordinal) => responseText(task, ordinal, shape.words)),
  }));
}

/** Sessions as sign-in makes them: a row each, and its token signed as Better Auth signs cookies (HMAC-SHA-256). */
export async function signInAll(db: Database, secret: string, projectId: string, count: number): Promise<string[]> {
  const people = await db
    .insert(user)
    .values(
      Array.from({ length: count }, (_, at) => ({ name: `Annotator ${at}`, email: `${at}-${projectId}@example.test` })),
    )
    .returning({ id: user.id });
  await db.insert(members).values(people.map(({ id }) => ({ projectId, userId: id })));
  const expiresAt = new Date(Date.now() + 86_400_000);
  const sessions = people.map(({ id }) => ({ userId: id, token: randomUUID(), expiresAt }));
  await db.insert(session).values(sessions);
  return sessions.map(({ token }) => {
    const signature = createHmac('sha256', secret).update(token).digest('base64');
    return `rankloop.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
  });
}
