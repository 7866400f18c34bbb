// Chat templates that do not end, do not fit in memory, or are not what they should be.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cut, editJson, type HostileCase, scribble } from './model-folder.ts';

type Outcome = HostileCase['outcome'];

const template = (name: string, source: string | (() => string), outcome: Outcome = 'refused'): HostileCase => ({
  name: `template: ${name}`,
  outcome,
  spoil: (folder) => writeFile(join(folder, 'chat_template.jinja'), typeof source === 'string' ? source : source()),
});
const doubled = (start: string, how: string, times: number, rest = '') =>
  `{% set ns = namespace(v=${start}) %}{% for i in range(${times}) %}{% set ns.v = ns.v ${how} ns.v %}{% endfor %}${rest}`;

export const endlessTemplate =
  '{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}';

export const templateCases: HostileCase[] = [
  template('nested loops', endlessTemplate),
  template('a range of 200 million', '{{ range(200000000) | length }}'),
  template('a range of text', "{{ range('a', 'b') | length }}"),
  template('a range that does not advance', '{{ range(0, 10, 0) }}'),
  template('an infinite range', '{{ range(10 ** 308 * 10) }}'),
  template('a list doubled forty times', doubled('[1, 2, 3]', '+', 40)),
  template('text doubled forty times', doubled("'abc'", '~', 40)),
  template(
    'text doubled and kept',
    doubled(
      "'abc'",
      '~',
      24,
      '{% set ns.all = [] %}{% for i in range(100000) %}{% set ns.all = ns.all + [ns.v | upper] %}{% endfor %}',
    ),
  ),
  template('text replaced by itself', doubled("'aaaa'", '~', 12, "{{ ns.v | replace('a', ns.v) | length }}")),
  template('ten million characters', doubled("'0123456789'", '~', 20, '{{ ns.v }}')),
  template('an indentation of a billion', '{{ messages | tojson(indent=1000000000) }}'),
  template('a macro that calls itself', '{% macro f(g) %}{{ g(g) }}{{ g(g) }}{% endmacro %}{{ f(f) }}'),
  template('a value that holds itself', '{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}'),
  template('20,000 brackets', () => `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`),
  template('20,000 conditions', () => `${'{% if true %}'.repeat(20_000)}${'{% endif %}'.repeat(20_000)}`),
  template('500,000 spaces before a tag', () => `{{ 'a' }}${' '.repeat(500_000)}`, 'either'),
  template('two megabytes', () => 'a'.repeat(2_000_000)),
  template('an error of its own', "{{ raise_exception('no\\nsuch\\nrole') }}"),
  template('an error of a million characters', () => `{{ raise_exception('${'no '.repeat(300_000)}') }}`),
  template('an error that is a list', '{{ raise_exception([1, 2]) }}'),
  template('a call of what is no function', '{{ messages() }}'),
  template('an unknown filter', '{{ messages | shell }}'),
  template('an unknown tag', '{% import os %}'),
  template('a loop without an end', '{% for m in messages %}'),
  template('half a tag', '{% for m in %}'),
  template('a field of nothing', '{{ nothing.at.all.here }}', 'either'),
  template('a break outside a loop', '{% break %}'),
  template('nothing written', "{% set a = 'a' %}"),
  template('a character that the tokenizer may lack', () => '\u{10ffff}\ud800\0', 'either'),
  ...[0.2, 0.6, 0.8].map(
    (share): HostileCase => ({
      name: `template: cut at ${share}`,
      outcome: 'either',
      spoil: (folder) => cut(join(folder, 'chat_template.jinja'), share),
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, i): HostileCase => ({
      name: `template: scribbled on, ${i}`,
      outcome: 'either',
      spoil: (folder, random) => scribble(join(folder, 'chat_template.jinja'), random, 200),
    }),
  ),
  {
    name: 'template: a list of templates without a default',
    outcome: 'refused',
    spoil: async (folder) => {
      await rm(join(folder, 'chat_template.jinja'));
      await editJson(join(folder, 'tokenizer_config.json'), (config) => ({
        ...config,
        chat_template: [{ name: 'tool', template: 'a' }],
      }));
    },
  },
  {
    name: 'template: two megabytes in tokenizer_config.json',
    outcome: 'refused',
    spoil: async (folder) => {
      await rm(join(folder, 'chat_template.jinja'));
      await editJson(join(folder, 'tokenizer_config.json'), (config) => ({
        ...config,
        chat_template: 'a'.repeat(2_000_000),
      }));
    },
  },
];
