'use client';
// What the form of an import holds, as it is typed, and what the server is asked with.
import { useEffect, useState } from 'react';
import type { ColumnMapping } from '../../../../../../domain/imports/mapping.ts';
import { type ImportOptions, importOptionsSchema } from '../../../../../../domain/imports/options.ts';
import type { ShapeName } from '../../../../../../domain/imports/shape-names.ts';
import { splitList } from '../../../../../../domain/members.ts';

export interface ImportDraft {
  name: string;
  /** Null: as it is recognised. */
  shape: ShapeName | null;
  mapping: ColumnMapping;
  split: ImportOptions['split'];
  /** In per cent. */
  heldOut: number;
  tags: string;
  language: string;
  qualifications: string;
  priority: number;
  responses: ImportOptions['responses'];
  rankings: ImportOptions['rankings'];
}

function parse(draft: ImportDraft) {
  const { shape, mapping, heldOut, tags, language, qualifications, ...rest } = draft;
  const isByColumns = shape === 'columns';
  return importOptionsSchema.safeParse({
    ...rest,
    ...(shape && !isByColumns ? { shape } : {}),
    ...(isByColumns ? { mapping } : {}),
    heldOutShare: heldOut / 100,
    tags: splitList(tags),
    language: language.trim() || null,
    qualifications: splitList(qualifications),
  });
}

/** A preview reads the file: not at each letter. */
const settleMs = 350;

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), settleMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export function useImportOptions(fileName: string) {
  const [draft, setDraft] = useState<ImportDraft>({
    name: fileName.replace(/(\.[a-z0-9]{1,8}){1,2}$/i, '') || fileName,
    shape: null,
    mapping: { prompt: '', responses: [], isBestFirst: false },
    split: 'train',
    heldOut: 10,
    tags: '',
    language: '',
    qualifications: '',
    priority: 0,
    responses: 'rank',
    rankings: 'anew',
  });
  const set = (changed: Partial<ImportDraft>) => setDraft((before) => ({ ...before, ...changed }));
  const parsed = parse(draft);
  const settled = useSettled(draft);
  const bad = parsed.success ? null : String(parsed.error.issues[0]?.path[0] ?? '');
  return {
    draft,
    set,
    /** Null while something that was typed cannot be so; `bad` is its field. */
    options: parsed.success ? parsed.data : null,
    settledOptions: parse(settled).data ?? null,
    bad,
  };
}
