// Code in colours (lowlight, with its 37 common languages). Loaded when a text has code that names its language.
import { common, createLowlight } from 'lowlight';

const longestHighlighted = 50_000;
const mostKept = 200;

export interface CodePart {
  text: string;
  className: string;
}

type LowlightNode = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children'][number];

const lowlight = createLowlight(common);
const kept = new Map<string, CodePart[]>();

/** The code in parts, each with its colour; in one part where the language is not known. */
export function highlight(language: string, text: string): CodePart[] {
  if (!lowlight.registered(language) || text.length > longestHighlighted) return [{ text, className: '' }];
  const key = `${language}\n${text}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= mostKept) kept.clear();
  const parts = lowlight.highlight(language, text).children.flatMap((node) => partsOf(node, ''));
  kept.set(key, parts);
  return parts;
}

/** The innermost class says most: `title.function` stands inside its `function`. */
function partsOf(node: LowlightNode, outer: string): CodePart[] {
  if (node.type === 'text') return [{ text: node.value, className: outer }];
  if (node.type !== 'element') return [];
  const names = node.properties.className;
  const own = Array.isArray(names) ? names.join(' ') : outer;
  return node.children.flatMap((child) => partsOf(child, own));
}
