/** Formats that messages name: `{share, number, percent}`. Precompiled messages know none of their own. */
export const formats = { number: { percent: { style: 'percent' } } } as const;
