// An import's rows into the project's tables, in the caller's transaction: prompts that are new, tasks for responses that
// came with them, rankings that the data states. Nothing that is there already is changed, so the same file adds nothing twice.
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Transaction } from '../../db/client.ts';
import { promptHash } from '../../db/prompts.ts';
import { prompts, responses, samplings } from '../../db/schema/data.ts';
import { goldTasks, rankings, tasks } from '../../db/schema/labelling.ts';
import { policies } from '../../db/schema/project.ts';
import { AppError } from '../../domain/errors.ts';
import type { ImportRow } from '../../domain/imports/open.ts';
import { type ImportOptions, splitByContent, statedSplit, withOptions } from '../../domain/imports/options.ts';
import type { ImportedPrompt, RowSkipReason } from '../../domain/imports/prompt.ts';
import { addLeftOut, addSkip, emptyReport, type ImportReport } from '../../domain/imports/report.ts';
import type { Place } from '../../domain/imports/rows.ts';
import { responseIndices } from '../../domain/ranking.ts';
import { samplingConfigSchema } from '../../engine/config.ts';
import { openTasks } from './tasks.ts';

export interface ImportTarget {
  projectId: string;
  batchId: string;
  options: ImportOptions;
}

export interface ImportHooks {
  signal?: AbortSignal | undefined;
  /** After each chunk that was written. */
  onChunk?: ((report: ImportReport) => Promise<void>) | undefined;
  /** Each prompt as it will stand, in the file's order. */
  onPrompt?: ((place: Place, prompt: ImportedPrompt) => void) | undefined;
}

/** Eight responses a prompt with nine values each stay well below the 65,535 parameters of a statement. */
const promptsPerChunk = 500;

interface Candidate {
  place: Place;
  prompt: ImportedPrompt;
  contentHash: string;
  stated: 'train' | 'heldout' | null;
  split: 'train' | 'heldout';
}

/** Throws CANCELLED when the signal fires; the caller's transaction then leaves nothing. */
export async function importRows(
  tx: Transaction,
  target: ImportTarget,
  rows: AsyncIterable<ImportRow>,
  { signal, onChunk, onPrompt }: ImportHooks = {},
): Promise<ImportReport> {
  const writer = new ChunkWriter(tx, target);
  const { report } = writer;
  let chunk = new Map<string, Candidate>();
  const flush = async () => {
    if (signal?.aborted) throw new AppError('CANCELLED', 'The import was cancelled: nothing of it was stored.');
    await writer.write([...chunk.values()]);
    chunk = new Map();
    await onChunk?.(report);
  };
  for await (const row of rows) {
    report.rows++;
    if ('skip' in row) {
      addSkip(report, row.place, row.skip);
      // A file of nothing but bad rows can be cancelled too.
      if (report.rows % promptsPerChunk === 0) await flush();
      continue;
    }
    for (const left of row.leftOut) addLeftOut(report, row.place, left);
    const prompt = withOptions(row.prompt, target.options);
    onPrompt?.(row.place, prompt);
    const contentHash = promptHash(prompt);
    const stated = statedSplit(prompt, target.options);
    const split = stated ?? splitByContent(contentHash, target.options);
    if (chunk.has(contentHash) || chunk.size === promptsPerChunk) await flush();
    chunk.set(contentHash, { place: row.place, prompt, contentHash, stated, split });
  }
  await flush();
  await writer.finish();
  return report;
}

interface KnownPrompt {
  id: string;
  split: 'train' | 'heldout';
  batchId: string | null;
  isGold: boolean;
  /** Samplings that brought responses with imported data, each with its texts as one key. */
  imported: Map<string, string>;
}

interface Group {
  candidate: Candidate;
  promptId: string;
  /** So many groups of this prompt came with this import before: each needs a sampling of its own. */
  index: number;
  isKnown: boolean;
}

const keyOf = (texts: readonly string[]) => JSON.stringify([...texts].sort());

class ChunkWriter {
  readonly report: ImportReport = emptyReport();
  private readonly started = new Date();
  private count = 0;
  private policyId: string | null = null;
  private readonly samplings: { id: string; n: number }[] = [];
  private readonly tx: Transaction;
  private readonly target: ImportTarget;

  constructor(tx: Transaction, target: ImportTarget) {
    this.tx = tx;
    this.target = target;
  }

