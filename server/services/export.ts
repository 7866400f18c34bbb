// Pairs and thumbs as JSONL, streamed in pages, so that memory stays level whatever the size.
import { and, asc, eq, gt } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Database } from '../../db/client.ts';
import { prompts, responses } from '../../db/schema/data.ts';
import { datasetVersions } from '../../db/schema/project.ts';
import { pairs } from '../../db/schema/training.ts';
import { AppError } from '../../domain/errors.ts';
import type { PairPolicy } from '../../domain/pairs.ts';
import { ktoChunks } from './kto-export.ts';
import { livePairs, type PairScope, pairLine } from './pairs.ts';
import { requireProject } from './projects.ts';

/** `trl`: pairs; `kto`: thumbs as labelled completions. */
export const exportFormats = ['trl', 'kto'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportPairs {
  projectId: string;
  format: ExportFormat;
  /** A frozen version; without it, the live pairs. */
  datasetVersionId?: string | undefined;
  pairPolicy?: PairPolicy | undefined;
  scope?: PairScope | undefined;
}

const pageSize = 2_000;

/** A name for the file, and its content in pieces. Throws before the first piece when there is nothing of that name. */
export async function exportPairs(
  db: Database,
  params: ExportPairs,
): Promise<{ filename: string; chunks: AsyncIterable<string> }> {
  const project = await requireProject(db, params.projectId);
  if (params.format === 'kto') {
    if (params.datasetVersionId) {
      throw new AppError('INVALID_INPUT', 'A dataset version holds pairs: export thumbs without it.');
    }
    return { filename: `${project.slug}-kto.jsonl`, chunks: ktoChunks(db, project.id) };
  }
  if (!params.datasetVersionId) {
    return { filename: `${project.slug}-pairs.jsonl`, chunks: liveChunks(db, { scope: 'all', ...params }) };
  }
  const [version] = await db
    .select()
    .from(datasetVersions)
    .where(and(eq(datasetVersions.id, params.datasetVersionId), eq(datasetVersions.projectId, project.id)));
  if (!version) throw new AppError('NOT_FOUND', 'There is no such dataset version in this project.');
  return {
    filename: `${project.slug}-pairs-${version.contentHash.slice(0, 12)}.jsonl`,
    chunks: frozenChunks(db, version),
  };
}

async function* liveChunks(db: Database, params: ExportPairs): AsyncGenerator<string> {
  for await (const page of livePairs(db, params))
    if (page.length > 0) yield page.map((pair) => pairLine(pair, [])).join('');
}

type Version = Pick<typeof datasetVersions.$inferSelect, 'id' | 'conditions'>;

async function* frozenChunks(db: Database, { id, conditions }: Version): AsyncGenerator<string> {
  const chosen = alias(responses, 'chosen');
  const rejected = alias(responses, 'rejected');
  let last = -1;
  for (;;) {
    const page = await db
      .select({
        ordinal: pairs.ordinal,
        prompt: prompts.messages,
        stated: { persona: prompts.persona, tags: prompts.tags },
        chosen: { text: chosen.text },
        rejected: { text: rejected.text },
      })
      .from(pairs)
      .innerJoin(prompts, eq(prompts.id, pairs.promptId))
      .innerJoin(chosen, eq(chosen.id, pairs.chosenResponseId))
      .innerJoin(rejected, eq(rejected.id, pairs.rejectedResponseId))
      .where(and(eq(pairs.datasetVersionId, id), gt(pairs.ordinal, last)))
      .orderBy(asc(pairs.ordinal))
      .limit(pageSize);
    const end = page.at(-1);
    if (!end) return;
    yield page.map((pair) => pairLine(pair, conditions)).join('');
    last = end.ordinal;
  }
}
