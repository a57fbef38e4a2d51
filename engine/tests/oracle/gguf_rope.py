"""Tiny GGUF files that describe rotary embedding in the ways of all years, and llama.cpp's logits for them.

    cd tests/oracle && python3 gguf_rope.py     # writes ../data/rope/*.gguf and gguf_rope.json

Needs the Python packages gguf, numpy and llama-cpp-python 0.3.36. Weights are F32 and so is the cache, so that llama.cpp
rounds nothing.
"""

import json
from pathlib import Path

import gguf
import llama_cpp as lib
import numpy as np

DATA = Path("../data/rope")
HIDDEN, HEADS, FF, VOCAB, HALF = 16, 2, 24, 40, 4
TOKENS = [3, 17, 17, 30, 5, 12, 38, 2, 21, 33, 9, 24, 12, 7, 26, 1, 39, 6, 35, 8, 28, 11, 22, 14]
FREQS, SHORT, LONG = "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"
# Metadata behind the architecture's name, and tables.
VARIANTS = {
    "plain": ({}, {}),
    "linear": ({"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, {}),
    "factor-without-type": ({"rope.scaling.factor": 4.0}, {}),
    "scale-linear-of-2023": ({"rope.scale_linear": 4.0}, {}),
    "factor-of-no-scaling": ({"rope.scaling.type": "none", "rope.scaling.factor": 4.0}, {}),
    "attention-factor": ({"rope.scaling.attn_factor": 1.5}, {}),
    "table-and-factor": ({"rope.scaling.factor": 2.0}, {FREQS: [1.0, 1.5, 3.0, 8.0]}),
    "longrope": (
        {"rope.scaling.type": "longrope", "rope.scaling.original_context_length": 256, "rope.scaling.attn_factor": 1.25},
        {SHORT: [1.0, 1.25, 1.5, 2.0], LONG: [2.0, 3.0, 4.0, 5.0]},
    ),
}


def write(path, metadata, tables):
    writer = gguf.GGUFWriter(path, "llama")
    sizes = {
        "context_length": 512, "embedding_length": HIDDEN, "block_count": 1, "feed_forward_length": FF,
        "attention.head_count": HEADS, "attention.head_count_kv": HEADS, "vocab_size": VOCAB,
    }
    for key, value in {**sizes, **metadata}.items():
        add = {int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}[type(value)]
        add(f"llama.{key}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_string("tokenizer.ggml.model", "none")
    rng = np.random.default_rng(5)
    shapes = {
        "token_embd": (VOCAB, HIDDEN), "blk.0.attn_q": (HIDDEN, HIDDEN), "blk.0.attn_k": (HIDDEN, HIDDEN),
        "blk.0.attn_v": (HIDDEN, HIDDEN), "blk.0.attn_output": (HIDDEN, HIDDEN), "blk.0.ffn_gate": (FF, HIDDEN),
        "blk.0.ffn_up": (FF, HIDDEN), "blk.0.ffn_down": (HIDDEN, FF),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", (0.5 * rng.standard_normal(shape)).astype(np.float32))
    for name in ["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"]:
        writer.add_tensor(f"{name}.weight", np.ones(HIDDEN, np.float32))
    for name, values in tables.items():
        writer.add_tensor(name, np.array(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logits(path):
    model = lib.llama_model_load_from_file(str(path).encode(), lib.llama_model_default_params())
    assert model, path
    params = lib.llama_context_default_params()
    # As long as longrope's original context, and no longer; f32 keys and values.
    params.n_ctx = params.n_batch = params.n_ubatch = 256
    params.type_k = params.type_v = 0
    params.flash_attn_type = 0
    context = lib.llama_init_from_model(model, params)
    tokens = (lib.llama_token * len(TOKENS))(*TOKENS)
    assert lib.llama_decode(context, lib.llama_batch_get_one(tokens, len(TOKENS))) == 0
    row = lib.llama_get_logits_ith(context, -1)
    found = [row[i] for i in range(VOCAB)]
    lib.llama_free(context)
    lib.llama_model_free(model)
    return found


def main():
    lib.llama_backend_init()
    DATA.mkdir(exist_ok=True)
    found = {}
    for name, (metadata, tables) in VARIANTS.items():
        path = DATA / f"{name}.gguf"
        write(path, metadata, tables)
        found[name] = [round(value, 6) for value in logits(path)]
    different = {name for name, row in found.items() if np.abs(np.array(row) - found["plain"]).max() > 1e-2}
    assert different == set(found) - {"plain", "factor-of-no-scaling"}, different
    Path("gguf_rope.json").write_text(json.dumps({"tokens": TOKENS, "logits": found}) + "\n")


if __name__ == "__main__":
    main()
