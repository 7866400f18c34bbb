// The label page's keys: what each does, its default, and what a person has put elsewhere. Digits are the responses
// (ranking.ts) and stay where they are. Letters go by what they write, or by their place on the keyboard where the
// layout writes no Latin letters, so that Z is found on a Turkish, a Korean and an Arabic keyboard too.

/** Every action with its default key, as `keyOf` names keys. */
export const defaultKeys = {
  submit: 'Enter',
  takeBack: 'Backspace',
  tie: '=',
  allBad: 'b',
  allGood: 'g',
  negligible: 'u',
  slight: 'i',
  clear: 'o',
  strong: 'p',
  undo: 'z',
  skip: 's',
  flag: 'f',
  rationale: 'r',
  edit: 'e',
  rate: 'c',
  arrange: 'a',
  diff: 'd',
  layout: 'l',
  together: 'y',
  previous: 'ArrowLeft',
  next: 'ArrowRight',
  guidelines: 'h',
  mine: 'm',
  keys: 'k',
  help: '?',
} as const;

export type LabelAction = keyof typeof defaultKeys;
export const labelActions = Object.keys(defaultKeys) as LabelAction[];

/** The keys as they are now: every action has one of its own. */
export type KeyMap = Readonly<Record<LabelAction, string>>;

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey?: boolean;
  metaKey?: boolean;
  altKey?: boolean;
}

const isPrintable = (key: string): boolean => [...key].length === 1;

/** A key's name, the same with and without Shift for letters; null for what belongs to the browser or the system. */
export function keyOf({ key, code, ctrlKey, metaKey, altKey }: KeyPress): string | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (/^(?:Dead|Process|Unidentified|Compose)$/.test(key) || (isPrintable(key) && key > '\u007f')) return placeOf(code);
  return isPrintable(key) ? key.toLowerCase() : key;
}

/** What the key at this place writes on an English keyboard. */
function placeOf(code: string): string | null {
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? punctuation[code] ?? null;
}

const punctuation: Record<string, string | undefined> = {
  Equal: '=',
  Minus: '-',
  BracketLeft: '[',
  BracketRight: ']',
  Semicolon: ';',
  Comma: ',',
  Period: '.',
  Slash: '/',
};

/** What a key does, or null. The digits' row is the responses'. */
export function actionOf(press: KeyPress, keys: KeyMap): LabelAction | null {
  const key = keyOf(press);
  return key === null ? null : (labelActions.find((action) => keys[action] === key) ?? null);
}

/** Why an action can't have a key: it belongs to another action, to the responses, or to the browser. */
export type KeyConflict = { type: 'taken'; by: LabelAction } | { type: 'digit' | 'reserved' | 'combination' };

const reserved = new Set([
  'Tab',
  'Escape',
  ' ',
  'Shift',
  'Control',
  'Alt',
  'AltGraph',
  'Meta',
  'CapsLock',
  'ContextMenu',
]);

export function findKeyConflict(keys: KeyMap, action: LabelAction, press: KeyPress): KeyConflict | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return { type: 'combination' };
  if (/^(?:Digit|Numpad)\d$/.test(press.code) || /^\d$/.test(press.key)) return { type: 'digit' };
  const key = keyOf(press);
  if (key === null || reserved.has(key) || /^F\d+$/.test(key)) return { type: 'reserved' };
  const by = labelActions.find((other) => other !== action && keys[other] === key);
  return by ? { type: 'taken', by } : null;
}

/** The map with one key changed; unchanged where the key is refused. */
export function remap(keys: KeyMap, action: LabelAction, press: KeyPress): KeyMap {
  const key = keyOf(press);
  return key === null || findKeyConflict(keys, action, press) ? keys : { ...keys, [action]: key };
}

/** What a person has changed, as it is kept; the defaults are not, so that new ones reach everybody. */
export function changedKeys(keys: KeyMap): Partial<Record<LabelAction, string>> {
  return Object.fromEntries(
    labelActions.flatMap((action) => (keys[action] === defaultKeys[action] ? [] : [[action, keys[action]]])),
  );
}

/** The map from what was kept. Two actions on one key (a default added since) give the key to neither change. */
export function readKeyMap(stored: unknown): KeyMap {
  if (typeof stored !== 'object' || stored === null) return defaultKeys;
  const changed = Object.entries(stored).filter(
    (entry): entry is [LabelAction, string] =>
      Object.hasOwn(defaultKeys, entry[0]) && typeof entry[1] === 'string' && isAllowed(entry[1]),
  );
  const keys = { ...defaultKeys, ...Object.fromEntries(changed) };
  return new Set(Object.values(keys)).size === labelActions.length ? keys : defaultKeys;
}

function isAllowed(key: string): boolean {
  return key !== '' && !/^\d$/.test(key) && !reserved.has(key) && keyOf({ key, code: '' }) === key;
}

const glyphs: Record<string, string | undefined> = {
  Backspace: '⌫',
  Delete: '⌦',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

/** What a key cap says. */
export function keyLabel(key: string): string {
  return glyphs[key] ?? (isPrintable(key) ? key.toUpperCase() : key);
}
