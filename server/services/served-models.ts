// Policies under the names by which /v1 knows them. A policy goes by its id, by its project and name ("demo/round-1"),
// and by its name alone where no other project has one of that name.
import { asc, eq, isNotNull } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { policies, projects } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';

export interface ServedModel {
  /** The shortest name that is this policy's alone. */
  name: string;
  policyId: string;
  modelDir: string;
  adapterKey: string | null;
  createdAt: Date;
}

/** Every policy whose weights are here, oldest first. */
export async function listServedModels(db: Queryable): Promise<ServedModel[]> {
  return (await loadPolicies(db)).map(({ names: _, ...model }) => model);
}

export async function getServedModel(db: Queryable, asked: string): Promise<ServedModel> {
  const known = await loadPolicies(db);
  const found = known.filter(({ policyId, names }) => policyId === asked || names.includes(asked));
  const [model, another] = found;
  if (!model) {
    throw new AppError('NOT_FOUND', `The model "${asked}" does not exist: GET /v1/models lists those that do.`);
  }
  if (another) {
    const names = found.map(({ name }) => `"${name}"`).join(' or ');
    throw new AppError('NOT_FOUND', `The model "${asked}" is not the only one of that name: say ${names}.`);
  }
  return model;
}

async function loadPolicies(db: Queryable): Promise<(ServedModel & { names: string[] })[]> {
  const rows = await db
    .select({
      policyId: policies.id,
      name: policies.name,
      slug: projects.slug,
      modelDir: policies.modelDir,
      adapterKey: policies.adapterKey,
      createdAt: policies.createdAt,
    })
    .from(policies)
    .innerJoin(projects, eq(projects.id, policies.projectId))
    .where(isNotNull(policies.modelDir))
    .orderBy(asc(policies.createdAt), asc(policies.id));
  const uses = new Map<string, number>();
  const namesOf = ({ name, slug }: { name: string; slug: string }) => [name, `${slug}/${name}`];
  for (const name of rows.flatMap(namesOf)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return rows.flatMap(({ slug, name, modelDir, ...row }) => {
    const names = namesOf({ name, slug });
    const own = names.find((candidate) => uses.get(candidate) === 1) ?? row.policyId;
    return modelDir ? [{ ...row, modelDir, name: own, names }] : [];
  });
}
