"""Runs exported files in llama.cpp: merged in 32 bits, merged in Q8_0, and the base with the adapter's own file beside it.

    mkdir run && EXPORT_RUN=$PWD/run cargo test -p pmtune-engine --test engine -- --ignored files_for_llama_cpp
    pip install llama-cpp-python==0.3.36 && python engine/tests/oracle/export_run.py run

Prints the largest difference of a logit after forty tokens from what our own decoder makes of base and adapter. llama.cpp
keeps keys and values in 16 bits and, beside weights of blocks, activations in 8: so F32 is close and Q8_0 is near.
"""

import ctypes
import json
import sys
from pathlib import Path

import llama_cpp as L
import numpy as np


def last_logits(path, tokens, lora=None):
    model = L.llama_model_load_from_file(str(path).encode(), L.llama_model_default_params())
    assert model, path
    params = L.llama_context_default_params()
    params.n_ctx, params.n_threads, params.type_k, params.type_v, params.flash_attn_type = 128, 1, 0, 0, 0
    context = L.llama_init_from_model(model, params)
    if lora:
        adapter = L.llama_adapter_lora_init(model, str(lora).encode())
        assert adapter, lora
        adapters, scales = (L.llama_adapter_lora_p_ctypes * 1)(adapter), (ctypes.c_float * 1)(1.0)
        assert L.llama_set_adapters_lora(context, adapters, 1, scales) == 0
    array = (L.llama_token * len(tokens))(*tokens)
    assert L.llama_decode(context, L.llama_batch_get_one(array, len(tokens))) == 0
    size = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))
    return np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(size,)).copy()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, expected in json.loads((folder / "expected.json").read_text()).items():
        want = np.array(expected["logits"], dtype=np.float32)
        file = lambda kind: folder / f"{name}-{kind}.gguf"
        plain = last_logits(file("base"), expected["tokens"])
        print(f"{name}: largest logit {abs(want).max():.3f}, the adapter moves one by {abs(want - plain).max():.3f}")
        for kind in ("F32", "Q8_0"):
            print(f"  merged {kind}: off by {abs(last_logits(file(kind), expected['tokens']) - want).max():.5f}")
        print(f"  adapter beside base: off by {abs(last_logits(file('base'), expected['tokens'], file('lora')) - want).max():.5f}")
