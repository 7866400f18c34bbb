import { expect, test } from 'vitest';
import { trainConfigSchema } from './config.ts';

test('takes the names of TRL and PEFT, with their usual defaults', () => {
  const config = trainConfigSchema.parse({ loss_type: 'sigmoid', lora: { r: 4 } });
  expect(config).toMatchObject({ loss_type: ['sigmoid'], beta: 0.1, max_grad_norm: 1, lora: { r: 4, lora_alpha: 32 } });
});

test('refuses an unknown name and what it cannot do, never ignoring it', () => {
  for (const [values, message] of [
    [{ learning_rat: 1 }, /learning_rat/],
    [{ lora: { lora_dropout: 1 } }, /lora_dropout/],
    [{ lora: { target_modules: ['norm'] } }, /target_modules/],
    [{ lora: null, load_in_4bit: true }, /four-bit weights cannot be trained/],
    [{ bf16: true, fp16: true }, /one of bf16 and fp16/],
    [{ lora: null, sync_ref_model: true }, /a reference that moves is an adapter/],
    [{ lora: null, loss_type: 'tdpo2' }, /tdpo2 runs its reference beside the policy/],
    [{ loss_type: ['sigmoid', 'no_such_loss'] }, /loss_type/],
    [{ label_smoothing: 0.5 }, /label_smoothing/],
  ] as const) {
    expect(trainConfigSchema.safeParse(values).error?.message).toMatch(message);
  }
});

test('refuses losses and settings that make no sense together, with the reason', () => {
  for (const [values, message] of [
    [{ loss_type: ['sigmoid', 'sigmoid'] }, /names a loss twice/],
    [{ loss_type: ['sigmoid', 'sft'], loss_weights: [1] }, /has 1 weights for 2 losses/],
    [{ loss_weights: [0] }, /are all 0/],
    [{ loss_type: ['kto', 'sft'] }, /kto takes single labelled completions/],
    [{ loss_type: 'kto', per_device_train_batch_size: 1 }, /must be 2 or more for kto/],
    [{ loss_type: 'exo_pair' }, /must be above 0 for exo_pair/],
    [{ loss_type: 'hinge', label_smoothing: 0.1 }, /does nothing with hinge.*acts on sigmoid/],
    [{ simpo_gamma: 1 }, /does nothing with sigmoid.*acts on simpo/],
    [{ loss_type: 'nca_pair', f_divergence_type: 'forward_kl' }, /must be reverse_kl for nca_pair/],
    [{ f_alpha_divergence_coef: 0.2 }, /unless f_divergence_type is alpha_divergence/],
    [{ loss_type: 'aot', use_weighting: true }, /which aot does not keep apart/],
    [{ loss_type: 'aot', criterion_weights: { helpful: 1 } }, /which aot does not keep apart/],
    [{ loss_type: 'simpo', ld_alpha: 0.5 }, /not for simpo/],
    [{ ref_model_sync_steps: 5 }, /does nothing without sync_ref_model/],
    [{ loss_type: 'orpo', sync_ref_model: true }, /orpo takes none/],
    [{ loss_type: 'orpo', margin_scale: 1 }, /does nothing with orpo/],
  ] as const) {
    expect(trainConfigSchema.safeParse(values).error?.message, JSON.stringify(values)).toMatch(message);
  }
});

test('takes what does make sense together', () => {
  for (const values of [
    { loss_type: ['sigmoid', 'bco_pair', 'sft'], loss_weights: [0.8, 0.2, 1] },
    { loss_type: ['sigmoid', 'sft'], f_divergence_type: 'js_divergence', ld_alpha: 0.5, use_weighting: true },
    { loss_type: 'kto', desirable_weight: 1.33 },
    { loss_type: 'exo_pair', label_smoothing: 1e-3 },
    { sync_ref_model: true, ref_model_mixup_alpha: 1, ref_model_sync_steps: 2 },
    { lora: null, gradient_checkpointing: true },
    { lora: { target_modules: ['embed_tokens', 'lm_head'] }, loss_type: 'tdpo2' },
    { lora: { lora_dropout: 0.05 }, load_in_4bit: true, gradient_checkpointing: true },
  ]) {
    expect(trainConfigSchema.safeParse(values).error?.message).toBeUndefined();
  }
});
