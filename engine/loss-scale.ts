// The dynamic loss scale of fp16 training (Micikevicius et al. 2018), with PyTorch's numbers: halved when gradients
// overflow, doubled after 2,000 steps in a row without.

export interface LossScale {
  /** What the loss is multiplied by before it is differentiated. */
  scale: number;
  /** Steps in a row without an overflow. */
  goodSteps: number;
}

const growthInterval = 2000;

export const initialLossScale: LossScale = { scale: 2 ** 16, goodSteps: 0 };

/** The scale for the step after one whose gradients were finite, or not. */
export function nextLossScale({ scale, goodSteps }: LossScale, wereFinite: boolean): LossScale {
  if (!wereFinite) return { scale: scale / 2, goodSteps: 0 };
  return goodSteps + 1 === growthInterval ? { scale: scale * 2, goodSteps: 0 } : { scale, goodSteps: goodSteps + 1 };
}

/** Whether halving further could still cure an overflow: fp16 gradients that overflow unscaled are a diverged run's. */
export const canShrink = ({ scale }: LossScale): boolean => scale > 1;
