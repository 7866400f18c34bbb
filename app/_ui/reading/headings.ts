import type { Block } from './tree.ts';

/**
 * Headings without gaps, beginning at 1: whoever goes from heading to heading meets no level that is not there. A model
 * begins where it likes ("### Answer") and jumps as it likes.
 */
export function closeHeadingGaps(blocks: Block[]): Block[] {
  const used = [...new Set(levelsOf(blocks))].sort((one, other) => one - other);
  let last = 0;
  const visit = (block: Block): Block => {
    if (block.type === 'heading') {
      last = Math.min(used.indexOf(block.level) + 1, last + 1);
      return { ...block, level: last };
    }
    if (block.type === 'quote') return { ...block, children: block.children.map(visit) };
    if (block.type !== 'list') return block;
    return { ...block, items: block.items.map((item) => ({ ...item, children: item.children.map(visit) })) };
  };
  return used.length === 0 ? blocks : blocks.map(visit);
}

function levelsOf(blocks: Block[]): number[] {
  return blocks.flatMap((block) => {
    if (block.type === 'heading') return [block.level];
    if (block.type === 'quote') return levelsOf(block.children);
    return block.type === 'list' ? block.items.flatMap((item) => levelsOf(item.children)) : [];
  });
}
