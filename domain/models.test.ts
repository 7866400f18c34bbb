import { describe, expect, test } from 'vitest';
import { hubIdSchema, hubRevisionSchema, judgeMemory, modelFolderSchema, neededFiles } from './models.ts';

const file = (path: string, size = 1) => ({ path, size, oid: 'a'.repeat(40), sha256: null });
const described = [file('config.json', 3), file('tokenizer.json', 2)];
const paths = (files: ReturnType<typeof file>[]) => neededFiles('org/model', files).map(({ path }) => path);

describe('the files that a model needs', () => {
  test('are what describes it and its safetensors, smallest first, and nothing else', () => {
    const extras = ['README.md', 'pytorch_model.bin', 'onnx/model.onnx', 'tokenizer.model', 'chat_template.jinja'];
    expect(paths([file('model.safetensors', 9), ...described, ...extras.map((path) => file(path))])).toEqual([
      'chat_template.jinja',
      'tokenizer.json',
      'config.json',
      'model.safetensors',
    ]);
  });

  test('are the shards with their index, but not a second copy in another layout', () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'consolidated.safetensors'];
    expect(paths([...described, file('model.safetensors.index.json'), ...shards.map((path) => file(path, 5))])).toEqual(
      [
        'model.safetensors.index.json',
        'tokenizer.json',
        'config.json',
        'model-00001-of-00002.safetensors',
        'model-00002-of-00002.safetensors',
      ],
    );
  });

  test.each([
    ['no config', [file('tokenizer.json'), file('model.safetensors')], 'has no config.json'],
    ['no tokenizer.json', [file('config.json'), file('model.safetensors')], 'has no tokenizer.json'],
    ['other weights', [...described, file('model.gguf')], 'no safetensors weights'],
    ['a huge tokenizer', [file('config.json'), file('tokenizer.json', 1e9), file('model.safetensors')], 'too large'],
  ])('are refused where there is %s', (_, files, words) => {
    expect(() => neededFiles('org/model', files)).toThrow(words);
  });
});

test('names that could lead elsewhere are none', () => {
  for (const name of ['..', 'a/..', '/a', 'a//b', 'a/.b', 'a\\b', 'a\0']) {
    expect(modelFolderSchema.safeParse(name).success, name).toBe(false);
    expect(hubIdSchema.safeParse(name).success, name).toBe(false);
  }
  expect(modelFolderSchema.safeParse('models--org--name/snapshots/abc').success).toBe(true);
  expect(hubIdSchema.safeParse('Qwen/Qwen2.5-0.5B-Instruct').success).toBe(true);
  expect(hubRevisionSchema.safeParse('refs/pr/1').success).toBe(true);
  expect(hubRevisionSchema.safeParse('a/../b').success).toBe(false);
});

test('memory is judged against what is free and what there is', () => {
  const device = { freeBytes: 100, totalBytes: 200 };
  expect([50, 150, 250].map((bytes) => judgeMemory(bytes, device))).toEqual(['fits', 'tight', 'too-large']);
});
