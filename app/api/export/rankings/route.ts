// The rankings, raw, as a JSONL download: those that a filter finds.
import { z } from 'zod';
import { rankingFilterSchema } from '../../../../domain/ranking-filter.ts';
import { serverInstance } from '../../../../server/instance.ts';
import { exportRankings } from '../../../../server/services/ranking-export.ts';
import { readExportQuery } from '../allowed.ts';
import { answerWith } from '../download.ts';

const querySchema = z.object({
  projectId: z.uuid(),
  pseudonymous: z.enum(['yes', 'no']).default('yes'),
  /** As JSON; without it, all that stand. */
  filter: z
    .string()
    .max(2_000)
    .default('{}')
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(rankingFilterSchema),
});

export function GET(request: Request): Promise<Response> {
  return answerWith(async () => {
    const { projectId, pseudonymous, filter } = await readExportQuery(request, querySchema);
    const { db, secret } = serverInstance();
    return exportRankings(db, secret, { projectId, filter, isPseudonymous: pseudonymous === 'yes' });
  });
}
