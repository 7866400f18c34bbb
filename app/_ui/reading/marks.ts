// Whether Markdown would do anything to a text. Most short answers have no marks, and need no parser.

const marks = /[\\`*_#<>|[\]~$&@]|https?:|www\.|^[ \t]*(?:[-+=]|\d+[.)])|^(?: {4}| {0,3}\t)/im;

export function hasMarks(text: string): boolean {
  return marks.test(text);
}

/** What blank lines divide; within a paragraph, lines stay as they are. */
export function paragraphsOf(text: string): string[] {
  return text.split(/\n(?:[ \t]*\n)+/).filter((paragraph) => paragraph.trim() !== '');
}
