/** An import that was started, or that is long done: then nobody asks for its job any more. */
export interface RunningImport {
  jobRunId: string | null;
  batchId: string;
}

export const importAddress = '/prompts/import';
