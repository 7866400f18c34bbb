"""Python transformers' `generate` as a contestant of `rankloop bench sampler`.

    python generate.py <checkpoint folder>

Reads a line of JSON per piece of work from stdin, answers on file descriptor 3 (see bench/contestant.ts).
Needs torch and transformers; run by `bench sampler --python PATH`.
"""

import json
import sys
import time

from replies import peak_bytes, reply

try:
    import torch
    import transformers
    from transformers import AutoModelForCausalLM
except ImportError as error:
    reply({"missing": f"this Python lacks a package ({error}): pip install torch transformers"})
    sys.exit()

transformers.logging.set_verbosity_error()


def generate(model, work):
    rows = []
    for call, item in enumerate(work["calls"]):
        torch.manual_seed(work["seed"] + call)
        ids = torch.tensor([prompt["ids"] for prompt in item["prompts"]])
        draw = (
            {"do_sample": True, "temperature": work["temperature"], "top_k": 0, "top_p": 1.0}
            if work["temperature"] > 0
            else {"do_sample": False}
        )
        output = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=work["newTokens"],
            min_new_tokens=work["newTokens"],
            num_return_sequences=item["n"],
            pad_token_id=0,
            **draw,
        )
        rows += output[:, ids.shape[1] :].tolist()
    return rows


reply({
    "version": f"transformers {transformers.__version__}, torch {torch.__version__}",
    "baselineBytes": peak_bytes(),
})
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
reply({"isOpen": True})
for line in sys.stdin:
    work = json.loads(line)
    started = time.perf_counter()
    with torch.inference_mode():
        rows = generate(model, work)
    reply({"seconds": time.perf_counter() - started, "rows": rows, "peakBytes": peak_bytes()})
