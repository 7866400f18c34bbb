import { z } from 'zod';
import { listOnboarding, retryOnboarding, setOnboarded } from '../services/onboarding-admin.ts';
import { ownQuality, personQuality, qualityOverview } from '../services/quality.ts';
import { projectProcedure, router } from '../trpc.ts';

const span = z.object({ since: z.date().optional(), until: z.date().optional() });
const member = z.object({ userId: z.uuid() });

export const qualityRouter = router({
  overview: projectProcedure('reviewer')
    .input(span)
    .query(({ ctx, input }) => qualityOverview(ctx.db, ctx.projectRole, input)),
  person: projectProcedure('reviewer')
    .input(span.extend(member.shape))
    .query(({ ctx, input }) => personQuality(ctx.db, ctx.projectRole, input)),
  mine: projectProcedure('annotator')
    .input(span)
    .query(({ ctx, input }) => ownQuality(ctx.db, ctx.user, input)),
  onboarding: projectProcedure('admin').query(({ ctx, input }) => listOnboarding(ctx.db, input)),
  setOnboarded: projectProcedure('admin')
    .input(member.extend({ isOnboarded: z.boolean() }))
    .mutation(({ ctx, input }) => setOnboarded(ctx.db, input)),
  retryOnboarding: projectProcedure('admin')
    .input(member)
    .mutation(({ ctx, input }) => retryOnboarding(ctx.db, ctx.user, input)),
});
