// Looks into a model's folder in an engine process of its own: a stranger's files can hang or break it, and must not wait
// behind a long round.
import { AppError } from '../domain/errors.ts';
import { type ModelFacts, modelFactsSchema } from '../domain/models.ts';
import { openEngine } from './engine-client.ts';

const patienceMs = 60_000;

export async function inspectFolder(folder: string, name: string, signal: AbortSignal): Promise<ModelFacts> {
  const engine = openEngine({ device: 'cpu', cancelPatienceMs: 500 });
  const timeout = AbortSignal.timeout(patienceMs);
  try {
    return modelFactsSchema.parse(await engine.inspect(folder, AbortSignal.any([signal, timeout])));
  } catch (error) {
    if (timeout.aborted && !signal.aborted) {
      throw new AppError(
        'CHECKPOINT_INVALID',
        `${name} could not be read within ${patienceMs / 1000} s: its tokenizer or chat template may be malformed.`,
      );
    }
    throw error;
  } finally {
    await engine.close();
  }
}
