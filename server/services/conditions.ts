// What of a project's prompts beside their messages may be rendered into them, and under which conditions a policy answers.
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { prompts, samplings } from '../../db/schema/data.ts';
import { datasetVersions, rounds } from '../../db/schema/project.ts';
import { type ConditionName, conditionNames } from '../../domain/conditional.ts';
import { AppError } from '../../domain/errors.ts';

/** Those that at least one prompt of the project has. */
export async function availableConditions(db: Queryable, params: { projectId: string }): Promise<ConditionName[]> {
  const [has] = await db
    .select({
      persona: sql<boolean | null>`bool_or(${prompts.persona} is not null)`,
      tags: sql<boolean | null>`bool_or(cardinality(${prompts.tags}) > 0)`,
    })
    .from(prompts)
    .where(eq(prompts.projectId, params.projectId));
  return conditionNames.filter((name) => has?.[name]);
}

/** A condition that no prompt has would silently change nothing. */
export async function requireConditions(
  db: Queryable,
  params: { projectId: string; conditions: readonly ConditionName[] },
): Promise<void> {
  const available = params.conditions.length === 0 ? [] : await availableConditions(db, params);
  const missing = params.conditions.find((name) => !available.includes(name));
  if (missing) {
    const what = { persona: 'a persona', tags: 'tags' } satisfies { [C in ConditionName]: string };
    throw new AppError('DATA_INVALID', `No prompt of this project has ${what[missing]}: leave ${missing} out.`);
  }
}

/** Those of the round that a policy was trained in; none for any other. */
export async function trainedConditions(db: Queryable, policyId: string | null): Promise<ConditionName[]> {
  if (!policyId) return [];
  const [made] = await db
    .select({ conditions: datasetVersions.conditions })
    .from(rounds)
    .innerJoin(datasetVersions, eq(datasetVersions.id, rounds.datasetVersionId))
    .where(eq(rounds.policyId, policyId));
  return made?.conditions ?? [];
}

/** Those under which a policy's responses to rank were sampled, the newest first, each set once. */
export async function sampledConditions(db: Queryable, policyId: string | null): Promise<ConditionName[][]> {
  if (!policyId) return [];
  const newest = sql`max(${samplings.createdAt})`;
  const rows = await db
    .select({ conditions: samplings.conditions })
    .from(samplings)
    .where(and(eq(samplings.policyId, policyId), eq(samplings.purpose, 'label')))
    .groupBy(samplings.conditions)
    .orderBy(desc(newest));
  return rows.map(({ conditions }) => conditions);
}

/** Those of a round from this policy: as its responses to rank were sampled, else as it was trained. */
export async function usualConditions(db: Queryable, policyId: string | null): Promise<ConditionName[]> {
  const [newest] = await sampledConditions(db, policyId);
  return newest ?? trainedConditions(db, policyId);
}
