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
import { trainSft } from './sft.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const golden = JSON.parse(await readFile(`${fixtures}sft.json`, 'utf8')) as {
  template: string;
  conversations: ChatMessage[][];
  ids: number[][];
  masks: number[][];
  runs: Record<string, { settings: Record<string, number>; metrics: Record<string, number>[] }>;
};
let folder = '';
/** The llama fixture with the template that marks the assistant's turns. */
const marked = () => join(folder, 'marked');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-sft-'));
  await cp(`${fixtures}llama`, marked(), { recursive: true });
  await writeFile(join(marked(), 'chat_template.jinja'), golden.template);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(out: string, config: Record<string, unknown>, model = marked()) {
  const metrics: TrainMetrics[] = [];
  const examples = golden.conversations.map((messages) => ({ messages }));
  const usual = { max_steps: 4, learning_rate: 1e-3, lr_scheduler_type: 'constant', per_device_train_batch_size: 4 };
  const parsed = sftConfigSchema.parse({ ...usual, train_sampling_strategy: 'sequential', ...config });
  await trainSft(
    { model, examples, config: parsed, out: join(folder, out), device: 'cpu' },
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
    const found = await run(name, settings);
    expect(found).toHaveLength(metrics.length);
    for (const [i, expected] of metrics.entries()) {
      const of = (metric: string) => [found[i]?.[metric] ?? Number.NaN, expected[metric] ?? Number.NaN] as const;
      const relative = ([ours, theirs]: readonly [number, number]) => Math.abs(ours - theirs) / Math.abs(theirs);
      expect(relative(of('loss')), `loss at step ${i + 1}`).toBeLessThan(2e-4);
      expect(relative(of('grad_norm')), `gradient norm at step ${i + 1}`).toBeLessThan(5e-3);
    }
  });
});

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
