// Finds added tokens in a text, as Python's `tokenizers` does: the leftmost, of those the longest; some take the white
// space beside them, some only stand as whole words.

export interface AddedToken {
  content: string;
  id: number;
  special?: boolean;
  normalized?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  single_word?: boolean;
  /** The token as it is written, where `content` is what normalising makes of it. */
  written?: string;
}

/** A stretch of a text: an added token by its name, or what lies between two. `start` is its place in the text. */
export interface Section {
  text: string;
  added: string | null;
  start: number;
}

interface Node {
  next: Map<string, Node>;
  token?: AddedToken;
}

/** A function that cuts texts at these tokens. Empty stretches are left out. */
export function createSplitter(tokens: readonly AddedToken[]): (text: string) => Section[] {
  const root: Node = { next: new Map() };
  for (const token of tokens) {
    let node = root;
    for (const unit of token.content.split('')) {
      const next: Node = node.next.get(unit) ?? { next: new Map() };
      node.next.set(unit, next);
      node = next;
    }
    if (node !== root) node.token = token;
  }

  function longestAt(text: string, start: number): AddedToken | undefined {
    let found: AddedToken | undefined;
    let node: Node | undefined = root;
    for (let i = start; i < text.length; i++) {
      node = node.next.get(text[i] as string);
      if (!node) break;
      found = node.token ?? found;
    }
    return found;
  }

  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (let at = 0; at < text.length; ) {
      const token = longestAt(text, at);
      if (!token) {
        at++;
        continue;
      }
      const after = at + token.content.length;
      if (token.single_word && !isWholeWord(text, at, after)) {
        at = after;
        continue;
      }
      const start = token.lstrip ? Math.max(done, at - spacesBefore(text, at)) : at;
      const end = token.rstrip ? after + spacesAfter(text, after) : after;
      if (start > done) sections.push({ text: text.slice(done, start), added: null, start: done });
      sections.push({ text: text.slice(start, end), added: token.written ?? token.content, start });
      done = end;
      at = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), added: null, start: done });
    return sections;
  };
}

const wordAtEnd = /[\p{L}\p{M}\p{N}\p{Pc}]$/u;
const wordAtStart = /^[\p{L}\p{M}\p{N}\p{Pc}]/u;
const isWholeWord = (text: string, start: number, end: number) =>
  !wordAtEnd.test(text.slice(Math.max(0, start - 2), start)) && !wordAtStart.test(text.slice(end, end + 2));

const isSpace = (unit: string | undefined) => unit !== undefined && /^\p{White_Space}$/u.test(unit);

function spacesBefore(text: string, at: number): number {
  let count = 0;
  while (isSpace(text[at - 1 - count])) count++;
  return count;
}

function spacesAfter(text: string, at: number): number {
  let count = 0;
  while (isSpace(text[at + count])) count++;
  return count;
}