  async write(candidates: readonly Candidate[]): Promise<void> {
    if (candidates.length === 0) return;
    const added = await this.insertPrompts(candidates);
    const known = await this.loadKnown(candidates.filter(({ contentHash }) => !added.has(contentHash)));
    const groups = candidates.flatMap((candidate) => {
      const promptId = added.get(candidate.contentHash);
      if (promptId) return this.takeNew(candidate, promptId);
      const prompt = known.get(candidate.contentHash);
      if (!prompt) throw new Error(`prompt ${candidate.contentHash} is neither new nor there`);
      return this.takeKnown(candidate, prompt);
    });
    await this.writeGroups(groups);
  }

  private async insertPrompts(candidates: readonly Candidate[]): Promise<Map<string, string>> {
    const { projectId, batchId } = this.target;
    const stored = await this.tx
      .insert(prompts)
      .values(
        candidates.map(({ prompt, contentHash, split }) => ({
          projectId,
          batchId,
          messages: prompt.messages,
          persona: prompt.persona,
          tags: prompt.tags,
          language: prompt.language,
          qualifications: prompt.qualifications,
          priority: prompt.priority ?? 0,
          split,
          contentHash,
          // A microsecond apart, so that lists and samplings keep the file's order.
          createdAt: sql`${this.started.toISOString()}::timestamptz + ${this.count++} * interval '1 microsecond'`,
        })),
      )
      .onConflictDoNothing()
      .returning({ id: prompts.id, contentHash: prompts.contentHash });
    return new Map(stored.map(({ id, contentHash }) => [contentHash, id]));
  }

  private async loadKnown(candidates: readonly Candidate[]): Promise<Map<string, KnownPrompt>> {
    if (candidates.length === 0) return new Map();
    const { tx, target } = this;
    const rows = await tx
      .select({
        id: prompts.id,
        contentHash: prompts.contentHash,
        split: prompts.split,
        batchId: prompts.batchId,
        isGold: sql<boolean>`exists (select 1 from ${goldTasks} g inner join ${tasks} t on t.id = g.task_id
          where t.prompt_id = ${prompts}.id)`,
      })
      .from(prompts)
      .where(
        and(
          eq(prompts.projectId, target.projectId),
          inArray(
            prompts.contentHash,
            candidates.map(({ contentHash }) => contentHash),
          ),
        ),
      );
    const texts = await tx
      .select({ promptId: responses.promptId, samplingId: responses.samplingId, text: responses.text })
      .from(responses)
      .innerJoin(policies, eq(policies.id, responses.policyId))
      .where(
        and(
          inArray(
            responses.promptId,
            rows.map(({ id }) => id),
          ),
          isNull(policies.modelDir),
          isNull(policies.backendId),
          isNull(responses.editedFromId),
        ),
      );
    const importedOf = (promptId: string) => {
      const bySampling = new Map<string, string[]>();
      for (const row of texts) {
        if (row.promptId === promptId) {
          bySampling.set(row.samplingId, [...(bySampling.get(row.samplingId) ?? []), row.text]);
        }
      }
      return new Map([...bySampling].map(([samplingId, all]) => [samplingId, keyOf(all)]));
    };
    return new Map(rows.map(({ contentHash, ...row }) => [contentHash, { ...row, imported: importedOf(row.id) }]));
  }

  private takeNew(candidate: Candidate, promptId: string): Group[] {
    this.report[candidate.split === 'train' ? 'train' : 'heldOut']++;
    if (!this.hasTask(candidate)) return [];
    if (candidate.split === 'heldout') {
      addLeftOut(this.report, candidate.place, { reason: 'held-out-responses', detail: '' });
      return [];
    }
    return [{ candidate, promptId, index: 0, isKnown: false }];
  }

  private takeKnown(candidate: Candidate, known: KnownPrompt): Group[] {
    const skip = (reason: RowSkipReason, detail = ''): Group[] => {
      addSkip(this.report, candidate.place, { reason, detail });
      return [];
    };
    const there = known.batchId === this.target.batchId ? 'duplicate' : 'in-project';
    if (candidate.stated && candidate.stated !== known.split) {
      return skip('other-split', known.split === 'heldout' ? 'it is held out' : 'it is for training');
    }
    if (!this.hasTask(candidate) || known.split === 'heldout') return skip(there);
    const key = keyOf(candidate.prompt.responses.map(({ text }) => text));
    if ([...known.imported.values()].includes(key)) return skip(there);
    if (known.isGold) return skip('gold');
    if (known.batchId !== this.target.batchId) this.report.known++;
    const ours = this.samplings.filter(({ id }) => known.imported.has(id)).length;
    return [{ candidate, promptId: known.id, index: ours, isKnown: true }];
  }

