import { z } from 'zod';
import { suitsSchema } from '../../domain/members.ts';
import { projectRoles } from '../../domain/roles.ts';
import { addMember, listMembers, removeMember, updateMember } from '../services/memberships.ts';
import { projectProcedure, router } from '../trpc.ts';

const userId = z.uuid();
const role = z.enum(projectRoles);

export const membersRouter = router({
  list: projectProcedure('admin').query(({ ctx, input }) => listMembers(ctx.db, input)),
  /** By its e-mail address, so that nobody has to be shown every account. */
  add: projectProcedure('admin')
    .input(suitsSchema.extend({ email: z.email('This is not an e-mail address.').max(200), role }))
    .mutation(({ ctx, input }) => addMember(ctx.db, input)),
  update: projectProcedure('admin')
    .input(suitsSchema.extend({ role, userId }))
    .mutation(({ ctx, input }) => updateMember(ctx.db, input)),
  remove: projectProcedure('admin')
    .input(z.object({ userId }))
    .mutation(({ ctx, input }) => removeMember(ctx.db, input)),
});
