// The browser's side of the API's data format, which is superjson's: `json` is the value, `meta` says which of its parts
// are dates and the like. It takes a page of code; superjson itself would be dearer than all of the label page's rules.
// A test holds it to superjson.

type Tree = Leaf | { [path: string]: Tree };
type Leaf = [type: unknown, children?: { [path: string]: Tree }];

interface Packed {
  json: unknown;
  meta?: { values?: Tree; v?: number };
}

const revive: Record<string, (value: unknown) => unknown> = {
  Date: (value) => new Date(String(value)),
  bigint: (value) => BigInt(String(value)),
  number: (value) => Number(value),
  undefined: () => undefined,
};

/** `packed` was parsed for this alone, and is changed in place. */
function deserialize(packed: Packed): unknown {
  const root = { json: packed.json };
  if (packed.meta?.values) walk(packed.meta.values, ['json'], root);
  return root.json;
}

/** Children first: a parent may be replaced. */
function walk(tree: Tree, path: string[], root: object): void {
  const [type, children] = Array.isArray(tree) ? tree : [undefined, tree];
  for (const [key, child] of Object.entries(children ?? {})) walk(child, [...path, ...keysOf(key)], root);
  if (type === undefined) return;
  const make = typeof type === 'string' && Object.hasOwn(revive, type) ? revive[type] : undefined;
  if (!make) throw new Error(`The API sent a value of the type ${JSON.stringify(type)}, which the pages do not read.`);
  if (path.some((key) => key === '__proto__' || key === 'constructor' || key === 'prototype')) return;
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => Reflect.get(value as object, key), root);
  const last = path.at(-1) ?? '';
  Reflect.set(parent as object, last, make(Reflect.get(parent as object, last)));
}

/** `a.b\.c` is ["a", "b.c"]. */
function keysOf(path: string): string[] {
  const keys = [''];
  for (const [part] of path.matchAll(/\\.|[^\\]/gs)) {
    if (part === '.') keys.push('');
    else keys[keys.length - 1] += part.length > 1 ? part.slice(1) : part;
  }
  return keys;
}

/** Of what pages send, dates are all that JSON does not know. */
function serialize(value: unknown): Packed {
  const dates = datesIn(value);
  return dates.length === 0 ? { json: value } : { json: value, meta: { values: treeOf(dates), v: 1 } };
}

function datesIn(value: unknown, path: string[] = []): string[][] {
  if (value instanceof Date) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => datesIn(part, [...path, key]));
}

function treeOf(dates: string[][]): Tree {
  if (dates[0]?.length === 0) return ['Date'];
  return Object.fromEntries(dates.map((path) => [path.map(escaped).join('.'), ['Date']]));
}

function escaped(key: string): string {
  return key.replaceAll('\\', '\\\\').replaceAll('.', '\\.');
}

export const transformer = { input: { serialize, deserialize }, output: { serialize, deserialize } };
