// A file, opened for import: its kind and shape are found from its first rows, then its prompts come one by one, each with
// the place where it stood. Nothing of it is held but those first rows.
import { AppError } from '../errors.ts';
import { type ContainerName, findContainer, readRows } from './containers.ts';
import type { ColumnMapping } from './mapping.ts';
import { finishPrompt, type PromptDraft, type PromptResult, type ShapeResult, type Skip, skipped } from './prompt.ts';
import type { ImportSource, Place, SourceRow } from './rows.ts';
import type { ShapeName } from './shape-names.ts';
import { asRow } from './shapes/fields.ts';
import { recogniseShape, shapes } from './shapes.ts';

export interface ImportFormat {
  /** What whoever imports says instead of what would be recognised. */
  shape?: ShapeName | undefined;
  mapping?: ColumnMapping | undefined;
}

export type ImportRow = { place: Place } & PromptResult;

export interface OpenedImport {
  container: ContainerName;
  /** Null: none of the known ones; then somebody has to say which column is what. */
  shape: ShapeName | null;
  /** The fields of the first rows. */
  columns: string[];
  /** To be run through once. */
  rows: AsyncIterable<ImportRow>;
  /** For whoever does not run through them: lets go of the file. */
  close: () => Promise<void>;
}

const rowsToRecogniseBy = 50;
const mostColumns = 100;

export async function openImport(source: ImportSource, format: ImportFormat = {}): Promise<OpenedImport> {
  const container = await findContainer(source);
  const iterator = readRows(source, container);
  const first: SourceRow[] = [];
  while (first.length < rowsToRecogniseBy) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
  }
  if (first.length === 0) throw new AppError('DATA_INVALID', `${source.name} holds no row.`);
  const values = first.flatMap((row) => ('value' in row ? [row.value] : []));
  if (values.length === 0) await iterator.return();
  const [lost] = first;
  if (values.length === 0 && lost && 'unreadable' in lost) {
    const where = `${lost.place.unit} ${lost.place.number}`;
    throw new AppError('DATA_INVALID', `No row of ${source.name} could be read: ${where}: ${lost.unreadable}.`);
  }
  const shape = format.mapping ? 'columns' : (format.shape ?? recogniseShape(values));
  const columns = [...new Set(values.flatMap((value) => Object.keys(asRow(value) ?? {})))].slice(0, mostColumns);
  const missing = format.mapping && missingColumn(columns, format.mapping);
  if (missing) {
    await iterator.return();
    const has = columns.join(', ') || 'none';
    throw new AppError('INVALID_INPUT', `${source.name} has no column "${missing}": it has ${has}.`);
  }
  const close = async () => {
    await iterator.return();
  };
  if (!shape) await close();
  const rows = shape ? readShape(continued(first, iterator), shape, format.mapping ?? null) : empty();
  return { container, shape, columns, rows, close };
}

function missingColumn(columns: readonly string[], mapping: ColumnMapping): string | undefined {
  const named = Object.values(mapping).flatMap((value) => (typeof value === 'boolean' ? [] : value));
  return named.find((column) => !columns.includes(column));
}

async function* empty(): AsyncGenerator<ImportRow, void> {}

async function* continued(first: SourceRow[], rest: AsyncGenerator<SourceRow, void>): AsyncGenerator<SourceRow, void> {
  try {
    yield* first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function* readShape(
  rows: AsyncIterable<SourceRow>,
  name: ShapeName,
  mapping: ColumnMapping | null,
): AsyncGenerator<ImportRow, void> {
  const { read, joinsRows } = shapes[name];
  const drafts = readDrafts(rows, (value) => {
    const row = asRow(value);
    return row ? read(row, mapping) : skipped('wrong-shape', 'it must be an object with fields');
  });
  for await (const { place, ...result } of joinsRows ? joinRows(drafts) : drafts) {
    yield { place, ...('draft' in result ? finishPrompt(result.draft) : result) };
  }
}

type DraftRow = { place: Place } & ({ draft: PromptDraft } | { skip: Skip });

async function* readDrafts(
  rows: AsyncIterable<SourceRow>,
  read: (value: unknown) => ShapeResult,
): AsyncGenerator<DraftRow, void> {
  for await (const row of rows) {
    const { place } = row;
    yield { place, ...('value' in row ? read(row.value) : skipped('unreadable', row.unreadable)) };
  }
}

/** So many rows of one prompt are joined; what follows begins anew. */
const mostJoined = 64;

/** The good responses of one prompt's rows tie above its bad ones. */
async function* joinRows(rows: AsyncIterable<DraftRow>): AsyncGenerator<DraftRow, void> {
  let open: { place: Place; draft: PromptDraft; key: string } | null = null;
  for await (const row of rows) {
    if (!('draft' in row)) {
      yield row;
      continue;
    }
    const key = JSON.stringify(row.draft.messages);
    if (open && open.key === key && (open.draft.responses?.length ?? 0) < mostJoined) {
      open.draft = joinDrafts(open.draft, row.draft);
      continue;
    }
    if (open) yield { place: open.place, draft: open.draft };
    open = { place: row.place, draft: row.draft, key };
  }
  if (open) yield { place: open.place, draft: open.draft };
}

function joinDrafts(one: PromptDraft, other: PromptDraft): PromptDraft {
  const offset = one.responses?.length ?? 0;
  const [before = [], after = []] = [one.rankings?.[0], other.rankings?.[0]];
  const tierOf = (tier: number) => [...(before[tier] ?? []), ...(after[tier] ?? []).map((index) => index + offset)];
  return {
    ...one,
    responses: [...(one.responses ?? []), ...(other.responses ?? [])],
    rankings: [[tierOf(0), tierOf(1)]],
  };
}
