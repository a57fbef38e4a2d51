"""Writes tiny random checkpoints (tests/data/tiny-*) and the logits transformers gives for them (decoder.json).

Run from the repository root: python3 tests/oracle/decoder.py   (needs torch, transformers, peft)
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

TOKENS = [3, 91, 17, 17, 42, 5, 60, 88, 2, 71, 33, 9, 54, 12, 80, 26, 1, 47, 66, 95, 7, 38, 21, 50]
COMMON = dict(vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2, max_position_embeddings=128)
MODELS = {
    # Grouped-query attention, an untied head.
    "tiny-llama": (
        LlamaForCausalLM,
        LlamaConfig(
            num_attention_heads=4, num_key_value_heads=2, rope_theta=1000.0, tie_word_embeddings=False, **COMMON
        ),
    ),
    # Biases on q, k and v, tied embeddings.
    "tiny-qwen2": (
        Qwen2ForCausalLM,
        Qwen2Config(num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=True, **COMMON),
    ),
    # Fused projections, a sliding window shorter than the sequence.
    "tiny-phi3": (
        Phi3ForCausalLM,
        Phi3Config(
            num_attention_heads=4,
            num_key_value_heads=4,
            sliding_window=7,
            tie_word_embeddings=False,
            pad_token_id=0,
            attn_implementation="eager",
            **COMMON,
        ),
    ),
}


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            else:
                parameter.copy_(0.25 * torch.randn_like(parameter))


def logits(model):
    with torch.no_grad():
        rows = model(torch.tensor([TOKENS])).logits[0]
    return [[round(v, 6) for v in row] for row in rows.tolist()]


def main():
    torch.manual_seed(7)
    data, expected = Path("tests/data"), {"tokens": TOKENS}
    for name, (kind, config) in MODELS.items():
        model = kind(config)
        randomise(model)
        model = model.to(torch.bfloat16)
        shutil.rmtree(data / name, ignore_errors=True)
        model.save_pretrained(data / name)
        (data / name / "generation_config.json").unlink(missing_ok=True)
        # Read back rather than cast: a cast would leave rotary frequencies rounded to bfloat16.
        model = kind.from_pretrained(data / name, dtype=torch.float32, attn_implementation="eager").eval()
        expected[name] = logits(model)[-4:]
        if name == "tiny-llama":
            lora = LoraConfig(
                r=4,
                lora_alpha=8,
                target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"],
                task_type="CAUSAL_LM",
            )
            tuned = get_peft_model(model, lora)
            with torch.no_grad():
                for key, parameter in tuned.named_parameters():
                    if "lora_" in key:
                        parameter.copy_(0.2 * torch.randn_like(parameter))
            folder = data / "tiny-llama-lora"
            shutil.rmtree(folder, ignore_errors=True)
            tuned.save_pretrained(folder)
            (folder / "README.md").unlink(missing_ok=True)
            expected["tiny-llama-lora"] = logits(tuned.eval())[-4:]
    Path("tests/oracle/decoder.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
