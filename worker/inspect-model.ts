// Looks into a model's folder in an engine process of its own: a stranger's files can hang or break it, and must not wait
// behind a long round.
import { AppError } from '../domain/errors.ts';
import { type ModelFacts, modelFactsSchema } from '../domain/models.ts';
import { type Engine, openEngine } from './engine-client.ts';
import type { RewardModelOptions } from './engine-protocol.ts';

const patienceMs = 60_000;

/** What the model in this folder is; throws the engine's words where it cannot be used. */
export async function inspectFolder(folder: string, name: string, signal: AbortSignal): Promise<ModelFacts> {
  return modelFactsSchema.parse(await withEngine(name, signal, (engine, either) => engine.inspect(folder, either)));
}

/** Throws where a model's config or tokenizer cannot be used: its weights need not be fetched then. */
export async function recogniseFolder(folder: string, name: string, signal: AbortSignal): Promise<void> {
  await withEngine(name, signal, (engine, either) => engine.recognise(folder, either));
}

/** Throws the engine's words where this is no reward model, or not one of this base. */
export async function recogniseReward(folders: RewardModelOptions, name: string, signal: AbortSignal): Promise<void> {
  await withEngine(name, signal, (engine, either) => engine.recogniseReward(folders, either));
}

async function withEngine<T>(
  name: string,
  signal: AbortSignal,
  work: (engine: Engine, either: AbortSignal) => Promise<T>,
): Promise<T> {
  const engine = openEngine({ device: 'cpu', cancelPatienceMs: 500 });
  const timeout = AbortSignal.timeout(patienceMs);
  try {
    return await work(engine, AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (!timeout.aborted || signal.aborted) throw error;
    throw new AppError(
      'CHECKPOINT_INVALID',
      `${name} could not be read within ${patienceMs / 1000} s: its tokenizer or chat template may be malformed.`,
    );
  } finally {
    await engine.close();
  }
}
