// What a model makes of each token of a text: for evaluation harnesses, which compare how likely texts are.
import type { ReadPrompt } from '../domain/serving.ts';
import { openCheckpoint } from '../engine/checkpoint/checkpoint.ts';
import { readAdapter } from '../engine/checkpoint/peft.ts';
import { EngineError } from '../engine/errors.ts';
import type { SampleRequest } from '../engine/ports.ts';
import { scoreTokens } from '../engine/training/score.ts';
import type { ModelOptions } from './engine-protocol.ts';
import { tokenTexts } from './token-texts.ts';

export async function readPrompts(
  { model, adapter, prompts, device }: ModelOptions & { prompts: SampleRequest['prompt'][]; device: string },
  signal: AbortSignal,
): Promise<ReadPrompt[]> {
  const checkpoint = await openCheckpoint(model);
  const { tokenizer, config } = checkpoint;
  const sequences = prompts.map((prompt) =>
    typeof prompt === 'string' || Array.isArray(prompt) ? tokenizer.encodePrompt(prompt) : prompt.tokenIds,
  );
  for (const ids of sequences) {
    if (ids.length === 0) throw new EngineError('DATA_INVALID', 'A prompt is empty: it has no tokens.');
    if (ids.length > config.maxPositions) {
      throw new EngineError(
        'DATA_INVALID',
        `A prompt has ${ids.length} tokens, but the model has ${config.maxPositions} positions: shorten it.`,
      );
    }
    const stray = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
    if (stray !== undefined) {
      throw new EngineError('DATA_INVALID', `Token id ${stray} is not one of the model's ${config.vocabSize}.`);
    }
  }
  const adapterFiles = adapter ? await readAdapter(adapter, checkpoint) : null;
  // A single token is predicted by nothing.
  const longer = sequences.filter((ids) => ids.length > 1);
  const scored = (
    longer.length > 0 ? await scoreTokens(checkpoint, adapterFiles, longer, device, signal) : []
  ).values();
  return sequences.map((ids) => {
    const tokens = tokenTexts(tokenizer, ids);
    const scores = ids.length > 1 ? (scored.next().value ?? []) : [];
    const textOf = (topId: number, i: number) => {
      const token = tokens[i] ?? '';
      if (topId === ids[i]) return token;
      // Two tokens may have one text, and must not seem to be the same.
      const text = tokenizer.decode([topId]);
      return text === token ? `token_id:${topId}` : text;
    };
    return {
      tokens,
      scores: [null, ...scores.map(({ logp, topId, topLogp }, i) => ({ logp, topLogp, top: textOf(topId, i + 1) }))],
    };
  });
}
