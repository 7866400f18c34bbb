import { tracked } from '@trpc/server';
import { z } from 'zod';
import { requireRole } from '../services/members.ts';
import { projectProcedure, router } from '../trpc.ts';

export const eventsRouter = router({
  /**
   * Topics and ids of what changed in one project; `sync` (always first) means: ask for everything again. What belongs to
   * no project is for the installation's admins alone.
   */
  onChange: projectProcedure('annotator')
    .input(z.object({ lastEventId: z.string().nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      for await (const { id, change } of ctx.events.subscribe(signal)) {
        if (change.topic === 'sync') {
          yield tracked(id, { topic: change.topic, id: change.id });
          continue;
        }
        const isHeard = change.projectId === null ? ctx.user.role === 'admin' : change.projectId === input.projectId;
        if (!isHeard) continue;
        // Perhaps this very person was removed.
        if (change.topic === 'project') await requireRole(ctx.db, ctx.user, input.projectId, 'annotator');
        yield tracked(id, { topic: change.topic, id: change.id });
      }
    }),
});
