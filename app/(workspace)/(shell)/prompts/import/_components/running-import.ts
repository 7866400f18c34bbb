export interface RunningImport {
  jobRunId: string;
  batchId: string;
}
