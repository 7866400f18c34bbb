import { expect, test } from 'vitest';
import { isTooFastForSize, readingTimeMs, readingWords } from './reading-time.ts';

test.each([
  ['', 0],
  ['The quick brown fox.', 4],
  ['It’s **bold**, and `x = 1`!', 5], // It's, bold, and, x, 1
  ['Türkçe öğrenmek kolaydır.', 3],
  ['모델이 답을 골랐다.', 3],
  ['แมวกินปลา', 3], // cat eats fish, by dictionary
  ['أجاب النموذج عن السؤال', 4],
  ['我们喜欢读书。', 3], // six characters
  ['GPT は 良い モデル です', 1 + 4], // one word, eight characters
])('%s is %d words of reading', (text, words) => {
  expect(readingWords(text)).toBe(words);
});

test('the time follows from the words and the speed', () => {
  expect(readingTimeMs(['one two three', 'four five six'], 240)).toBe(1500);
  expect(readingTimeMs([], 240)).toBe(0);
});

test('the size of a text never contradicts its words', () => {
  const texts = [
    'The model answered the question in three short sentences.',
    'Модель коротко ответила на вопрос тремя предложениями.',
    '모델은 세 문장으로 질문에 짧게 대답했습니다.',
    'أجاب النموذج عن السؤال بثلاث جمل قصيرة.',
    'Model soruyu üç kısa cümleyle yanıtladı.',
    '模型用三个简短的句子回答了这个问题。',
    'モデルは質問に三つの短い文で答えました。',
    'Το μοντέλο απάντησε στην ερώτηση με τρεις σύντομες προτάσεις.',
  ];
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text).length;
    const needed = readingTimeMs([text], 240);
    expect(isTooFastForSize(needed, bytes, 240)).not.toBe(true);
    expect(isTooFastForSize(needed - 1, bytes, 240)).not.toBe(false);
    expect(isTooFastForSize(needed / 10, bytes, 240)).toBe(true);
    expect(isTooFastForSize(needed * 10, bytes, 240)).toBe(false);
  }
});

test('no time at all is too fast for anything, and nothing takes none', () => {
  expect(isTooFastForSize(0, 1000, 240)).toBe(true);
  expect(isTooFastForSize(0, 0, 240)).toBe(false);
});
