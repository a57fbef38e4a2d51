"""Trains small adapters with PEFT on the tiny checkpoints and writes what came out.

For each model: a random adapter in PEFT's format (tests/data/NAME-lora-init), the gradients of its loss over the
first batch, scaled by one over the supervised tokens (gradients.safetensors beside it, named as the adapter's own
tensors), and in lora.json the summed losses, fifty steps of AdamW and the logits after them. Every sequence goes
through the model by itself, so that no padding comes in; all in f32 on one thread.

Run from the repository root: python3 -P tests/oracle/lora.py   (torch 2.15.0, transformers 5.23.0, peft 0.21.2)
Without -P, the statistics.py of this folder would stand in for the standard library's.
"""

import json
import shutil
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

VOCABULARY = 96
# Length, and the stretches that are supervised: an answer at the end, two answers, one token, nearly everything.
SHAPES = [(19, [(11, 19)]), (31, [(6, 12), (20, 31)]), (7, [(6, 7)]), (24, [(1, 24)]), (12, [(5, 12)])]
BATCHES = [[0, 1, 2], [3, 4], [2, 3], [1], [0, 4, 2]]
STEPS = 50
ADAMW = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
# Where the norms of a model's gradients lie elsewhere, so that some steps are clipped.
CLIP = 3.0
CLIPS = {"tiny-olmo2": 2.0, "tiny-granite": 0.5}
SPLIT = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
CASES = {
    "tiny-llama": ("tiny-llama", SPLIT, False),
    "tiny-llama-rslora": ("tiny-llama", SPLIT, True),
    "tiny-qwen2": ("tiny-qwen2", SPLIT, False),
    "tiny-phi3": ("tiny-phi3", FUSED, False),
    "tiny-qwen3": ("tiny-qwen3", SPLIT, False),
    "tiny-olmo2": ("tiny-olmo2", SPLIT, False),
    "tiny-gemma3": ("tiny-gemma3", SPLIT, False),
    "tiny-gemma3-scaled": ("tiny-gemma3-scaled", SPLIT, True),
    "tiny-smollm3": ("tiny-smollm3", SPLIT, False),
    "tiny-granite": ("tiny-granite", SPLIT, False),
}


def sequences():
    made = []
    for length, spans in SHAPES:
        tokens = torch.randint(1, VOCABULARY, (length,)).tolist()
        supervised = [int(any(a <= i < b for a, b in spans)) for i in range(length)]
        made.append({"tokens": tokens, "supervised": supervised})
    return made


def summed_loss(model, sequence):
    """Over the supervised tokens, each predicted from those before it."""
    tokens = torch.tensor(sequence["tokens"])
    taught = torch.tensor(sequence["supervised"], dtype=torch.bool)[1:]
    logits = model(tokens[None]).logits[0, :-1]
    return torch.nn.functional.cross_entropy(logits[taught], tokens[1:][taught], reduction="sum")


def backward(model, batch):
    """Leaves the gradients of the batch's mean loss in the model; returns that loss."""
    model.zero_grad(set_to_none=True)
    count, total = sum(sum(s["supervised"]) for s in batch), 0.0
    for sequence in batch:
        loss = summed_loss(model, sequence)
        (loss / count).backward()
        total += loss.item()
    return total / count


def train(model, data, clip):
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, **ADAMW)
    losses, norms = [], []
    for step in range(STEPS):
        losses.append(backward(model, [data[i] for i in BATCHES[step % len(BATCHES)]]))
        norms.append(torch.nn.utils.clip_grad_norm_(trained, clip).item())
        optimizer.step()
    return losses, norms


def gradients(model):
    found = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
    return {name.replace(".default.", "."): value.clone().contiguous() for name, value in found.items()}


def last_logits(model, sequence):
    with torch.no_grad():
        return model(torch.tensor([sequence["tokens"]])).logits[0, -1].tolist()


def case(name, base, targets, rslora, data):
    checkpoint = f"tests/data/{base}"
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager")
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=targets, use_rslora=rslora, task_type="CAUSAL_LM")
    model = get_peft_model(model, lora)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                parameter.copy_((0.15 if "lora_A" in key else 0.1) * torch.randn_like(parameter))
    folder = Path(f"tests/data/{name}-lora-init")
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["target_modules"].sort()  # PEFT writes a set, whose order changes from run to run.
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    first = [data[i] for i in BATCHES[0]]
    with torch.no_grad():
        sums = [summed_loss(model, s).item() for s in data]
    backward(model, first)
    named = gradients(model)
    assert set(named) == set(get_peft_model_state_dict(model)), "gradients are named as the adapter's tensors"
    save_file(named, folder / "gradients.safetensors")
    before = last_logits(model, data[0])
    clip = CLIPS.get(name, CLIP)
    losses, norms = train(model, data, clip)
    assert min(norms) < clip < max(norms), "some steps are clipped and some are not"
    after = last_logits(model, data[0])
    return {
        "base": base,
        "clip": clip,
        "summed_losses": sums,
        "logits_before": before,
        "step_losses": losses,
        "gradient_norms": norms,
        "logits_after": after,
    }


def main():
    torch.manual_seed(11)
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    torch.use_deterministic_algorithms(True)
    data = sequences()
    expected = {
        "sequences": data,
        "batches": BATCHES,
        "learning_rate": ADAMW["lr"],
        "cases": {name: case(name, *options, data) for name, options in CASES.items()},
    }
    Path("tests/oracle/lora.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
