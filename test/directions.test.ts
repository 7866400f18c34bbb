// Pages work in both directions of writing: what stands at the start of a line is said as such, never as left or right.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Tailwind's `space-x` and `divide-x` are logical already. */
const physicalClass =
  /(?<![\w-])-?(?:(?:scroll-)?[mp][lr]-|(?:left|right)-(?=[\d[(]|full|auto|px)|border-[lr]\b|rounded-(?:[lr]|[tb][lr])\b|text-(?:left|right)\b|(?:float|clear)-(?:left|right)\b|translate-x-|origin-(?:top-|bottom-)?(?:left|right)\b|bg-(?:gradient|linear)-to-[lr]\b)/;
/** Styles and props that name a side. */
const physicalStyle =
  /\b(?:margin|padding|border)(?:Left|Right)\b|style=\{\{[^}]*\b(?:left|right)\b|textAlign: '(?:left|right)'/;

/** A class that is turned for right to left besides, on the same line, may name a side; symmetric ones name none. */
function findProblem(line: string): string | null {
  const match = physicalClass.exec(line) ?? physicalStyle.exec(line);
  return match && !line.includes('rtl:') ? match[0] : null;
}

const files = readdirSync(join(root, 'app'), { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.tsx'))
  .map((entry) => join(entry.parentPath, entry.name));

test('classes name no side', () => {
  expect(files.length).toBeGreaterThan(50);
  const problems = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const problem = findProblem(line);
        return problem ? [`${relative(root, file)}:${index + 1}: ${problem}`] : [];
      }),
  );
  expect(problems).toEqual([]);
});

/** Icons that point along the line, which must turn with it. */
const pointing =
  /<(?:Arrow|Chevron|Chevrons|Move|Corner\w*)(?:Left|Right)\b|<(?:LogOut|LogIn|Send|SkipForward|SkipBack)\b/;

test('icons that point along the line turn with it', () => {
  const problems = files.flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      if (!pointing.test(line)) return [];
      // A long element goes on over the next lines, up to its end.
      const element =
        lines
          .slice(index, index + 5)
          .join(' ')
          .split('>')[0] ?? '';
      return element.includes('rtl:') ? [] : [`${relative(root, file)}:${index + 1}: ${line.trim()}`];
    });
  });
  expect(problems).toEqual([]);
});

test('the rule sees what it is for', () => {
  const wrong = [
    'ml-2',
    '-mr-1',
    'sm:pl-4',
    'left-0',
    'hover:-translate-x-1',
    'border-l',
    'rounded-tl-card',
    'text-right',
  ];
  for (const name of wrong) expect(findProblem(`className="flex ${name} grow"`), name).not.toBeNull();
  for (const style of ['style={{ width: 1, left: percent(x) }}', "{ marginLeft: '1px' }"])
    expect(findProblem(style)).not.toBeNull();
  const right = [
    'ms-2',
    'pe-1',
    'start-0',
    'border-s',
    'rounded-ss-card',
    'text-end',
    'rtl:-translate-x-1 translate-x-1',
  ];
  for (const name of right) expect(findProblem(`className="flex ${name} grow"`), name).toBeNull();
});
