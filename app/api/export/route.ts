// The pairs, or the thumbs, as a JSONL download.
import { z } from 'zod';
import { pairPolicyNames } from '../../../domain/pairs.ts';
import { serverInstance } from '../../../server/instance.ts';
import { exportFormats, exportPairs } from '../../../server/services/export.ts';
import { readExportQuery } from './allowed.ts';
import { answerWith } from './download.ts';

const querySchema = z.object({
  projectId: z.uuid(),
  format: z.enum(exportFormats).default('trl'),
  datasetVersionId: z.uuid().optional(),
  pairPolicy: z.enum(pairPolicyNames).optional(),
});

export function GET(request: Request): Promise<Response> {
  return answerWith(async () => exportPairs(serverInstance().db, await readExportQuery(request, querySchema)));
}
