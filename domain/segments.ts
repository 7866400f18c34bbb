// A text in words and what stands between them, by Unicode's rules, in any script. A stretch at a time: the runtime's
// segmenter takes the square of a text's length.
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
const stretches = /[\s\S]{1,500}\S{0,500}\s?/gu;

/** Put together again, the segments are the text. */
export function segmentsOf(text: string): Intl.SegmentData[] {
  return (text.match(stretches) ?? []).flatMap((stretch) => [...segmenter.segment(stretch)]);
}
