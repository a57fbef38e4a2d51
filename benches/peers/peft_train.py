"""PyTorch + PEFT training an adapter, to hold `pmtune train` against: speed, memory, and the loss of every step.

pip install torch==2.15.0 transformers==5.23.0 peft==0.21.2 gguf==0.19.0

From the repository root; BASE.gguf is the file that `pmtune pull` fetched:
python3 benches/peers/peft_train.py --make batches.json --base BASE.gguf [--steps 24] [--seed 1]
python3 benches/peers/peft_train.py --make-adapter first --base BASE.gguf [--seed 1]
python3 benches/peers/peft_train.py --batches batches.json --adapter first --base BASE.gguf
    [--dtype f32|bf16|all-bf16] [--compile] [--threads 2] [--steps N] [--save DIR]
python3 benches/peers/peft_train.py --batches batches.json --adapter DIR --base BASE.gguf --logits out.json

The batches are ragged (120 to 380 tokens, the last two thirds of each supervised, text of training-data/); here they are
padded on the right to their longest, as PEFT's users do, and only real tokens are counted. Rank 16 on all linear
layers, no dropout, AdamW at a constant 2e-4, gradients clipped at 1. The model computes the logits of every position,
which is what transformers does when given labels. In bf16 the base is held in bf16 and products run under autocast,
while the adapter and the optimizer stay f32, which is PEFT's own default; in all-bf16 those are bf16 too, which is
faster still and rounds most of an update of 2e-4 away.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import sys
import time
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

WARM_UP = 3
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "all-bf16": torch.bfloat16}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--make-adapter", type=Path)
    parser.add_argument("--batches", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--logits", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=DTYPES, default="f32")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


def text_tokens(base, seed):
    """All examples of training-data/ as one run of tokens, in an order fixed by the seed."""
    tokenizer = AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)
    lines = [line for path in sorted(Path("training-data").rglob("*.jsonl")) for line in path.read_text().splitlines()]
    examples = [json.loads(line) for line in lines if line.strip()]
    random.Random(seed).shuffle(examples)
    parts = (example.get(key) or "" for example in examples for key in ("instruction", "input", "output"))
    return tokenizer("\n".join(part for part in parts if part), add_special_tokens=False)["input_ids"]


def make_batches(base, steps, seed):
    tokens, draw, at, batches = text_tokens(base, seed), random.Random(seed), 0, []
    for _ in range(steps):
        batch = []
        for length in (draw.randint(120, 380) for _ in range(4)):
            at = at if at + length <= len(tokens) else 0
            supervised = [int(i >= length - length * 2 // 3) for i in range(length)]
            batch.append({"tokens": tokens[at : at + length], "supervised": supervised})
            at += length
        batches.append(batch)
    return {"batches": batches}


def load_base(path, dtype):
    return AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=dtype, attn_implementation="sdpa"
    )


def load_adapter(model, folder):
    """Puts an adapter on the model; every tensor of either side must have its fellow."""
    config = LoraConfig.from_pretrained(folder)
    config.inference_mode = False
    model = get_peft_model(model, config)
    tensors, wanted = load_file(folder / "adapter_model.safetensors"), get_peft_model_state_dict(model)
    assert set(tensors) == set(wanted), sorted(set(tensors) ^ set(wanted))[:8]
    set_peft_model_state_dict(model, tensors)
    return model


def new_adapter(model, seed):
    """A uniform, B zero, as PEFT begins."""
    torch.manual_seed(seed)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM"))


def padded(batch):
    """Token ids, attention mask and labels, each (B, T)."""
    longest = max(len(s["tokens"]) for s in batch)
    rows = {"input_ids": [], "attention_mask": [], "labels": []}
    for sequence in batch:
        tokens, gap = sequence["tokens"], longest - len(sequence["tokens"])
        labels = [t if taught else -100 for t, taught in zip(tokens, sequence["supervised"])]
        rows["input_ids"].append(tokens + [0] * gap)
        rows["attention_mask"].append([1] * len(tokens) + [0] * gap)
        rows["labels"].append(labels + [-100] * gap)
    return {name: torch.tensor(row) for name, row in rows.items()}


def train(model, batches, options):
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    step_model = torch.compile(model, dynamic=True) if options.compile else model
    model.train()
    losses, seconds = [], []
    for batch in batches:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.dtype == "bf16"):
            # The mean over the supervised tokens of the batch.
            loss = step_model(**padded(batch), use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
        print(f"step {len(losses)}: loss {losses[-1]:.5f}, {seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    return losses, seconds


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(model, batches, options, peak_of_loading):
    losses, seconds = train(model, batches, options)
    real = [sum(len(s["tokens"]) for s in batch) for batch in batches]
    taught = [sum(sum(s["supervised"][1:]) for s in batch) for batch in batches]
    steady = slice(min(WARM_UP, len(batches) - 1), None)
    rate = lambda counts: statistics.median(n / s for n, s in zip(counts[steady], seconds[steady]))
    return {
        "dtype": options.dtype,
        "compile": options.compile,
        "threads": torch.get_num_threads(),
        "steps": len(batches),
        "warm_up_steps": steady.start,
        "tokens_per_second": rate(real),
        "supervised_tokens_per_second": rate(taught),
        "seconds": seconds,
        "losses": losses,
        "peak_bytes_loading": peak_of_loading,
        "peak_bytes": peak_bytes(),
        "amx": torch.cpu._is_amx_tile_supported(),
        "processor": platform.machine(),
        "versions": {
            "python": platform.python_version(),
            **{library.__name__: library.__version__ for library in (torch, transformers, peft)},
        },
    }


def last_logits(model, batch):
    """At the last token of each sequence, each alone."""
    model.eval()
    with torch.no_grad():
        return [model(torch.tensor([s["tokens"]]), logits_to_keep=1).logits[0, -1].float().tolist() for s in batch]


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    if options.make:
        made = make_batches(options.base, options.steps or 24, options.seed)
        options.make.write_text(json.dumps(made) + "\n")
        return
    model = load_base(options.base, DTYPES[options.dtype])
    if options.make_adapter:
        new_adapter(model, options.seed).save_pretrained(options.make_adapter)
        return
    batches = json.loads(options.batches.read_text())["batches"][: options.steps]
    model = load_adapter(model, options.adapter)
    if options.dtype == "all-bf16":
        model.to(torch.bfloat16)
    if options.logits:
        options.logits.write_text(json.dumps({"last": last_logits(model, batches[0])}) + "\n")
        return
    print(json.dumps(measure(model, batches, options, peak_bytes())))
    if options.save:
        model.save_pretrained(options.save)


if __name__ == "__main__":
    # Forks that the tokenizer warns of are none of ours.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    main()
