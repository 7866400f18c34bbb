/** What the page draws: TRL's name, and the value that means "nothing learnt yet": for the loss, that of DPO. */
export const chartedMetrics = [
  { key: 'loss', name: 'loss', baseline: Math.LN2, domain: [0, 'auto'] },
  { key: 'accuracy', name: 'rewards/accuracies', baseline: 0.5, domain: [0, 1] },
  { key: 'margin', name: 'rewards/margins', baseline: 0, domain: ['auto', 'auto'] },
] as const satisfies {
  key: string;
  name: string;
  baseline: number;
  domain: [number | 'auto', number | 'auto'];
}[];

/** Whether a run starts at ln 2: by itself, DPO does. */
export const startsAtLn2 = (lossTypes: readonly string[]) =>
  lossTypes.length === 1 && lossTypes.every((name) => name === 'sigmoid' || name === 'sigmoid_norm');
