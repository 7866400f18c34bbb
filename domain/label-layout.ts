// How responses stand on the label page: a person's choice, else the project's; "auto" looks at what there is to read.
import { type Layout, layouts } from './label-settings.ts';

export type ShownLayout = Exclude<Layout, 'auto'>;

/** About a screen of a half-wide column: longer texts are easier to read one below the other, unless they are two. */
const longText = 1_800;

export function shownLayout(layout: Layout, responses: readonly { text: string }[]): ShownLayout {
  if (layout !== 'auto') return layout;
  return responses.length <= 2 || !hasLongText(responses) ? 'side-by-side' : 'stacked';
}

export function hasLongText(responses: readonly { text: string }[]): boolean {
  return responses.some(({ text }) => text.length > longText);
}

/** The layouts in turn. */
export function nextLayout(layout: Layout): Layout {
  return layouts[(layouts.indexOf(layout) + 1) % layouts.length] ?? 'auto';
}
