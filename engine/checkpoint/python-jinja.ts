// What chat templates expect of Python and Hugging Face's JavaScript interpreter does otherwise: `strip` and its kin take
// the characters to strip, white space is Python's, and dates are written in English.
import { Interpreter } from '@huggingface/jinja';

type Evaluate = Interpreter['evaluate'];
type Statement = Parameters<Evaluate>[0];
type RuntimeValue = ReturnType<Evaluate>;

/** The nodes of a template that matter here, as the library's parser makes them. */
interface Node {
  type: string;
  callee?: Node;
  args?: Statement[];
  object?: Statement;
  property?: Node;
  operand?: Statement;
  filter?: Node;
  value?: unknown;
}

/** Which ends of a text lose their characters. */
const ends: Record<string, { left: boolean; right: boolean }> = {
  strip: { left: true, right: true },
  trim: { left: true, right: true },
  lstrip: { left: true, right: false },
  rstrip: { left: false, right: true },
};

export class PythonInterpreter extends Interpreter {
  override evaluate(...[statement, environment]: Parameters<Evaluate>): RuntimeValue {
    const call = stripping(statement as Node | undefined);
    if (!call) return super.evaluate(statement, environment);
    const value = this.evaluate(call.text, environment);
    if (typeof value.value !== 'string') return super.evaluate(statement, environment);
    const characters = call.characters ? this.evaluate(call.characters, environment).value : null;
    const stripped = strip(value.value, typeof characters === 'string' ? characters : whiteSpace, call);
    return new (value.constructor as new (text: string) => RuntimeValue)(stripped);
  }
}

/** `text.strip(characters)` and `text | trim`, taken apart. */
function stripping(node: Node | undefined) {
  const isFilter = node?.type === 'FilterExpression';
  if (!isFilter && node?.type !== 'CallExpression') return null;
  const filter = node.filter?.type === 'CallExpression' ? node.filter.callee : node.filter;
  const name = isFilter ? filter : node.callee?.type === 'MemberExpression' ? node.callee.property : undefined;
  const text = isFilter ? node.operand : node.callee?.object;
  if (name?.type !== 'Identifier' || !Object.hasOwn(ends, String(name.value)) || !text) return null;
  if (isFilter !== (name.value === 'trim')) return null;
  const [characters] = (isFilter ? node.filter?.args : node.args) ?? [];
  return { text, characters, ...(ends[String(name.value)] as { left: boolean; right: boolean }) };
}

/** What Python's str.isspace() is true of. */
const whiteSpace = String.fromCodePoint(
  ...[9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680],
  ...Array.from({ length: 11 }, (_, i) => 0x2000 + i),
  ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
);

function strip(text: string, characters: string, { left, right }: { left: boolean; right: boolean }): string {
  const set = new Set(characters);
  const units = [...text];
  let start = 0;
  let end = units.length;
  while (left && start < end && set.has(units[start] as string)) start++;
  while (right && end > start && set.has(units[end - 1] as string)) end--;
  return units.slice(start, end).join('');
}

const pad = (value: number, length = 2) => String(value).padStart(length, '0');
const inEnglish = (options: Intl.DateTimeFormatOptions) => (date: Date) => date.toLocaleDateString('en-US', options);
const directives: Record<string, (date: Date) => string> = {
  '%': () => '%',
  Y: (date) => String(date.getFullYear()),
  y: (date) => pad(date.getFullYear() % 100),
  m: (date) => pad(date.getMonth() + 1),
  d: (date) => pad(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  b: inEnglish({ month: 'short' }),
  B: inEnglish({ month: 'long' }),
  a: inEnglish({ weekday: 'short' }),
  A: inEnglish({ weekday: 'long' }),
  H: (date) => pad(date.getHours()),
  I: (date) => pad(date.getHours() % 12 || 12),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  M: (date) => pad(date.getMinutes()),
  S: (date) => pad(date.getSeconds()),
};

/** Python's strftime for the directives that templates use; `%-d` leaves the padding away. Throws on any other. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)(.?)/gs, (_, bare: string, letter: string) => {
    const directive = Object.hasOwn(directives, letter) ? directives[letter] : undefined;
    if (!directive) throw new Error(`strftime_now does not know %${bare}${letter}`);
    return bare ? directive(date).replace(/^[0 ]+(?=.)/, '') : directive(date);
  });
}
