// What waits in the outbox: all that the server needs to take it, and enough to show it to its author again should the
// server refuse it. Entries outlive the page that wrote them, so older forms are read too.
import type { Annotation, Flag, SkipReason } from '../../../../domain/annotation.ts';

interface Answer {
  annotation: Annotation;
  durationMs: number;
  /** The guidelines that were in force. */
  guidelineId: string | null;
}

export type OutboxEntry = {
  id: string;
  at: number;
  projectId: string;
  /** The beginning of what was ranked, for its author. */
  preview: string;
} & (
  | ({ kind: 'annotation'; leaseId: string } & Answer)
  | ({ kind: 'revision'; rankingId: string } & Answer)
  | { kind: 'skip'; leaseId: string; reason: SkipReason; note: string | null; flags: Flag[] }
);

/** Refused for good: kept until its author has seen to it. */
export interface RefusedEntry {
  entry: OutboxEntry;
  message: string;
}

/** What the page wrote before a ranking was more than its tiers. */
type FormerEntry = { id: string; leaseId: string; at: number } & (
  | { kind: 'ranking'; tiers: string[][]; durationMs: number }
  | { kind: 'skip'; reason: SkipReason }
);

type Stored = OutboxEntry | FormerEntry;

/** Null for what is no entry. Former entries name no project: they belong to the one that is open. */
export function readEntry(stored: string | null, projectId: string): OutboxEntry | null {
  const entry = parse(stored) as Stored | null;
  if (!entry || typeof entry !== 'object' || !('kind' in entry)) return null;
  const { id, at } = entry;
  const common = { id, at, projectId: 'projectId' in entry ? entry.projectId : projectId, preview: '' };
  switch (entry.kind) {
    case 'ranking': {
      const { leaseId, tiers, durationMs } = entry;
      return { ...common, kind: 'annotation', leaseId, annotation: annotationOf(tiers), durationMs, guidelineId: null };
    }
    case 'skip':
      return { ...common, note: null, flags: [], ...entry };
    case 'annotation':
    case 'revision':
      return entry;
    default:
      return null;
  }
}

function annotationOf(tiers: string[][]): Annotation {
  return { tiers, overall: null, thumbs: null, strength: null, ratings: {}, flags: [], rationale: null, edit: null };
}

function parse(stored: string | null): unknown {
  try {
    return stored === null ? null : JSON.parse(stored);
  } catch {
    return null;
  }
}
