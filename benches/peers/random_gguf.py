"""A GGUF file of a larger model's shape with random weights, for measuring speed: what it writes means nothing.

pip install gguf==0.19.0 numpy
python3 benches/peers/random_gguf.py BASE.gguf OUT.gguf [shape=smollm2-1.7b]

The types are those of llama.cpp's Q4_K_M: Q6_K for the embeddings, and for the value and down projections of half of the
layers, Q4_K for the rest. Tokenizer and template are BASE's.
"""

import sys

import gguf
import numpy as np

# hidden, layers, heads, key-value heads, inner
# Phi-3 Mini's widths; its layers join projections, which changes no product.
SHAPES = {
    "smollm2-1.7b": (2048, 24, 32, 32, 8192),
    "llama-3.2-1b": (2048, 16, 32, 8, 8192),
    "phi-3-mini": (3072, 32, 32, 32, 8192),
}
BLOCK = 256


def halves(values):
    return np.asarray(values, dtype=np.float16).view(np.uint8)


def q4_k(random, rows, columns):
    """Blocks of 144 bytes: scale, least value, 12 bytes of 6-bit scales, 128 of codes. Values about 0.02 large."""
    blocks = random.integers(0, 256, (rows, columns // BLOCK, 144), dtype=np.uint8)
    blocks[..., 0:4] = halves([0.02 / 32 / 8, 0.02 / 32])
    return blocks.reshape(rows, -1)


def q6_k(random, rows, columns):
    """Blocks of 210 bytes: low and high bits of the codes, 16 signed scales, the scale of those."""
    blocks = random.integers(0, 256, (rows, columns // BLOCK, 210), dtype=np.uint8)
    blocks[..., 208:210] = halves([0.02 / 64 / 16])
    return blocks.reshape(rows, -1)


def main(base, out, shape="smollm2-1.7b"):
    hidden, layers, heads, kv_heads, inner = SHAPES[shape]
    reader, random = gguf.GGUFReader(base), np.random.default_rng(1)
    writer = gguf.GGUFWriter(out, "llama")
    for field in reader.fields.values():
        if field.name.startswith("tokenizer."):
            kinds = field.types
            sub = kinds[-1] if kinds[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kinds[0], sub)
    writer.add_block_count(layers)
    writer.add_context_length(8192)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_rope_freq_base(130000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    vocab = len(reader.fields["tokenizer.ggml.tokens"].data)
    kinds = {"Q4_K": (q4_k, gguf.GGMLQuantizationType.Q4_K), "Q6_K": (q6_k, gguf.GGMLQuantizationType.Q6_K)}

    def matrix(name, rows, columns, kind):
        make, dtype = kinds[kind]
        writer.add_tensor(f"{name}.weight", make(random, rows, columns), raw_dtype=dtype)

    def norm(name):
        writer.add_tensor(f"{name}.weight", np.ones(hidden, dtype=np.float32))

    matrix("token_embd", vocab, hidden, "Q6_K")
    norm("output_norm")
    keys = hidden // heads * kv_heads
    for layer in range(layers):
        better = "Q6_K" if layer < layers // 8 or layer >= 7 * layers // 8 or layer % 3 == 2 else "Q4_K"
        at = f"blk.{layer}."
        norm(at + "attn_norm")
        matrix(at + "attn_q", hidden, hidden, "Q4_K")
        matrix(at + "attn_k", keys, hidden, "Q4_K")
        matrix(at + "attn_v", keys, hidden, better)
        matrix(at + "attn_output", hidden, hidden, "Q4_K")
        norm(at + "ffn_norm")
        matrix(at + "ffn_gate", inner, hidden, "Q4_K")
        matrix(at + "ffn_up", inner, hidden, "Q4_K")
        matrix(at + "ffn_down", hidden, inner, better)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()


main(*sys.argv[1:])
