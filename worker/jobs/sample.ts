// Samples responses to rank: a task for each prompt once its responses are complete.
import { count, eq } from 'drizzle-orm';
import { tasks } from '../../db/schema/labelling.ts';
import { notify } from '../../server/services/notify.ts';
import { getSampling } from '../../server/services/samplings.ts';
import { openTasks } from '../../server/services/tasks.ts';
import type { JobHandler } from '../context.ts';
import { sampleMissing } from '../sampling.ts';

export const sample: JobHandler<'sample' | 'sampleRemote'> = async ({ samplingId, promptIds }, context) => {
  const { sampling, policy } = await getSampling(context.db, samplingId);
  const [existing] = await context.db.select({ count: count() }).from(tasks).where(eq(tasks.samplingId, samplingId));
  let done = existing?.count ?? 0;
  await sampleMissing(context, sampling, policy, promptIds, async (tx, prompt) => {
    const [task] = await openTasks(tx, { samplingId, promptIds: [prompt.id] });
    done += 1;
    await context.progress(tx, { done });
    // The first task ends a label page's wait; later ones it will find by asking.
    if (task && done === 1) await notify(tx, 'task', task.id);
  });
  await context.write((tx) => context.finish(tx));
};
