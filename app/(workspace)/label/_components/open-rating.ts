/** Puts the focus on the next row without a rating; false when there is none. */
export function focusOpenRating(root: ParentNode, after?: Element): boolean {
  const rows = [...root.querySelectorAll('[data-rating]')];
  const isOpen = (row: Element) => row.querySelector('input:checked') === null;
  const from = after ? rows.indexOf(after) + 1 : 0;
  const next = [...rows.slice(from), ...rows.slice(0, from)].find((row) => row !== after && isOpen(row));
  next?.querySelector('input')?.focus();
  return next !== undefined;
}
