"""Whole files from llama.cpp's quantiser: which tensor is stored how, and every byte of it.

    CMAKE_ARGS="-DGGML_NATIVE=OFF" CFLAGS="-O2 -ffp-contract=off" pip install llama-cpp-python==0.3.36 gguf==0.19.0
    cd engine/tests/oracle && python export.py [FOLDER WITH libllama.so]

Bases are made here and in `files/export/tests.rs` from the same integers: `tensors` below gives name, shape and values. Where
a base is quantised already (the tiny-*.gguf of tests/data) it is requantised, as `llama-quantize --allow-requantize` does.
"""

import ctypes
import hashlib
import json
import os
import sys
import tempfile

import gguf
import numpy as np

from quantize import words

FTYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18, "BF16": 32}
# Hidden size, feed-forward size, layers, heads, key-value heads, vocabulary, tied, 16 bits.
BASES = {
    "llama": ("llama", 256, 256, 9, 4, 1, 64, False, False),
    "llama tied": ("llama", 256, 512, 2, 4, 2, 64, True, True),
    "llama of 576": ("llama", 576, 768, 3, 9, 3, 64, True, True),
    "qwen2": ("qwen2", 256, 256, 8, 4, 2, 64, True, False),
    "phi3": ("phi3", 256, 256, 10, 4, 4, 64, False, True),
}


def tensors(arch, hidden, ff, layers, heads, kv, vocab, tied):
    """Name and shape, in the order of the file."""
    side = hidden // heads * kv
    yield "token_embd.weight", (vocab, hidden)
    yield "output_norm.weight", (hidden,)
    if not tied:
        yield "output.weight", (vocab, hidden)
    for layer in range(layers):
        b = f"blk.{layer}."
        yield b + "attn_norm.weight", (hidden,)
        if arch == "phi3":
            yield b + "attn_qkv.weight", (hidden + 2 * side, hidden)
        else:
            for part, rows in (("q", hidden), ("k", side), ("v", side)):
                yield f"{b}attn_{part}.weight", (rows, hidden)
                if arch == "qwen2":
                    yield f"{b}attn_{part}.bias", (rows,)
        yield b + "attn_output.weight", (hidden, hidden)
        yield b + "ffn_norm.weight", (hidden,)
        if arch != "phi3":
            yield b + "ffn_gate.weight", (ff, hidden)
        yield b + "ffn_up.weight", (2 * ff if arch == "phi3" else ff, hidden)
        yield b + "ffn_down.weight", (hidden, ff)


def values(number, shape):
    """The bell of four uniforms, its seed the tensor's place in the file."""
    count = int(np.prod(shape))
    u = ((words(100 + number, 4 * count) >> np.uint32(8)).astype(np.int32) - (1 << 23)).astype(np.float32) / np.float32(1 << 23)
    u = u.reshape(count, 4)
    return (((u[:, 0] + u[:, 1]) + (u[:, 2] + u[:, 3])) * np.float32(0.05)).reshape(shape)


def write_base(path, arch, hidden, ff, layers, heads, kv, vocab, tied, half):
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name("A model of integers")
    writer.add_context_length(256)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ff)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_vocab_size(vocab)
    for number, (name, shape) in enumerate(tensors(arch, hidden, ff, layers, heads, kv, vocab, tied)):
        value = values(number, shape)
        writer.add_tensor(name, value.astype(np.float16) if half and len(shape) > 1 else value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Params(ctypes.Structure):
    """llama_model_quantize_params of llama.h."""
    _fields_ = [("nthread", ctypes.c_int32), ("ftype", ctypes.c_int), ("output_tensor_type", ctypes.c_int), ("token_embedding_type", ctypes.c_int)] + [
        (name, ctypes.c_bool) for name in ("allow_requantize", "quantize_output_tensor", "only_copy", "pure", "keep_split", "dry_run")] + [
        (name, ctypes.c_void_p) for name in ("imatrix", "kv_overrides", "tensor_type", "prune_layers")] + [("max_buf_size", ctypes.c_size_t)]


def quantized(library, base, ftype, folder):
    out = os.path.join(folder, "out.gguf")
    params = library.llama_model_quantize_default_params()
    params.nthread, params.ftype, params.allow_requantize = 1, ftype, True
    assert library.llama_model_quantize(base.encode(), out.encode(), ctypes.byref(params)) == 0
    reader = gguf.GGUFReader(out)
    found = {}
    for tensor in reader.tensors:
        digest = hashlib.sha256(np.ascontiguousarray(tensor.data).tobytes()).hexdigest()[:12]
        found[tensor.name] = f"{tensor.tensor_type.name} {digest}"
    return found


def short(found):
    """How many tensors have each type, and one hash over all of them, sorted by name."""
    kinds = [found[name].split()[0] for name in found]
    counted = " ".join(f"{kinds.count(kind)}x{kind}" for kind in sorted(set(kinds)))
    whole = hashlib.sha256("\n".join(f"{name} {found[name]}" for name in sorted(found)).encode()).hexdigest()[:16]
    return f"{counted} {whole}"


def in_halves_to_pairs(value, heads):
    """Rows of a head from Hugging Face's order to llama.cpp's, as convert_hf_to_gguf.py permutes them."""
    return value.reshape(heads, 2, value.shape[0] // heads // 2, *value.shape[1:]).swapaxes(1, 2).reshape(value.shape)


def write_tiny(name, arch, heads, kv):
    """A checkpoint of tests/data as GGUF in 32 bits: what its adapters were trained on, for a merge that PEFT can judge."""
    config = json.load(open(f"../data/{name}/config.json"))
    weights = load_bf16(f"../data/{name}/model.safetensors")
    writer = gguf.GGUFWriter(f"../data/{name}-f32.gguf", arch)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    names = gguf.get_tensor_name_map({name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}[arch], config["num_hidden_layers"])
    for key, value in weights.items():
        if arch == "llama" and ".q_proj." in key:
            value = in_halves_to_pairs(value, heads)
        if arch == "llama" and ".k_proj." in key:
            value = in_halves_to_pairs(value, kv)
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_bf16(path):
    """Safetensors of bfloat16 (and of 32 bits), as 32 bits."""
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    found = {}
    for key, entry in json.loads(data[8:8 + length]).items():
        if key == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        if entry["dtype"] == "BF16":
            value = (np.frombuffer(data[start:end], dtype=np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            assert entry["dtype"] == "F32", entry
            value = np.frombuffer(data[start:end], dtype=np.float32)
        found[key] = value.reshape(entry["shape"]).copy()
    return found


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    if folder is None:
        import llama_cpp
        folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
    library = ctypes.CDLL(os.path.join(folder, "libllama.so"))
    library.llama_model_quantize_default_params.restype = Params
    silent = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
    library.llama_log_set(silent, None)
    write_tiny("tiny-llama", "llama", 4, 2)
    expected = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, (arch, *sizes, half) in BASES.items():
            base = os.path.join(temporary, "base.gguf")
            write_base(base, arch, *sizes, half)
            expected[name] = {"arch": arch, "sizes": " ".join(str(int(s)) for s in sizes), "half": half, "files": {
                t: short(quantized(library, base, number, temporary)) for t, number in FTYPES.items()}}
        for name in ("tiny-llama", "tiny-qwen2", "tiny-phi3"):
            base = os.path.join("..", "data", name + ".gguf")
            expected[name] = {"files": {t: short(quantized(library, base, number, temporary)) for t, number in FTYPES.items()}}
    with open("export.json", "w") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")
