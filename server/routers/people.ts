import { z } from 'zod';
import { roles } from '../../db/schema/people.ts';
import { maxPasswordLength, minPasswordLength } from '../auth.ts';
import { createPerson, listPeople, removePerson, setRole } from '../services/people.ts';
import { adminProcedure, router } from '../trpc.ts';

const userId = z.uuid();
const role = z.enum(roles);

export const newPersonInput = z.object({
  name: z.string().trim().min(1, 'Give a name.').max(100),
  email: z.email('This is not an e-mail address.').max(200),
  password: z
    .string()
    .min(minPasswordLength, `A password has at least ${minPasswordLength} characters.`)
    .max(maxPasswordLength),
});

export const peopleRouter = router({
  list: adminProcedure.query(({ ctx }) => listPeople(ctx.db)),
  create: adminProcedure
    .input(newPersonInput.extend({ role, projectId: z.uuid().optional() }))
    .mutation(({ ctx, input }) => createPerson(ctx.db, input)),
  setRole: adminProcedure.input(z.object({ userId, role })).mutation(({ ctx, input }) => setRole(ctx.db, input)),
  remove: adminProcedure.input(z.object({ userId })).mutation(({ ctx, input }) => removePerson(ctx.db, input)),
});
