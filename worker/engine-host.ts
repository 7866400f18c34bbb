// The engine's own process: a native run blocks its event loop, and hostile files can take it down, so that it can be
// killed. It starts in an empty folder and without secrets in its environment, and ends with its parent.

import { rmSync } from 'node:fs';
import { toServedChunk } from '../domain/serving.ts';
import { inspectModel, recogniseModel, recogniseRewardModel } from '../engine/checkpoint/inspect.ts';
import { EngineError } from '../engine/errors.ts';
import type { SampleRequest } from '../engine/ports.ts';
import { urgently } from '../engine/runtime/turns.ts';
import { openSampler } from '../engine/sampling/sampler.ts';
import { openRewardModel } from '../engine/training/reward-model.ts';
import { scorePairs } from '../engine/training/score.ts';
import { trainSft } from '../engine/training/sft.ts';
import { train } from '../engine/training/trainer.ts';
import type { EngineOperation, EngineOperations, FromEngine, RewardModelOptions, ToEngine } from './engine-protocol.ts';
import { createModelCache } from './model-cache.ts';
import { readPrompts } from './read-prompts.ts';
import { countTokens, tokenTexts } from './token-texts.ts';

const device = process.argv[2] ?? 'auto';

/** Each child that died while it sampled halves what the next one takes of the free memory. */
const budgetShare = 0.5 ** (1 + Number(process.argv[3] ?? 0));

// Each kind gives its idle memory to the other.
const samplers = createModelCache(
  async (model: string) => {
    await rewardModels.closeIdle();
    return openSampler({ model, device, budgetShare });
  },
  (model) => model,
);
const rewardModels = createModelCache(
  async (folders: RewardModelOptions) => {
    await samplers.closeIdle();
    return openRewardModel({ ...folders, device });
  },
  ({ model, adapter }) => JSON.stringify([model, adapter]),
);
/** Training wants the memory. */
async function closeIdle(): Promise<void> {
  await samplers.closeIdle();
  await rewardModels.closeIdle();
}

type Operation<O extends EngineOperation> = (
  input: EngineOperations[O]['input'],
  emit: (item: EngineOperations[O]['item']) => void,
  signal: AbortSignal,
) => Promise<EngineOperations[O]['result']>;

const withDefaults = (requests: SampleRequest[], adapter: string | null, stream: boolean): SampleRequest[] =>
  requests.map((request) => ({
    ...request,
    adapter: request.adapter === undefined ? adapter : request.adapter,
    stream,
  }));

const operations: { [O in EngineOperation]: Operation<O> } = {
  sample: ({ model, adapter, requests, config, stream }, emit, signal) =>
    samplers.use(model, async (sampler) => {
      for await (const chunk of sampler.sample(withDefaults(requests, adapter, stream), config, signal)) {
        emit(chunk);
      }
      return null;
    }),
  serve: ({ model, adapter, requests, config, stream }, emit, signal) =>
    urgently(() =>
      samplers.use(model, async (sampler) => {
        const explain = (prompt: number, tokenIds: readonly number[]) => ({
          promptTokens: countTokens(sampler.tokenizer, requests[prompt]?.prompt ?? ''),
          tokens: tokenTexts(sampler.tokenizer, tokenIds),
        });
        for await (const chunk of sampler.sample(withDefaults(requests, adapter, stream), config, signal)) {
          emit(toServedChunk(chunk, explain));
        }
        return null;
      }),
    ),
  read: ({ model, adapter, prompts }, _emit, signal) =>
    urgently(() => readPrompts({ model, adapter, prompts, device }, signal)),
  train: async ({ job }, emit, signal) => {
    await closeIdle();
    return train({ ...job, device }, emit, signal);
  },
  sft: async ({ job }, emit, signal) => {
    await closeIdle();
    return trainSft({ ...job, device }, emit, signal);
  },
  reward: ({ model, adapter, prompt, responses }, _emit, signal) =>
    rewardModels.use({ model, adapter }, (rewardModel) => rewardModel.reward(prompt, responses, signal)),
  score: ({ pairs, ...model }, _emit, signal) => scorePairs({ ...model, pairs, device }, signal),
  recognise: async ({ folder }) => {
    await recogniseModel(folder);
    return null;
  },
  recogniseReward: async ({ model, adapter }) => {
    await recogniseRewardModel(model, adapter);
    return null;
  },
  inspect: ({ folder }) => inspectModel(folder),
};

const running = new Map<number, AbortController>();

function send(message: FromEngine): void {
  // Without a callback, a parent that has just died would be an uncaught error.
  process.send?.(message, undefined, undefined, () => undefined);
}

async function start<O extends EngineOperation>(
  id: number,
  operation: O,
  input: EngineOperations[O]['input'],
): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const result = await operations[operation](input, (item) => send({ type: 'item', id, item }), controller.signal);
    send({ type: 'result', id, result });
  } catch (error) {
    const code = error instanceof EngineError ? error.code : null;
    const message = error instanceof Error ? error.message : String(error);
    if (!code) console.error(error);
    send({ type: 'error', id, code, message });
  } finally {
    running.delete(id);
  }
}

process.on('message', (message: ToEngine) => {
  if (message.type === 'cancel') running.get(message.id)?.abort();
  else void start(message.id, message.request.operation, message.request.input);
});
// The parent is gone: nobody wants the rest, and nobody else will clear the folder.
process.on('disconnect', () => {
  rmSync(process.cwd(), { recursive: true, force: true });
  process.exit(0);
});
// Ctrl-C in a terminal reaches the whole group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);
