// SFT against TRL's SFTTrainer with assistant_only_loss (fixtures/README.md), and what counts of a conversation.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { readAdapter } from '../checkpoint/peft.ts';
import { sftConfigSchema } from '../config.ts';
import type { ChatMessage, TrainMetrics } from '../ports.ts';
import { type SftJob, trainSft } from './sft.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const golden = JSON.parse(await readFile(`${fixtures}sft.json`, 'utf8')) as {
  template: string;
  conversations: ChatMessage[][];
  ids: number[][];
  masks: number[][];
  runs: Record<string, GoldenRun>;
  evaluated: Record<'all weights' | 'llama-adapter', GoldenRun>;
};
interface GoldenRun {
  settings: Record<string, number>;
  metrics: Record<string, number>[];
}
let folder = '';
/** The llama fixture with the template that marks the assistant's turns. */
const marked = () => join(folder, 'marked');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-sft-'));
  await cp(`${fixtures}llama`, marked(), { recursive: true });
  await writeFile(join(marked(), 'chat_template.jinja'), golden.template);
});
afterAll(() => rm(folder, { recursive: true }));

const conversations = golden.conversations.map((messages) => ({ messages }));

async function run(out: string, config: Record<string, unknown>, rest: Partial<SftJob> = {}) {
  const metrics: TrainMetrics[] = [];
  const usual = { max_steps: 4, learning_rate: 1e-3, lr_scheduler_type: 'constant', per_device_train_batch_size: 4 };
  const parsed = sftConfigSchema.parse({ ...usual, train_sampling_strategy: 'sequential', ...config });
  await trainSft(
    { model: marked(), examples: conversations, config: parsed, out: join(folder, out), device: 'cpu', ...rest },
    (told) => void metrics.push(told),
  );
  return metrics.map(({ values }) => values);
}

describe("TRL's SFTTrainer", () => {
  test('marks the same tokens', async () => {
    const { tokenizer } = await openCheckpoint(marked());
    for (const [i, messages] of golden.conversations.entries()) {
      const { ids, isAssistant } = tokenizer.encodeConversation(messages);
      expect(ids).toEqual(golden.ids[i]);
      expect(isAssistant.map(Number)).toEqual(golden.masks[i]);
    }
  });
  test.each(Object.entries(golden.runs))('%s', async (name, { settings, metrics }) => {
    // TRL's other metrics of a step are the means of its micro-batches' means.
    expectAlike(await run(name, settings), metrics, ['loss', 'grad_norm', 'num_tokens']);
  });
  test.each([
    ['all weights', {}, {}],
    ['llama-adapter', { lora: {} }, { adapter: `${fixtures}llama-adapter` }],
  ] as const)('%s: evaluated after every step, whatever the batches', async (name, lora, start) => {
    const { settings, metrics } = golden.evaluated[name];
    const evaluation = { eval_steps: 1, per_device_eval_batch_size: 3 };
    const [examples, evalExamples] = [conversations.slice(0, 4), conversations.slice(4)];
    const found = await run(
      `evaluated ${name}`,
      { ...settings, ...evaluation, ...lora },
      { examples, evalExamples, ...start },
    );
    expectAlike(found, metrics);
    expect(metrics.at(-1)?.eval_mean_token_accuracy).toBeGreaterThan(0);
  });
});

/** How far, relatively, each metric may be from TRL's. */
const tolerances = {
  loss: 2e-4,
  grad_norm: 5e-3,
  num_tokens: 0,
  entropy: 1e-3,
  mean_token_accuracy: 1e-5,
  eval_loss: 2e-4,
  eval_entropy: 1e-3,
  eval_mean_token_accuracy: 1e-5,
};

const allMetrics = Object.keys(tolerances) as (keyof typeof tolerances)[];

type Logged = readonly Record<string, number>[];

function expectAlike(found: Logged, golden: Logged, names = allMetrics) {
  expect(found).toHaveLength(golden.length);
  for (const [i, expected] of golden.entries()) {
    for (const name of names) {
      const theirs = expected[name] ?? Number.NaN;
      const distance = Math.abs((found[i]?.[name] ?? Number.NaN) - theirs);
      expect(distance, `${name} at step ${i + 1}`).toBeLessThanOrEqual(tolerances[name] * Math.abs(theirs));
    }
  }
}

describe('a conversation', () => {
  const messages = golden.conversations[1] ?? [];
  test('without marks in the template: every turn counts, with what the template ends it by', async () => {
    const { tokenizer } = await openCheckpoint(`${fixtures}llama`);
    const { ids, isAssistant } = tokenizer.encodeConversation(messages);
    const said = tokenizer.decode(ids.filter((_, i) => isAssistant[i]));
    const spoken = messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
    expect(spoken).toHaveLength(2);
    expect(
      said
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(spoken);
    const { prompt, completion } = tokenizer.encodePair(messages.slice(0, -1), messages.slice(-1));
    expect(isAssistant.slice(prompt.length)).toEqual(completion.map(() => true));
  });
  test('without a turn of the assistant is refused', async () => {
    const { tokenizer } = await openCheckpoint(marked());
    expect(() => tokenizer.encodeConversation(messages.slice(0, 1))).toThrow(/no turn of the assistant/);
  });
  test('whose template rewrites earlier turns is refused', async () => {
    const model = join(folder, 'rewriting');
    await cp(`${fixtures}llama`, model, { recursive: true });
    const source =
      "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] if loop.last else 'gone' }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    await writeFile(join(model, 'chat_template.jinja'), source);
    const { tokenizer } = await openCheckpoint(model);
    expect(() => tokenizer.encodeConversation(messages)).toThrow(/cannot be told/);
  });
});

test('an adapter instead of all weights: a PEFT folder, and the loss falls', async () => {
  const found = await run('lora', { lora: { r: 4, lora_alpha: 8 }, max_steps: 12, learning_rate: 1e-2 });
  expect(found.at(-1)?.loss).toBeLessThan((found[0]?.loss ?? 0) - 0.5);
  expect(await readdir(join(folder, 'lora'))).toContain('adapter_config.json');
  const { modules } = await readAdapter(join(folder, 'lora'), await openCheckpoint(marked()));
  expect([...modules.values()].every(({ b }) => b.data.some((value) => value !== 0))).toBe(true);
});
