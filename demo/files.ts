// Everything of the demo that follows from its seed but the weights: what build.ts writes, as paths and contents.
import { type CorpusExample, generateCorpus } from './corpus.ts';
import { buildGenerationConfig, buildModelConfig, maxPositions } from './model-config.ts';
import { type DemoPrompt, heldOutPrompts, trainPrompts } from './prompts.ts';
import { buildTokenizer, buildTokenizerConfig } from './tokenizer.ts';

export const demoSeed = 1;
export const committedPrompts = { train: 400, heldout: 240 } as const;

export interface DemoFiles {
  corpus: CorpusExample[];
  /** Contents by path, relative to this folder. */
  files: Record<string, string>;
}

export function generateDemo(seed: number = demoSeed): DemoFiles {
  const corpus = generateCorpus(seed);
  const texts = corpus.flatMap(({ prompt, completion }) => [...prompt, ...completion].map(({ content }) => content));
  const tokenizer = buildTokenizer(texts);
  const vocabularySize = Object.keys(tokenizer.model.vocab).length;
  return {
    corpus,
    files: {
      'model/config.json': toJson(buildModelConfig(vocabularySize)),
      'model/generation_config.json': toJson(buildGenerationConfig()),
      'model/tokenizer.json': toJson(tokenizer),
      'model/tokenizer_config.json': toJson(buildTokenizerConfig(maxPositions)),
      'prompts/train.jsonl': toPromptLines(trainPrompts(seed, committedPrompts.train)),
      'prompts/heldout.jsonl': toPromptLines(heldOutPrompts(seed, committedPrompts.heldout)),
    },
  };
}

const toJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const toPromptLines = (prompts: readonly DemoPrompt[]) =>
  prompts.map(({ text }) => `${JSON.stringify({ prompt: [{ role: 'user', content: text }] })}\n`).join('');
