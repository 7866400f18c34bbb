// Looks into a registered folder and says what it is, or why it cannot be used.
import { resolveModelFolder } from '../../server/models-dir.ts';
import { markModelReady } from '../../server/services/model-status.ts';
import { requireModel } from '../../server/services/models.ts';
import type { JobHandler } from '../context.ts';
import { inspectFolder } from '../inspect-model.ts';

export const inspect: JobHandler<'inspect'> = async ({ modelId }, context) => {
  const { name, folder } = await requireModel(context.db, modelId);
  const real = await resolveModelFolder(context.modelsDir, folder ?? '');
  const facts = await inspectFolder(real, name, context.signal);
  await context.write(async (tx) => {
    await markModelReady(tx, modelId, facts);
    await context.finish(tx);
  });
};
