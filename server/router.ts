// The API's table of contents.
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { apiKeysRouter } from './routers/api-keys.ts';
import { backendsRouter } from './routers/backends.ts';
import { eventsRouter } from './routers/events.ts';
import { goldRouter } from './routers/gold.ts';
import { guidelinesRouter } from './routers/guidelines.ts';
import { importsRouter } from './routers/imports.ts';
import { invitationsRouter } from './routers/invitations.ts';
import { jobsRouter } from './routers/jobs.ts';
import { judgesRouter } from './routers/judges.ts';
import { labelRouter } from './routers/label.ts';
import { membersRouter } from './routers/members.ts';
import { modelsRouter } from './routers/models.ts';
import { pairsRouter } from './routers/pairs.ts';
import { peopleRouter } from './routers/people.ts';
import { projectsRouter } from './routers/projects.ts';
import { promptsRouter } from './routers/prompts.ts';
import { qualityRouter } from './routers/quality.ts';
import { rankingsRouter } from './routers/rankings.ts';
import { reviewRouter } from './routers/review.ts';
import { roundsRouter } from './routers/rounds.ts';
import { samplingRouter } from './routers/sampling.ts';
import { setupRouter } from './routers/setup.ts';
import { sftRouter } from './routers/sft.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  setup: setupRouter,
  people: peopleRouter,
  apiKeys: apiKeysRouter,
  projects: projectsRouter,
  guidelines: guidelinesRouter,
  members: membersRouter,
  invitations: invitationsRouter,
  prompts: promptsRouter,
  rankings: rankingsRouter,
  imports: importsRouter,
  sampling: samplingRouter,
  backends: backendsRouter,
  label: labelRouter,
  judges: judgesRouter,
  quality: qualityRouter,
  review: reviewRouter,
  gold: goldRouter,
  pairs: pairsRouter,
  models: modelsRouter,
  sft: sftRouter,
  rounds: roundsRouter,
  jobs: jobsRouter,
  events: eventsRouter,
});

export type AppRouter = typeof appRouter;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
