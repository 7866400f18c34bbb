// Every job's handler: a job without one does not compile.
import type { JobName } from '../domain/jobs.ts';
import type { JobHandler } from './context.ts';
import { download } from './jobs/download.ts';
import { evaluate } from './jobs/evaluate.ts';
import { importUpload } from './jobs/import.ts';
import { inspect } from './jobs/inspect.ts';
import { judge } from './jobs/judge.ts';
import { sample } from './jobs/sample.ts';
import { sft } from './jobs/sft.ts';
import { train } from './jobs/train.ts';

export const handlers: { [N in JobName]: JobHandler<N> } = {
  sample,
  sampleRemote: sample,
  judge,
  train,
  evaluate,
  inspect,
  download,
  sft,
  import: importUpload,
};
