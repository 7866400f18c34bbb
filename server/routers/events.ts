import { tracked } from '@trpc/server';
import { z } from 'zod';
import { annotatorProcedure, router } from '../trpc.ts';

export const eventsRouter = router({
  /** Topics and ids of what changed; `sync` (always first) means: ask for everything again. */
  onChange: annotatorProcedure
    .input(z.object({ lastEventId: z.string().nullish() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      for await (const { id, change } of ctx.events.subscribe(signal)) yield tracked(id, change);
    }),
});
