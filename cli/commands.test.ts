// The commands over files as a script meets them: real processes, real files, the contract's fields; and bad input,
// which ends in one sentence, a non-zero exit and nothing half-written.
import { cpSync, existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createScratch, demo, fixtures, llama, rankloop } from './scratch.ts';

const { folder, at, write, linesOf } = createScratch();
afterAll(() => rmSync(folder, { recursive: true }));

const questions = write('prompts.jsonl', [
  { prompt: [{ role: 'user', content: 'How much is the modern bench?' }] },
  { prompt: [{ role: 'user', content: 'Who can repair my white purse?' }] },
]);

describe('the way from prompts to an adapter', () => {
  test('sample, judge, pairs, score, train: each takes what the one before gives', async () => {
    const sampled = await rankloop(
      'sample',
      '--model',
      demo,
      '--prompts',
      questions,
      '--n',
      '4',
      '--max-new-tokens',
      '40',
      '--out',
      at('responses.jsonl'),
      '--json',
    );
    expect(sampled).toMatchObject({ code: 0 });
    expect(JSON.parse(sampled.stdout)).toMatchObject({ prompts: 2, responses: 8 });
    const responses = linesOf('responses.jsonl');
    expect(responses[0].prompt[0].content).toBe('How much is the modern bench?');
    for (const { text, token_ids, finish_reason, logp } of responses.flatMap((line) => line.responses)) {
      expect(text.length).toBeGreaterThan(0);
      expect(['stop', 'length']).toContain(finish_reason);
      expect(finish_reason === 'stop').toBe(token_ids.at(-1) === 3);
      expect(logp).toBeLessThan(0);
    }
    await rankloop('judge', '--responses', at('responses.jsonl'), '--judge', 'oracle', '--out', at('rankings.jsonl'));
    const made = await rankloop(
      'pairs',
      '--rankings',
      at('rankings.jsonl'),
      '--policy',
      'all',
      '--out',
      at('pairs.jsonl'),
      '--json',
    );
    expect(JSON.parse(made.stdout).pairs).toBe(linesOf('pairs.jsonl').length);

    const scored = await rankloop('score', '--model', demo, '--pairs', at('pairs.jsonl'), '--out', at('scores.jsonl'));
    expect(scored).toMatchObject({ code: 0, stdout: '' });
    for (const [i, score] of linesOf('scores.jsonl').entries()) {
      const pair = linesOf('pairs.jsonl')[i];
      const { logp } = responses
        .flatMap((line) => line.responses)
        .find(({ token_ids }) => String(token_ids) === String(pair.chosen_token_ids));
      expect(score.tokens_chosen).toBe(pair.chosen_token_ids.length);
      expect(Math.abs(score.logps_chosen - logp)).toBeLessThan(1e-4);
    }

    write('config.json', [{ beta: 0.5, max_steps: 3, learning_rate: 1e-3, lora: { r: 4, lora_alpha: 8 } }]);
    const trained = await rankloop(
      'train',
      '--model',
      demo,
      '--pairs',
      at('pairs.jsonl'),
      '--eval',
      at('pairs.jsonl'),
      '--config',
      at('config.json'),
      '--out',
      at('adapter'),
      '--json',
    );
    expect(trained).toMatchObject({ code: 0 });
    expect(JSON.parse(trained.stdout)).toMatchObject({ steps: 3 });
    const metrics = linesOf('adapter/metrics.jsonl');
    expect(metrics).toHaveLength(3);
    expect(Math.abs(metrics[0].loss - Math.LN2)).toBeLessThan(1e-6);
    expect(metrics[2]).toHaveProperty('eval_rewards/accuracies');
    const through = await rankloop(
      'score',
      '--model',
      demo,
      '--adapter',
      at('adapter'),
      '--pairs',
      at('pairs.jsonl'),
      '--out',
      at('scores2.jsonl'),
    );
    expect(through.code).toBe(0);
    expect(linesOf('scores2.jsonl')).not.toEqual(linesOf('scores.jsonl'));

    const again = await rankloop('train', '--model', demo, '--pairs', at('pairs.jsonl'), '--out', at('adapter'));
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('already holds a model');
  }, 120_000);

  test('pairs name their criterion, and training weighs it', async () => {
    const responses = [{ text: ' Yes.' }, { text: ' No.' }];
    write('by-tone.jsonl', [{ prompt: 'Open?', responses, tiers: [[0], [1]] }]);
    const made = await rankloop(
      ...['pairs', '--rankings', at('by-tone.jsonl'), '--criterion', 'tone', '--out', at('tone.jsonl')],
    );
    expect(made).toMatchObject({ code: 0 });
    expect(linesOf('tone.jsonl')).toMatchObject([{ chosen: ' Yes.', rejected: ' No.', criterion: 'tone' }]);
    write('tone.json', [{ criterion_weights: { tone: 2 }, max_steps: 1 }]);
    const trained = await rankloop(
      ...['train', '--model', demo, '--pairs', at('tone.jsonl'), '--config', at('tone.json'), '--out', at('tone')],
    );
    expect(trained).toMatchObject({ code: 0 });
    expect(linesOf('tone/metrics.jsonl')[0].loss).toBeCloseTo(2 * Math.LN2, 5);
  }, 60_000);

  test('train takes labelled completions, and prompts under their tags', async () => {
    const lines = ['short', 'formal', 'short', 'formal'].map((tag, i) => ({
      prompt: `Question ${i}?`,
      tags: [tag],
      completion: ` Answer ${i}.`,
      label: i % 2 === 0,
    }));
    write('labelled.jsonl', lines);
    const rendered = lines.map(({ tags, prompt, ...rest }) => ({ prompt: `[${tags}]\n${prompt}`, ...rest }));
    write('rendered.jsonl', rendered);
    write('kto.json', [{ loss_type: 'kto', per_device_train_batch_size: 4, max_steps: 2 }]);
    const kto = (file: string, out: string, ...more: string[]) =>
      rankloop(
        'train',
        '--model',
        demo,
        '--pairs',
        at(file),
        '--config',
        at('kto.json'),
        '--out',
        at(out),
        '--json',
        ...more,
      );
    const trained = await kto('labelled.jsonl', 'kto', '--condition', 'tags');
    expect(trained).toMatchObject({ code: 0 });
    expect(JSON.parse(trained.stdout)).toMatchObject({ reference: 'base', steps: 2, pairs: 4 });
    expect(await kto('rendered.jsonl', 'kto-rendered')).toMatchObject({ code: 0 });
    expect(linesOf('kto/metrics.jsonl')).toEqual(linesOf('kto-rendered/metrics.jsonl'));
    expect(linesOf('kto/metrics.jsonl')[1]).toHaveProperty('kl');
  }, 60_000);

  test('plain-text prompts sample and score alike too', async () => {
    const plain = write('plain.jsonl', [{ prompt: 'where is my red parcel' }]);
    await rankloop(
      'sample',
      '--model',
      llama,
      '--prompts',
      plain,
      '--n',
      '1',
      '--temperature',
      '0',
      '--max-new-tokens',
      '8',
      '--out',
      at('plain-out.jsonl'),
    );
    const [line] = linesOf('plain-out.jsonl');
    expect(line.prompt).toBe('where is my red parcel');
    const pair = { prompt: line.prompt, chosen: ' it was sent', rejected: ' no' };
    const ids = { ...pair, chosen_token_ids: line.responses[0].token_ids };
    await rankloop(
      'score',
      '--model',
      llama,
      '--pairs',
      write('plain-pairs.jsonl', [ids]),
      '--out',
      at('plain-scores.jsonl'),
    );
    expect(Math.abs(linesOf('plain-scores.jsonl')[0].logps_chosen - line.responses[0].logp)).toBeLessThan(1e-3);
  });

  test('sft lowers the loss and writes a checkpoint that samples', async () => {
    const rows = Array.from({ length: 64 }, () => ({
      prompt: [{ role: 'user', content: 'Say it.' }],
      completion: [{ role: 'assistant', content: 'The modern bench.' }],
    }));
    write('sft.json', [{ learning_rate: 3e-3, max_steps: 8, per_device_train_batch_size: 8 }]);
    const run = await rankloop(
      'sft',
      '--model',
      demo,
      '--data',
      write('sft.jsonl', rows),
      '--config',
      at('sft.json'),
      '--out',
      at('tuned'),
      '--json',
    );
    expect(run).toMatchObject({ code: 0 });
    const metrics = linesOf('tuned/metrics.jsonl');
    expect(metrics.at(-1).loss).toBeLessThan(0.2 * metrics[0].loss);
    const prompt = write('say.jsonl', [{ prompt: [{ role: 'user', content: 'Say it.' }] }]);
    await rankloop(
      'sample',
      '--model',
      at('tuned'),
      '--prompts',
      prompt,
      '--n',
      '1',
      '--temperature',
      '0',
      '--out',
      at('said.jsonl'),
    );
    expect(linesOf('said.jsonl')[0].responses[0].text).toBe('The modern bench.');
  }, 120_000);

  test('merge gives a checkpoint that scores without the adapter as the base does with it', async () => {
    const adapter = join(fixtures, 'llama-adapter');
    const merged = await rankloop('merge', '--model', llama, '--adapter', adapter, '--out', at('merged'), '--json');
    expect(merged.stderr).toBe('');
    expect(JSON.parse(merged.stdout)).toMatchObject({ out: at('merged'), files: 1 });
    const pairs = join(fixtures, 'pairs.jsonl');
    for (const [out, model] of [
      ['with.jsonl', ['--model', llama, '--adapter', adapter]],
      ['without.jsonl', ['--model', at('merged')]],
    ] as const) {
      expect((await rankloop('score', ...model, '--pairs', pairs, '--out', at(out))).code).toBe(0);
    }
    for (const [i, { logps_chosen }] of linesOf('without.jsonl').entries()) {
      expect(logps_chosen).toBeCloseTo(linesOf('with.jsonl')[i].logps_chosen, 2);
    }
    const again = await rankloop('merge', '--model', llama, '--adapter', adapter, '--out', at('merged'));
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('already holds a model') });
  });

  test('loop goes round and reports each round', async () => {
    const command = ['--demo', '--judge', 'oracle', '--rounds', '1', '--prompts-per-round', '40', '--held-out', '20'];
    const { code, stdout } = await rankloop('loop', ...command, '--seed', '7', '--out', at('loop'), '--json');
    expect(code).toBe(0);
    const { rounds } = JSON.parse(stdout);
    expect(rounds).toHaveLength(1);
    for (const name of ['win_rate', 'lower', 'upper', 'accuracy', 'margin', 'length_ratio', 'seconds', 'kl'])
      expect(rounds[0][name]).toBeTypeOf('number');
    expect(rounds[0].lower).toBeLessThanOrEqual(rounds[0].win_rate);
    expect(existsSync(at('loop/round-1/adapter/adapter_config.json'))).toBe(true);
  }, 120_000);

  test('doctor finds all well here', async () => {
    const { code, stdout } = await rankloop('doctor', '--data-dir', at('data'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).ok).toBe(true);
  });

  test('doctor says what a model needs and what the device has', async () => {
    const args = ['doctor', '--model', llama, '--device', 'cpu', '--data-dir', at('data'), '--json'];
    const { device, model } = JSON.parse((await rankloop(...args)).stdout);
    expect(device.freeBytes).toBeGreaterThan(0);
    expect(model.facts.architecture).toBe('LlamaForCausalLM');
    expect(model.needs[0]).toMatchObject({ precision: 'fp32', verdict: 'fits' });
    expect(model.needs[0].total).toBeGreaterThan(model.facts.weightBytes);
  });
});

