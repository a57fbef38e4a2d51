"""Loads an adapter that pmtune wrote with PEFT on its base: fails unless every tensor finds its fellow.

Run from the repository root: python3 -P tests/oracle/export_check.py DIR BASE.gguf OUT.json [IDS.json]
(torch 2.15.0, transformers 5.23.0, peft 0.21.2, gguf 0.19.0; without -P this folder's statistics.py would stand in for
the standard library's.)

IDS.json holds a list of lists of token ids; without it a fixed sequence is read. OUT.json gets those ids, the logits at
the last token of each with the adapter and without it, and how far the adapter moves them. transformers turns the query
and key rows of a GGUF base back into the order of the original checkpoint, and so does pmtune: the rows agree.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
import transformers
from peft import PeftConfig, PeftModel
from safetensors import safe_open
from transformers import AutoModelForCausalLM

TOKENS = [[1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 30, 2, 198, 1, 4093, 198, 19161, 253, 2101, 2]]


def load(folder, base):
    """The base with the adapter on it, in f32."""
    config = PeftConfig.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(base.parent, gguf_file=base.name, dtype=torch.float32)
    with warnings.catch_warnings():
        # PEFT only warns of tensors that are missing.
        warnings.simplefilter("error", UserWarning)
        model = PeftModel.from_pretrained(model, folder, config=config)
    # Loaded once more for the result that from_pretrained keeps to itself.
    result = model.load_adapter(folder, "again")
    missing = [name for name in result.missing_keys if "lora_" in name]
    return model.eval(), missing, list(result.unexpected_keys)


def faults(folder, model, missing, unexpected):
    """Everything that keeps the files from being exactly the adapter that PEFT holds."""
    held = {
        name.replace(".default.", "."): parameter
        for name, parameter in model.named_parameters()
        if "lora_" in name and ".default." in name
    }
    found = [f"missing: {name}" for name in missing] + [f"unexpected: {name}" for name in unexpected]
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        found += [f"not in the file: {name}" for name in sorted(set(held) - set(file.keys()))]
        found += [f"not in the model: {name}" for name in sorted(set(file.keys()) - set(held))]
        for name in sorted(set(held) & set(file.keys())):
            tensor = file.get_tensor(name)
            if tensor.shape != held[name].shape or not torch.equal(tensor.float(), held[name].float()):
                found.append(f"other values: {name}")
    return found


def last_logits(model, sequences):
    with torch.no_grad():
        return torch.stack([model(torch.tensor([ids])).logits[0, -1] for ids in sequences])


def main():
    folder, base, out = map(Path, sys.argv[1:4])
    sequences = json.loads(Path(sys.argv[4]).read_text()) if len(sys.argv) > 4 else TOKENS
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model, missing, unexpected = load(folder, base)
    if found := faults(folder, model, missing, unexpected):
        sys.exit(f"{folder} is not what PEFT expects:\n" + "\n".join(found))
    model.set_adapter("default")
    tuned = last_logits(model, sequences)
    with model.disable_adapter():
        plain = last_logits(model, sequences)
    moved = (tuned - plain).abs().max().item()
    written = {"tokens": sequences, "logits": tuned.tolist(), "base_logits": plain.tolist(), "moved": moved}
    out.write_text(json.dumps(written) + "\n")
    print(f"{folder}: every key fits; the adapter moves the logits by up to {moved:.4f}")


if __name__ == "__main__":
    main()
