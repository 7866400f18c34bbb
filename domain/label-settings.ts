// How a project wants its responses ranked: what is asked of a person beside the order, and how the page shows it.
// The schema that reads what is stored is label-settings-schema.ts: the label page loads this file, and no schema.

export const labelModes = ['rank', 'ab', 'thumbs'] as const;
/** `rank`: 2 to 8 responses in order; `ab`: two responses, one key; `thumbs`: each response up or down (KTO). */
export type LabelMode = (typeof labelModes)[number];

/** How much better the best is than the worst: the four levels of Llama 2 (Touvron et al. 2023, 3.2.1). */
export const strengths = [1, 2, 3, 4] as const;
export type Strength = (typeof strengths)[number];
export const strengthNames = { 1: 'negligible', 2: 'slight', 3: 'clear', 4: 'strong' } as const satisfies Record<
  Strength,
  string
>;

export const layouts = ['auto', 'side-by-side', 'stacked', 'focus'] as const;
export type Layout = (typeof layouts)[number];

export const ratingScale = { min: 1, max: 5 } as const;

export const demands = ['off', 'optional', 'required'] as const;
export type Demand = (typeof demands)[number];

export interface Criterion {
  key: string;
  name: string;
  description: string;
}

export interface LabelSettings {
  mode: LabelMode;
  strength: Demand;
  criteria: Criterion[];
  rationale: {
    use: Demand;
    /** Where it is required: only from this strength on; null asks for it always. */
    fromStrength: Strength | null;
  };
  /** Whether a response may be rewritten into a better one: edited > chosen > rejected. */
  edits: boolean;
  layout: Layout;
  /** Words a minute beyond which nobody reads; a faster ranking gets a warning in words. Null never warns. */
  readingSpeed: number | null;
  /** The share of tasks that are silent gold. */
  goldRate: number;
  onboarding: {
    isRequired: boolean;
    /** The share of gold's ordered pairs that a newcomer must order alike. */
    passAccuracy: number;
  };
  /** Tasks on which people agree less than this go to the review queue. */
  reviewBelow: number;
  /** Whether annotators see how they agree with others and with gold. */
  showsOwnReport: boolean;
}
