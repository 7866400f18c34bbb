import { z } from 'zod';
import { invitationSchema } from '../../domain/members.ts';
import {
  createInvitation,
  joinAsNewPerson,
  joinProject,
  listInvitations,
  lookAtInvitation,
  revokeInvitation,
} from '../services/invitations.ts';
import { annotatorProcedure, projectProcedure, publicProcedure, router, rowProcedure } from '../trpc.ts';
import { newPersonInput } from './people.ts';

const withToken = z.object({ token: z.string().min(1).max(200) });

export const invitationsRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listInvitations(ctx.db, input)),
  create: projectProcedure('admin')
    .input(invitationSchema)
    .mutation(({ ctx, input }) => createInvitation(ctx.db, ctx.user, input)),
  revoke: rowProcedure('invitationId', 'admin').mutation(({ ctx, input }) => revokeInvitation(ctx.db, input)),
  // A mutation: what a query is asked stands in its address, and addresses stand in logs.
  look: publicProcedure.input(withToken).mutation(({ ctx, input }) => lookAtInvitation(ctx.db, ctx.user, input)),
  join: annotatorProcedure.input(withToken).mutation(({ ctx, input }) => joinProject(ctx.db, ctx.user, input)),
  joinAsNew: publicProcedure
    .input(newPersonInput.extend(withToken.shape))
    .mutation(({ ctx, input }) => joinAsNewPerson(ctx.db, input)),
});
