// What a project knows of a member beside their role: what they can be given to rank. And how an invitation stands.
import { z } from 'zod';
import { projectRoles } from './roles.ts';

export const mostSuits = 20;

/** BCP 47 in its usual writing: `pt-br` is `pt-BR`. */
export const languageSchema = z
  .string()
  .trim()
  .max(35)
  .transform((tag, context) => {
    const language = canonicalLanguage(tag);
    if (language) return language;
    context.addIssue({ code: 'custom', message: `${tag} is not a language: write it as en, tr or pt-BR.` });
    return z.NEVER;
  });

function canonicalLanguage(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}

const qualificationSchema = z.string().trim().min(1).max(40, 'A qualification has 40 characters at most.');

const once = <T>(values: T[]): T[] => [...new Set(values)];

/** Which tasks suit a person: no language is all of them; each qualification of a task has to be theirs. */
export const suitsSchema = z.object({
  languages: z.array(languageSchema).max(mostSuits).transform(once),
  qualifications: z.array(qualificationSchema).max(mostSuits).transform(once),
});

export const invitationSchema = suitsSchema.extend({
  role: z.enum(projectRoles),
  days: z.number().int().min(1, 'A link is good for a day at least.').max(90, 'A link is good for 90 days at most.'),
  maxUses: z.number().int().min(1, 'At least one person can use a link.').max(1000),
});
export type NewInvitation = z.infer<typeof invitationSchema>;

export const invitationStates = ['open', 'expired', 'used', 'revoked', 'unknown'] as const;
export type InvitationState = (typeof invitationStates)[number];

export function invitationState(
  invitation: { revokedAt: Date | null; expiresAt: Date; uses: number; maxUses: number },
  now = new Date(),
): Exclude<InvitationState, 'unknown'> {
  if (invitation.revokedAt) return 'revoked';
  if (invitation.uses >= invitation.maxUses) return 'used';
  return invitation.expiresAt <= now ? 'expired' : 'open';
}

/** `de, pt-BR` as people type it, on an Arabic keyboard too. */
export function splitList(text: string): string[] {
  return text
    .split(/[,;،؛]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
