// Which rows of a list are chosen: some by name, or all that the list's filter finds, seen or not.

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly isAll: boolean;
  /** The row that was touched last: where a range begins. */
  readonly anchor: string | null;
}

export const nothingSelected: Selection = { ids: new Set(), isAll: false, anchor: null };

/** Turns a row over; a range gives all rows from the one touched before the same state. */
export function toggleRow(selection: Selection, rows: readonly string[], id: string, isRange: boolean): Selection {
  const ids = new Set(selection.isAll ? rows : selection.ids);
  const isOn = !ids.has(id);
  const [from, to] = [rows.indexOf(selection.anchor ?? id), rows.indexOf(id)];
  const touched = isRange && from >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
  for (const one of touched) {
    if (isOn) ids.add(one);
    else ids.delete(one);
  }
  return { ids, isAll: false, anchor: id };
}

/** All rows that are shown, or none where all of them are chosen already. */
export function toggleShown(selection: Selection, rows: readonly string[]): Selection {
  if (selection.isAll || rows.every((id) => selection.ids.has(id))) return nothingSelected;
  return { ids: new Set([...selection.ids, ...rows]), isAll: false, anchor: null };
}

export function isSelected(selection: Selection, id: string): boolean {
  return selection.isAll || selection.ids.has(id);
}