  private hasTask({ prompt }: Candidate): boolean {
    return this.target.options.responses === 'rank' && prompt.responses.length > 0;
  }

  private async writeGroups(groups: readonly Group[]): Promise<void> {
    for (const index of new Set(groups.map((group) => group.index))) {
      const together = groups.filter((group) => group.index === index);
      await this.writeTasks(
        await this.samplingAt(index, Math.max(...together.map(({ candidate }) => candidate.prompt.responses.length))),
        together,
      );
    }
  }

  private async writeTasks(samplingId: string, groups: readonly Group[]): Promise<void> {
    const { tx, target, report } = this;
    const policyId = await this.policy();
    const written = groups.map((group) => ({
      ...group,
      ids: group.candidate.prompt.responses.map(() => crypto.randomUUID()),
    }));
    const rows = written.flatMap(({ promptId, ids, candidate }) =>
      candidate.prompt.responses.map(({ text }, ordinal) => ({
        id: ids[ordinal] ?? crypto.randomUUID(),
        samplingId,
        promptId,
        policyId,
        ordinal,
        text,
        finishReason: 'stop' as const,
        seed: 0,
      })),
    );
    await tx.insert(responses).values(rows);
    const opened = await openTasks(tx, { samplingId, promptIds: written.map(({ promptId }) => promptId) });
    const taskIds = new Map(opened.map(({ id, promptId }) => [promptId, id]));
    const ofKnown = written.flatMap(({ promptId, isKnown }) => (isKnown ? (taskIds.get(promptId) ?? []) : []));
    if (ofKnown.length > 0) {
      await tx.update(tasks).set({ batchId: target.batchId }).where(inArray(tasks.id, ofKnown));
    }
    report.responses += rows.length;
    report.tasks += opened.length;
    if (target.options.rankings === 'take') await this.writeRankings(written, taskIds);
  }

  /** A task whose ranking came with it asks nobody any more. */
  private async writeRankings(
    groups: readonly (Group & { ids: string[] })[],
    taskIds: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { tx, target, report } = this;
    const rows = groups.flatMap(({ candidate, promptId, ids }) => {
      const taskId = taskIds.get(promptId);
      if (!taskId) throw new Error(`no task was opened for prompt ${promptId}`);
      return candidate.prompt.rankings.map((tiers) => ({
        taskId,
        tiers: tiers.map((tier) => tier.flatMap((index) => ids[index] ?? [])),
        shownOrder: responseIndices(ids.length),
        submissionId: crypto.randomUUID(),
        batchId: target.batchId,
      }));
    });
    for (let at = 0; at < rows.length; at += rankingsPerInsert) {
      await tx.insert(rankings).values(rows.slice(at, at + rankingsPerInsert));
    }
    const ranked = [...new Set(rows.map(({ taskId }) => taskId))];
    if (ranked.length > 0) await tx.update(tasks).set({ status: 'ranked' }).where(inArray(tasks.id, ranked));
    report.rankings += rows.length;
  }

  /** Where the texts are from: a policy without a model, which nothing can be sampled from. */
  private async policy(): Promise<string> {
    if (this.policyId) return this.policyId;
    const { projectId, options } = this.target;
    const [made] = await this.tx
      .insert(policies)
      .values({ projectId, name: `Imported: ${options.name}` })
      .returning({ id: policies.id });
    if (!made) throw new Error('insert into policies returned no row');
    this.policyId = made.id;
    return made.id;
  }

  private async samplingAt(index: number, n: number): Promise<string> {
    const known = this.samplings[index];
    if (known) {
      known.n = Math.max(known.n, n);
      return known.id;
    }
    const { projectId } = this.target;
    const policyId = await this.policy();
    const config = samplingConfigSchema.parse({});
    const [made] = await this.tx
      .insert(samplings)
      .values({ projectId, policyId, purpose: 'label', n, config, seed: 0 })
      .returning({ id: samplings.id });
    if (!made) throw new Error('insert into samplings returned no row');
    this.samplings[index] = { id: made.id, n };
    return made.id;
  }

  /** A sampling's n is the most that one of its prompts has. */
  async finish(): Promise<void> {
    for (const { id, n } of this.samplings) await this.tx.update(samplings).set({ n }).where(eq(samplings.id, id));
  }
}

const rankingsPerInsert = 2_000;
