"""Writes tiny random checkpoints (tests/data/tiny-*) and the logits transformers gives for them (decoder.json).

Run from the engine's folder: python3 tests/oracle/decoder.py LLAMA_CPP   (needs torch, transformers, peft)
LLAMA_CPP is llama.cpp's source, as the package llama-cpp-python 0.3.36 ships it (vendor/llama.cpp): its converter makes
tests/data/tiny-*-f32.gguf of the families that CONVERTED names.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
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
    # Norms of heads, which are wider than the hidden size over their number.
    "tiny-qwen3": (
        Qwen3ForCausalLM,
        Qwen3Config(num_attention_heads=4, num_key_value_heads=2, head_dim=12, tie_word_embeddings=True, **COMMON),
    ),
    # Norms behind both halves, and of all heads at once.
    "tiny-olmo2": (
        Olmo2ForCausalLM,
        Olmo2Config(num_attention_heads=4, num_key_value_heads=2, eos_token_id=2, **COMMON),
    ),
    # Norms everywhere, a window on five layers of six, logits that are capped.
    "tiny-gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig(
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=10,
            query_pre_attn_scalar=10,
            sliding_window=7,
            final_logit_softcapping=5.0,
            **COMMON | dict(num_hidden_layers=6, intermediate_size=24),
        ),
    ),
    # Scores scaled by another number, bases of its own and a stretched one.
    "tiny-gemma3-scaled": (
        Gemma3ForCausalLM,
        Gemma3TextConfig(
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            query_pre_attn_scalar=24,
            sliding_window=5,
            layer_types=["full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 50000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 500.0},
            },
            **COMMON,
        ),
    ),
    # Every fourth layer without positions.
    "tiny-smollm3": (
        SmolLM3ForCausalLM,
        SmolLM3Config(
            num_attention_heads=4,
            num_key_value_heads=2,
            pad_token_id=None,
            bos_token_id=None,
            eos_token_id=None,
            **COMMON | dict(num_hidden_layers=5),
        ),
    ),
    # Four numbers that multiply.
    "tiny-granite": (
        GraniteForCausalLM,
        GraniteConfig(
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            embedding_multiplier=6.0,
            attention_multiplier=0.3,
            residual_multiplier=0.35,
            logits_scaling=3.0,
            **COMMON,
        ),
    ),
}


CONVERTED = ["tiny-qwen3", "tiny-olmo2", "tiny-gemma3", "tiny-smollm3", "tiny-granite"]


def convert(name, llama_cpp):
    """The checkpoint as llama.cpp's own converter writes it, in 32 bits and without a tokenizer."""
    sys.path[:0] = [llama_cpp, f"{llama_cpp}/gguf-py"]
    import gguf
    from conversion import get_model_class
    from conversion.base import ModelBase, ModelType

    folder, out = Path(f"tests/data/{name}"), Path(f"tests/data/{name}-f32.gguf")
    hparams = ModelBase.load_hparams(folder, False)
    kind = get_model_class(hparams["architectures"][0])
    made = kind(dir_model=folder, ftype=gguf.LlamaFileType.ALL_F32, fname_out=out, hparams=hparams)
    made.set_vocab = lambda: made.gguf_writer.add_tokenizer_model("none")
    made.gguf_writer.add_vocab_size(COMMON["vocab_size"])
    # Where it is told of words only, so that rows without one fall away.
    words = {"model": {"vocab": dict.fromkeys(range(COMMON["vocab_size"]))}, "added_tokens": []}
    (folder / "tokenizer.json").write_text(json.dumps(words))
    made.write()
    (folder / "tokenizer.json").unlink()


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                # Gemma's multiply by one more.
                usual = 0 if isinstance(model, Gemma3ForCausalLM) else 1
                parameter.copy_(usual + 0.2 * torch.randn_like(parameter))
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
    for name in CONVERTED:
        convert(name, sys.argv[1])
    Path("tests/oracle/decoder.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
