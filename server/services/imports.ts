// Imports: looking into a file before (which writes nothing), the import itself in one transaction, and what came of it.
import path from 'node:path';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../db/client.ts';
import { batches } from '../../db/schema/data.ts';
import { jobRuns } from '../../db/schema/jobs.ts';
import { AppError } from '../../domain/errors.ts';
import type { ContainerName } from '../../domain/imports/containers.ts';
import { type OpenedImport, openImport } from '../../domain/imports/open.ts';
import type { ImportOptions, Upload } from '../../domain/imports/options.ts';
import type { ImportedPrompt } from '../../domain/imports/prompt.ts';
import { emptyReport, type ImportReport } from '../../domain/imports/report.ts';
import type { ImportSource, Place } from '../../domain/imports/rows.ts';
import type { ShapeName } from '../../domain/imports/shape-names.ts';
import type { ArtifactStore } from '../artifacts.ts';
import { openImportFile } from '../import-file.ts';
import { type ImportHooks, importRows } from './import-rows.ts';
import { enqueue } from './jobs.ts';
import { requireProject } from './projects.ts';

/** What an uploaded file is called in the artifact store: the key is then a function of its content alone. */
const uploadName = 'import';

/** What the web takes; larger files come in by the command line. */
export const mostUploadBytes = 536_870_912;

/** Keeps what a browser sends, no more of it than is allowed, and returns its key. */
export async function storeUpload(artifacts: ArtifactStore, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  async function* bounded() {
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.byteLength;
      if (length > mostUploadBytes) {
        throw new AppError('INVALID_INPUT', 'The file is larger than 512 MiB: split it, or use `rankloop import`.');
      }
      yield chunk;
    }
    if (length === 0) throw new AppError('INVALID_INPUT', 'The file is empty.');
  }
  return artifacts.putFile(uploadName, bounded());
}

const keptHours = 24;

/** Uploads that were looked at and left, or whose import has long ended, go; those of an import that waits or runs stay. */
export async function sweepUploads(db: Queryable, artifacts: ArtifactStore, now = new Date()): Promise<void> {
  const active = await db
    .select({ key: sql<string>`${jobRuns.payload}->'upload'->>'key'` })
    .from(jobRuns)
    .where(and(eq(jobRuns.name, 'import'), inArray(jobRuns.status, ['queued', 'running'])));
  const before = new Date(now.getTime() - keptHours * 3_600_000);
  await artifacts.removeFiles(uploadName, before, new Set(active.map(({ key }) => key)));
}

export async function openUpload(
  artifacts: ArtifactStore,
  { key, fileName }: Upload,
  onRead?: (bytes: number) => void,
): Promise<ImportSource> {
  return openImportFile(path.join(await artifacts.openFolder(key), uploadName), fileName, onRead);
}

export interface ImportPreview {
  container: ContainerName;
  shape: ShapeName | null;
  columns: string[];
  /** The first prompts, as they will stand. */
  prompts: { place: Place; prompt: ImportedPrompt }[];
  report: ImportReport;
  /** Whether the report is about the whole file or about its first rows. */
  isWhole: boolean;
}

const previewedRows = 500;
const previewedPrompts = 10;

/** What an import of the file's first rows does, exactly: it is done, and undone. */
export async function previewImport(
  db: Database,
  source: ImportSource,
  { projectId, options }: { projectId: string; options: ImportOptions },
): Promise<ImportPreview> {
  await requireProject(db, projectId);
  const opened = await openImport(source, options);
  const { container, shape, columns } = opened;
  const preview: ImportPreview = { container, shape, columns, prompts: [], report: emptyReport(), isWhole: true };
  if (!shape) return preview;
  async function* firstRows() {
    let rows = 0;
    for await (const row of opened.rows) {
      if (rows++ === previewedRows) {
        preview.isWhole = false;
        return;
      }
      yield row;
    }
  }
  const onPrompt: ImportHooks['onPrompt'] = (place, prompt) => {
    if (preview.prompts.length < previewedPrompts) preview.prompts.push({ place, prompt });
  };
  const undone = Symbol('undone');
  await db
    .transaction(async (tx) => {
      if (!(await isAlone(tx, projectId, 'try'))) {
        throw new AppError('CONFLICT', 'An import into this project is running: look again when it is done.');
      }
      const batchId = await insertBatch(tx, { projectId, options, shape, createdBy: null });
      preview.report = await importRows(tx, { projectId, batchId, options }, firstRows(), { onPrompt });
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    })
    .finally(opened.close);
  return preview;
}

