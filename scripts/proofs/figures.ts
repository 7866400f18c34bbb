// What a proof has found.
export type Cell = number | boolean;

export interface Figures {
  [name: string]: unknown;
  /** Rows by name, each with the same columns: told in Markdown too. */
  table?: Record<string, Record<string, Cell>>;
}
