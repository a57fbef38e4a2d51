"""Three tiny random models as GGUF files, and what must be read from them.

    cd tests/oracle && python3 tiny_gguf.py     # writes ../data/tiny-*.gguf and tiny_gguf.json

tiny-llama: byte-level BPE with Llama 3's word rule, q and k permuted as llama.cpp's converter does, several storage types.
tiny-qwen2: byte-level BPE with Qwen2's rule and NFC, biases, tied embeddings.
tiny-phi3: SentencePiece BPE with byte fallback, fused projections, longrope.

Expected ids: the Python library `tokenizers` with the pipelines of the published tokenizer.json files, and
`sentencepiece` itself. Of each string only a short hash of its ids is kept. Expected weights: what went in, after one
trip through the storage type.
"""

import hashlib
import json
import os
import tempfile

import gguf
import numpy as np
import sentencepiece
from gguf import GGMLQuantizationType as Q
from strings import strings
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

CORPUS = [text for text in strings(3000, seed=11) if text]
HIDDEN, HEADS, KV, FF, LAYERS = 64, 4, 2, 96, 1
rng = np.random.default_rng(5)

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def short(ids):
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:8]


def byte_level(digits, special, nfc, whole_words):
    tokenizer = Tokenizer(models.BPE(ignore_merges=whole_words))
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(WORDS % digits), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    return tokenizer


def write_byte_level(writer, tokenizer, pre, special, eos):
    model = json.loads(tokenizer.to_str())["model"]
    vocab = tokenizer.get_vocab()
    tokens = sorted(vocab, key=vocab.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in special else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_eos_token_id(vocab[eos])
    return len(tokens)


def write_sentence_piece(writer):
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "m")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(t for t in CORPUS if t.isascii() and "\0" not in t), model_prefix=prefix, model_type="bpe", vocab_size=700, byte_fallback=True,
            normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=1.0, split_digits=True,
            allow_whitespace_only_pieces=True, minloglevel=2, num_threads=1)
        model = sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")
    size = model.get_piece_size()
    tokens = [model.id_to_piece(i) for i in range(size)]
    kinds = [2 if model.is_unknown(i) else 3 if model.is_control(i) else 6 if model.is_byte(i) else 1 for i in range(size)]
    scores = [model.get_score(i) for i in range(size)]
    special = ["<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens + special)
    writer.add_token_types(kinds + [3] * len(special))
    writer.add_token_scores(scores + [-1000.0] * len(special))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(size)
    writer.add_add_space_prefix(True)
    return model, size + len(special)


def new(path, arch):
    writer = gguf.GGUFWriter(path, arch)
    writer.add_context_length(256)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FF)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    return writer


