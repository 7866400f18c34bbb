// What a formula of a stranger may do: no links, images or classes of its own, no endless macros, no giant boxes.
import type { KatexOptions } from 'katex';

export const katexOptions: KatexOptions = {
  trust: false,
  strict: 'ignore',
  throwOnError: true,
  maxExpand: 200,
  maxSize: 12,
  output: 'htmlAndMathml',
};
