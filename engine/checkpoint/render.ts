// Renders a chat template within bounds: templates are strangers' programs, and a loop or a doubled list must cost
// neither the process nor its time. The names that a template may use are those that transformers defines.
import { Environment, type Interpreter, type Template } from '@huggingface/jinja';
import { PythonInterpreter, strftime } from './python-jinja.ts';

/** Python's Jinja sandbox, in which transformers renders, has the same bound. */
const longestRange = 100_000;
/** What all values that a template makes may add up to, in characters; a list's item counts as 16. */
const mostCharacters = 64 * 1024 * 1024;
const charactersPerItem = 16;
/** Of the text that it writes: a million tokens have four million characters, and no model here reads as many. */
const longestPrompt = 2_000_000;

type Evaluate = Interpreter['evaluate'];
type RuntimeValue = ReturnType<Evaluate>;

/** Throws the library's own errors, and one where the template wants too much. Call it within a deadline. */
export function renderTemplate(template: Template, variables: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  const text = String(new BoundedInterpreter(environment).run(template.parsed).value);
  if (text.length > longestPrompt) throw new Error(`it writes more than ${longestPrompt} characters`);
  return text;
}

class BoundedInterpreter extends PythonInterpreter {
  #characters = 0;

  override evaluate(...[statement, environment]: Parameters<Evaluate>): RuntimeValue {
    const value = super.evaluate(statement, environment);
    if (statement && makesValue(statement)) this.#characters += charactersOf(value);
    if (this.#characters > mostCharacters) throw new Error('it makes more than 64 million characters');
    return value;
  }
}

const handsOver = new Set(['Identifier', 'StringLiteral', 'IntegerLiteral', 'FloatLiteral']);

/** False for what only names a value that there is: a message's content is read many times. */
function makesValue(statement: object): boolean {
  const { type, property } = statement as { type: string; property?: { type: string } };
  return type === 'MemberExpression' ? property?.type === 'SliceExpression' : !handsOver.has(type);
}

function charactersOf({ value }: RuntimeValue): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.length * charactersPerItem;
  return value instanceof Map ? value.size * charactersPerItem : 0;
}

const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range(start: number, stop?: number, step = 1): number[] {
    const [first, end] = stop === undefined ? [0, start] : [start, stop];
    const count = Math.max(0, Math.ceil((end - first) / step));
    if (!(count <= longestRange)) throw new Error(`range() takes numbers and makes at most ${longestRange} items`);
    return Array.from({ length: count }, (_, i) => first + i * step);
  },
  raise_exception(message: unknown): never {
    throw new Error(String(message));
  },
  strftime_now: (format: string) => strftime(new Date(), String(format)),
};