def put(writer, expected, hf, name, shape, kind=Q.Q8_0, permuted=0):
    """Writes a random tensor and notes what must be read back: `hf` in Hugging Face's row order."""
    data = rng.standard_normal(shape).astype(np.float32)
    def stored(x):
        return gguf.quants.quantize(x, kind) if kind != Q.F32 else x
    value = gguf.quants.dequantize(stored(data), kind) if kind != Q.F32 else data
    value = value.reshape(shape)
    if permuted:
        data = data.reshape(permuted, 2, shape[0] // permuted // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
    raw = stored(data)
    writer.add_tensor(name, raw if raw.dtype != np.float32 else raw, raw_dtype=kind)
    # Two sums that any wrong order of rows or columns changes.
    ramp = np.arange(value.size, dtype=np.float64).reshape(shape) / value.size
    expected[hf] = {"shape": list(shape), "sum": float(value.astype(np.float64).sum()), "moment": float((value * ramp).sum()),
                    "first": [float(v) for v in value.reshape(-1)[:4]]}


def layer_common(writer, expected):
    h = "model.layers.0."
    put(writer, expected, h + "input_layernorm.weight", "blk.0.attn_norm.weight", (HIDDEN,), Q.F32)
    put(writer, expected, h + "post_attention_layernorm.weight", "blk.0.ffn_norm.weight", (HIDDEN,), Q.F32)
    put(writer, expected, h + "self_attn.o_proj.weight", "blk.0.attn_output.weight", (HIDDEN, HIDDEN), Q.Q4_0)
    put(writer, expected, h + "mlp.down_proj.weight", "blk.0.ffn_down.weight", (HIDDEN, FF), Q.Q5_1)
    put(writer, expected, "model.norm.weight", "output_norm.weight", (HIDDEN,), Q.F32)


def layer_split(writer, expected, permuted, kinds, bias):
    h, head = "model.layers.0.self_attn.", HIDDEN // HEADS
    rows = {"q": HIDDEN, "k": KV * head, "v": KV * head}
    heads = {"q": HEADS, "k": KV, "v": 0}
    for part, kind in zip("qkv", kinds):
        order = heads[part] if permuted else 0
        put(writer, expected, f"{h}{part}_proj.weight", f"blk.0.attn_{part}.weight", (rows[part], HIDDEN), kind, order)
        if bias:
            put(writer, expected, f"{h}{part}_proj.bias", f"blk.0.attn_{part}.bias", (rows[part],), Q.F32, order)
    put(writer, expected, "model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight", (FF, HIDDEN), Q.Q4_1)
    put(writer, expected, "model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight", (FF, HIDDEN), Q.Q5_0)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama(texts):
    special = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|end_of_text|>"]
    tokenizer = byte_level("{1,3}", special, nfc=False, whole_words=True)
    writer, weights = new("../data/tiny-llama.gguf", "llama"), {}
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    vocab = write_byte_level(writer, tokenizer, "llama-bpe", special, "<|end_of_text|>")
    writer.add_bos_token_id(tokenizer.token_to_id("<|begin_of_text|>"))
    put(writer, weights, "model.embed_tokens.weight", "token_embd.weight", (vocab, HIDDEN))
    put(writer, weights, "lm_head.weight", "output.weight", (vocab, HIDDEN), Q.Q4_0)
    writer.add_tensor("rope_freqs.weight", np.linspace(1, 8, HIDDEN // HEADS // 2, dtype=np.float32))
    layer_common(writer, weights)
    layer_split(writer, weights, permuted=True, kinds=[Q.Q8_0, Q.F16, Q.BF16], bias=False)
    finish(writer)
    return {"weights": weights, "ids": [short(tokenizer.encode(t, add_special_tokens=False).ids) for t in texts]}


def qwen2(texts):
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = byte_level("", special, nfc=True, whole_words=False)
    writer, weights = new("../data/tiny-qwen2.gguf", "qwen2"), {}
    vocab = write_byte_level(writer, tokenizer, "qwen2", special, "<|im_end|>")
    put(writer, weights, "model.embed_tokens.weight", "token_embd.weight", (vocab, HIDDEN))
    layer_common(writer, weights)
    layer_split(writer, weights, permuted=False, kinds=[Q.Q8_0, Q.Q8_0, Q.F32], bias=True)
    finish(writer)
    return {"weights": weights, "ids": [short(tokenizer.encode(t, add_special_tokens=False).ids) for t in texts]}


def phi3(texts):
    writer, weights = new("../data/tiny-phi3.gguf", "phi3"), {}
    model, vocab = write_sentence_piece(writer)
    head = HIDDEN // HEADS
    writer.add_rope_dimension_count(head)
    writer.add_sliding_window(100)
    writer.add_rope_scaling_orig_ctx_len(128)
    writer.add_rope_scaling_attn_factors(1.25)
    writer.add_tensor("rope_factors_long.weight", np.full(head // 2, 9, dtype=np.float32))
    writer.add_tensor("rope_factors_short.weight", np.linspace(1, 2, head // 2, dtype=np.float32))
    put(writer, weights, "model.embed_tokens.weight", "token_embd.weight", (vocab, HIDDEN))
    put(writer, weights, "lm_head.weight", "output.weight", (vocab, HIDDEN), Q.Q8_0)
    layer_common(writer, weights)
    put(writer, weights, "model.layers.0.self_attn.qkv_proj.weight", "blk.0.attn_qkv.weight", (HIDDEN + 2 * KV * head, HIDDEN))
    put(writer, weights, "model.layers.0.mlp.gate_up_proj.weight", "blk.0.ffn_up.weight", (2 * FF, HIDDEN))
    finish(writer)
    # A text SentencePiece never sees alone: empty, or with the null character it takes for an end.
    return {"weights": weights, "ids": [short(model.encode(t)) for t in texts],
            "story": model.encode("As a PM, I want 3 goals"), "size": model.get_piece_size()}


if __name__ == "__main__":
    texts = strings(1000)
    found = {"strings": texts, "llama": llama(texts), "qwen2": qwen2(texts), "phi3": phi3(texts)}
    with open("tiny_gguf.json", "w") as out:
        json.dump(found, out, ensure_ascii=False, separators=(",", ":"))
