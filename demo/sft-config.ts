// How the demo model is trained from random weights (sft's names).
import type { SftConfig } from '../engine/config.ts';

export const demoSftConfig = {
  learning_rate: 4e-3,
  lr_scheduler_type: 'cosine',
  warmup_ratio: 0.03,
  per_device_train_batch_size: 32,
  num_train_epochs: 1,
  max_grad_norm: 1,
  max_length: 128,
  prompt_loss_weight: 0.2,
  logging_steps: 20,
  seed: 1,
} as const satisfies Partial<SftConfig>;
