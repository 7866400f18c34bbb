// How the demo goes round its loop: what `loop --demo` and a round started in the demo project begin with.

export const demoRecipe = {
  promptsPerRound: 300,
  responses: 4,
  sampling: { temperature: 0.9, top_p: 1, top_k: 0, max_new_tokens: 64 },
  training: {
    beta: 1,
    learning_rate: 3e-4,
    lr_scheduler_type: 'linear',
    warmup_ratio: 0.1,
    num_train_epochs: 3,
    per_device_train_batch_size: 8,
    save_steps: 20,
    lora: { r: 8, lora_alpha: 16 },
  },
  heldOut: 200,
  evaluationResponses: 4,
} as const;
