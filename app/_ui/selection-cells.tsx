'use client';
// A table's column of check boxes: one for each row, with Shift for all rows from the one chosen before, and one for all
// that are shown.
import { isSelected, type Selection, toggleRow, toggleShown } from '../../domain/selection.ts';
import { Cell, HeaderCell } from './table.tsx';

interface SelectionCellProps {
  /** The rows that are shown, in their order. */
  ids: readonly string[];
  selection: Selection;
  label: string;
  onSelect: (selection: Selection) => void;
}

export function SelectShownCell({ ids, selection, label, onSelect }: SelectionCellProps) {
  return (
    <HeaderCell className="w-10">
      <input
        type="checkbox"
        aria-label={label}
        checked={ids.every((id) => isSelected(selection, id))}
        onChange={() => onSelect(toggleShown(selection, ids))}
        className="block size-4 accent-accent"
      />
    </HeaderCell>
  );
}

export function SelectRowCell({ id, ids, selection, label, onSelect }: SelectionCellProps & { id: string }) {
  return (
    <Cell className="relative z-10">
      <input
        type="checkbox"
        aria-label={label}
        checked={isSelected(selection, id)}
        onChange={(event) => {
          const isRange = event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey;
          onSelect(toggleRow(selection, ids, id, isRange));
        }}
        className="block size-4 accent-accent"
      />
    </Cell>
  );
}