/** One import into a project at a time: two of the same file would wait for each other's prompts and then give nothing. */
async function isAlone(tx: Transaction, projectId: string, how: 'try' | 'wait'): Promise<boolean> {
  const key = sql`hashtextextended(${`import ${projectId}`}, 0)`;
  if (how === 'wait') {
    await tx.execute(sql`select pg_advisory_xact_lock(${key})`);
    return true;
  }
  const { rows } = await tx.execute<{ free: boolean }>(sql`select pg_try_advisory_xact_lock(${key}) as free`);
  return rows[0]?.free === true;
}

interface NewBatch {
  id?: string | undefined;
  projectId: string;
  options: ImportOptions;
  shape: ShapeName;
  createdBy: string | null;
}

async function insertBatch(tx: Transaction, { id, projectId, options, shape, createdBy }: NewBatch): Promise<string> {
  const [batch] = await tx
    .insert(batches)
    .values({
      ...(id ? { id } : {}),
      projectId,
      name: options.name,
      format: shape,
      priority: options.priority,
      createdBy,
    })
    .returning({ id: batches.id });
  if (!batch) throw new Error('insert into batches returned no row');
  return batch.id;
}

export interface ImportFile {
  projectId: string;
  options: ImportOptions;
  createdBy: string | null;
  batchId?: string | undefined;
}

export interface ImportResult {
  batchId: string;
  container: ContainerName;
  shape: ShapeName;
  report: ImportReport;
}

/** The whole file in the caller's transaction: all of it, or, where it throws or is cancelled, nothing. */
export async function importFile(
  tx: Transaction,
  source: ImportSource,
  { projectId, options, createdBy, batchId: id }: ImportFile,
  hooks: ImportHooks = {},
): Promise<ImportResult> {
  const opened = await openImport(source, options);
  try {
    const shape = requireShape(source, opened);
    await isAlone(tx, projectId, 'wait');
    const batchId = await insertBatch(tx, { id, projectId, options, shape, createdBy });
    const report = await importRows(tx, { projectId, batchId, options }, opened.rows, hooks);
    await tx.update(batches).set({ report }).where(eq(batches.id, batchId));
    return { batchId, container: opened.container, shape, report };
  } finally {
    await opened.close();
  }
}

function requireShape({ name }: ImportSource, { shape, columns }: OpenedImport): ShapeName {
  if (shape) return shape;
  const found = columns.length > 0 ? `Its fields are ${columns.slice(0, 20).join(', ')}` : 'Its rows have no fields';
  throw new AppError('DATA_INVALID', `${name} has none of the known formats. ${found}: say which one is the prompt.`);
}

/** Hands the import of an uploaded file to a worker; its batch is there when the job is done. */
export async function startImport(
  db: Database,
  actor: { id: string },
  artifacts: ArtifactStore,
  { projectId, upload, options }: { projectId: string; upload: Upload; options: ImportOptions },
): Promise<{ jobRunId: string; batchId: string }> {
  const source = await openUpload(artifacts, upload);
  const opened = await openImport(source, options);
  await opened.close();
  const pinned = { ...options, shape: requireShape(source, opened) };
  const batchId = crypto.randomUUID();
  return db.transaction(async (tx) => {
    await requireProject(tx, projectId);
    const total = Math.ceil(source.size / 1_000);
    const payload = { projectId, batchId, createdBy: actor.id, upload, options: pinned };
    const jobRunId = await enqueue(tx, 'import', payload, { projectId, total });
    return { jobRunId, batchId };
  });
}
