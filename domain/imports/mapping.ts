// Which column of somebody's table is what.
import { z } from 'zod';

const column = z.string().min(1).max(500);

export const columnMappingSchema = z.object({
  prompt: column,
  system: column.optional(),
  /** Up to eight, each a response. */
  responses: z.array(column).max(8).default([]),
  /** The columns of the responses stand in the order of preference. */
  isBestFirst: z.boolean().default(false),
  persona: column.optional(),
  tags: column.optional(),
  language: column.optional(),
  qualifications: column.optional(),
  priority: column.optional(),
});
export type ColumnMapping = z.infer<typeof columnMappingSchema>;