describe('bad input', () => {
  const cutModel = at('cut');
  cpSync(llama, cutModel, { recursive: true });
  truncateSync(join(cutModel, 'model.safetensors'), 500_000);
  const badLine = write('bad-line.jsonl', [{ prompt: 'a' }, '{"prompt": ']);
  write('unknown.json', [{ learning_rat: 1, lora: { rank: 3 } }]);
  const pair = write('one-pair.jsonl', [{ prompt: 'a', chosen: ' b', rejected: ' c' }]);
  const cases: [string, string[], RegExp][] = [
    [
      'a missing model',
      ['sample', '--model', at('nowhere'), '--prompts', questions, '--out', at('x')],
      /nowhere is not a folder/,
    ],
    [
      'cut weights',
      ['sample', '--model', cutModel, '--prompts', questions, '--out', at('x')],
      /ends at byte \d+, but the file has 500000/,
    ],
    [
      'a bad line',
      ['sample', '--model', demo, '--prompts', badLine, '--out', at('x')],
      /bad-line.jsonl line 2: this is not JSON/,
    ],
    [
      'a missing file',
      ['score', '--model', demo, '--pairs', at('none.jsonl'), '--out', at('x')],
      /Can't read .*none.jsonl: it does not exist/,
    ],
    [
      'an unknown setting',
      ['train', '--model', llama, '--pairs', pair, '--config', at('unknown.json'), '--out', at('x')],
      /unknown "lora.rank".*unknown "learning_rat"|unknown "learning_rat".*unknown "lora.rank"/,
    ],
    [
      'an adapter of another shape than the config asks for',
      [
        'train',
        '--model',
        llama,
        '--adapter',
        join(fixtures, 'llama-init'),
        '--pairs',
        pair,
        '--config',
        write('rank.json', [{ lora: { lora_alpha: 8, r: 5 } }]),
        '--out',
        at('x'),
      ],
      /lora.r is 5, but .*llama-init has 4, which training keeps/,
    ],
    [
      'a reference for a loss that takes none',
      [
        'train',
        '--model',
        llama,
        '--reference',
        'base',
        '--pairs',
        pair,
        '--config',
        write('simpo.json', [{ loss_type: 'simpo' }]),
        '--out',
        at('x'),
      ],
      /simpo takes no reference: leave --reference out/,
    ],
    [
      'settings that make no sense together',
      [
        'train',
        '--model',
        llama,
        '--pairs',
        pair,
        '--config',
        write('aot.json', [{ loss_type: 'aot', use_weighting: true }]),
        '--out',
        at('x'),
      ],
      /aot.json: "use_weighting": weighs pairs, which aot does not keep apart/,
    ],
    [
      'a condition that there is not',
      ['train', '--model', llama, '--pairs', pair, '--condition', 'mood', '--out', at('x')],
      /It must be persona or tags/,
    ],
    [
      'a wrong flag',
      ['sample', '--model', demo, '--prompts', questions, '--out', at('x'), '--adaptor', 'y'],
      /unknown option '--adaptor'/,
    ],
    [
      'a number out of bounds',
      ['sample', '--model', demo, '--prompts', questions, '--n', '0', '--out', at('x')],
      /whole number from 1 to 1024/,
    ],
    [
      'a folder that cannot be written',
      ['sample', '--model', demo, '--prompts', questions, '--out', '/proc/none/x'],
      /Can't write \/proc\/none\/x/,
    ],
    [
      'a missing device',
      ['sample', '--model', demo, '--prompts', questions, '--device', 'cuda', '--out', at('x')],
      /needs ONNX Runtime's CUDA libraries/,
    ],
  ];
  for (const [what, args, message] of cases) {
    test(what, async () => {
      const { code, stdout, stderr } = await rankloop(...args);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(readdirSync(folder).filter((name) => name === 'x' || name.endsWith('.tmp'))).toEqual([]);
    });
  }
});
