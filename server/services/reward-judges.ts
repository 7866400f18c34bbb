// A reward model as a judge: which there are to choose from, and how one is taken in. The adapter's files are kept under
// the hash of their content, so that a judge stays what it was, whatever becomes of the folder; a worker looks into them.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import type { Queryable } from '../../db/client.ts';
import { policies } from '../../db/schema/project.ts';
import { models } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import { reasonOf } from '../../engine/errors.ts';
import type { ArtifactStore } from '../artifacts.ts';
import { listAdapterFolders, resolveModelFolder } from '../models-dir.ts';
import { requireReadyModel } from './models.ts';
import { recogniseReward } from './serving.ts';

export interface JudgePlaces {
  /** The installation's secret. */
  secret: string;
  modelsDir: string;
  artifacts: ArtifactStore;
}

export interface RewardJudge {
  /** Below the models directory: what `rankloop reward` wrote. */
  folder: string;
  /** What it was trained on; without it, the project's SFT model. */
  baseModelId?: string | undefined;
}

/** Folders that may be reward models, and what they may have been trained on. */
export async function listRewardChoices(db: Queryable, { modelsDir }: Pick<JudgePlaces, 'modelsDir'>) {
  const [folders, bases] = await Promise.all([
    listAdapterFolders(modelsDir),
    db
      .select({ id: models.id, name: models.name })
      .from(models)
      .where(eq(models.status, 'ready'))
      .orderBy(models.createdAt),
  ]);
  return { modelsDir, folders, bases };
}

/** What a judge's row keeps of a reward model. Throws where the folder is none, or its base does not fit. */
export async function takeInRewardModel(
  db: Queryable,
  { secret, modelsDir, artifacts }: JudgePlaces,
  project: { sftPolicyId: string | null },
  { folder, baseModelId }: RewardJudge,
  signal: AbortSignal,
): Promise<{ model: string; adapterKey: string; baseModelDir: string }> {
  const real = await resolveModelFolder(modelsDir, folder);
  const baseModelDir = await findBase(db, modelsDir, project, baseModelId);
  const adapterKey = await putAdapter(artifacts, real, folder);
  await recogniseReward({ db, secret }, { modelDir: baseModelDir, adapterKey }, signal);
  return { model: folder, adapterKey, baseModelDir };
}

async function findBase(
  db: Queryable,
  modelsDir: string,
  { sftPolicyId }: { sftPolicyId: string | null },
  baseModelId: string | undefined,
): Promise<string> {
  if (baseModelId) return (await requireReadyModel(db, modelsDir, baseModelId)).modelDir;
  const [sft] = sftPolicyId ? await db.select().from(policies).where(eq(policies.id, sftPolicyId)) : [];
  if (!sft?.modelDir) throw new AppError('CONFLICT', 'This project has no model of its own: choose the base model.');
  return sft.modelDir;
}

const neededFiles = ['adapter_config.json', 'adapter_model.safetensors'];
/** Tells the base's weights, where our own training wrote the folder. */
const baseFile = 'base.json';

/** Without what else a training leaves beside them. */
async function putAdapter(artifacts: ArtifactStore, real: string, folder: string): Promise<string> {
  const draft = await mkdtemp(path.join(tmpdir(), 'rankloop-reward-'));
  try {
    const take = (file: string) => cp(path.join(real, file), path.join(draft, file), { dereference: true });
    for (const file of neededFiles) {
      await take(file).catch((error: unknown) => {
        throw new AppError(
          'ADAPTER_INVALID',
          `${folder} is no reward model: its ${file} cannot be read (${reasonOf(error)}). Give the folder that \`rankloop reward\` wrote.`,
        );
      });
    }
    if ((await readdir(real)).includes(baseFile)) await take(baseFile);
    return await artifacts.putFolder(draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
