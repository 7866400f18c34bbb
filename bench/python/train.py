"""PyTorch as a contestant of `rankloop bench trainer`: DPO steps on LoRA adapters.

    python train.py <work as JSON> eager|trl|trl-precomputed

Answers on file descriptor 3 (see bench/training-work.ts): once when it is ready, then a line per step asked for by a line
on stdin. `eager` is transformers and PEFT with the loss written out and the reference known; the others are TRL's trainer.
Needs torch, transformers, peft, trl and datasets; run by `bench trainer --python PATH`.
"""

import json
import os
import sys
import time

from replies import peak_bytes, reply

work = json.loads(sys.argv[1])
name = sys.argv[2]


try:
    import peft
    import torch
    import transformers
    import trl
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
except ImportError as error:
    reply({"missing": f"this Python lacks a package ({error}): pip install torch transformers peft trl datasets"})
    sys.exit()

transformers.logging.set_verbosity_error()
os.environ["TQDM_DISABLE"] = "1"
lora = peft.LoraConfig(
    r=work["r"], lora_alpha=2 * work["r"], lora_dropout=0.0, target_modules=work["modules"], task_type="CAUSAL_LM"
)
pairs = [
    {"prompt_ids": pair["prompt"], "chosen_ids": pair["chosen"], "rejected_ids": pair["rejected"]}
    for pair in work["pairs"]
]
beta = 0.1


def open_model():
    return AutoModelForCausalLM.from_pretrained(work["folder"], dtype=torch.float32)


def eager():
    """Chosen and rejected in one batch; the head on every token, as transformers has it."""
    model = peft.get_peft_model(open_model(), lora)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    rows = [p["prompt_ids"] + p["chosen_ids"] for p in pairs] + [p["prompt_ids"] + p["rejected_ids"] for p in pairs]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    starts = torch.tensor([len(p["prompt_ids"]) for p in pairs] * 2)
    counted = (torch.arange(longest)[None] >= starts[:, None]) & (mask == 1)
    reference = torch.zeros(len(rows))

    def step():
        logits = model(ids, attention_mask=mask, use_cache=False).logits[:, :-1]
        logps = torch.log_softmax(logits, -1).gather(-1, ids[:, 1:, None])[..., 0]
        sums = (logps * counted[:, 1:]).sum(-1) - reference
        margin = sums[: len(pairs)] - sums[len(pairs) :]
        loss = -torch.nn.functional.logsigmoid(beta * margin).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def with_trl(is_precomputed):
    class Trainer(trl.DPOTrainer):
        """The tokens are given: nothing is to be prepared."""

        def _prepare_dataset(self, dataset, *args):
            return dataset

    config = trl.DPOConfig(
        output_dir=work["scratch"],
        per_device_train_batch_size=len(pairs),
        beta=beta,
        max_length=None,
        bf16=False,
        fp16=False,
        use_cpu=True,
        report_to=[],
        gradient_checkpointing=work["isCheckpointed"],
        precompute_ref_log_probs=is_precomputed,
        max_steps=1,
        disable_tqdm=True,
        save_strategy="no",
        dataloader_num_workers=0,
    )
    tokenizer = AutoTokenizer.from_pretrained(work["folder"], pad_token="a", eos_token="b")
    trainer = Trainer(
        model=open_model(),
        args=config,
        train_dataset=Dataset.from_list(pairs),
        processing_class=tokenizer,
        peft_config=lora,
    )
    trainer.train()  # prepares the model and makes the optimiser
    trainer.create_optimizer()
    batch = next(iter(trainer.get_train_dataloader()))
    model = trainer.model_wrapped
    model.train()

    def step():
        trainer.training_step(model, dict(batch))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()

    return step


reply({
    "version": f"torch {torch.__version__}, transformers {transformers.__version__}, trl {trl.__version__}",
    "baselineBytes": peak_bytes(),
})
step = eager() if name == "eager" else with_trl(name == "trl-precomputed")
reply({"isOpen": True, "openedBytes": peak_bytes()})
for line in sys.stdin:
    started = time.perf_counter()
    step()
    reply({"seconds": time.perf_counter() - started, "peakBytes": peak_bytes()})
