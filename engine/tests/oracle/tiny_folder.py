"""A tiny Hugging Face folder and RoPE scalings, as `transformers` writes and computes them.

    cd tests/oracle && python3 tiny_folder.py     # writes ../data/tiny-folder/ and tiny_folder.json

The tokenizer is a Llama-like one: SentencePiece pieces with byte fallback in a tokenizer.json, where a space is put before
the first word of the whole text only (`prepend_scheme: first`), which is hard to get right for an answer on its own.
"""

import json
import random

import torch
from strings import strings
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, Phi3Config, PreTrainedTokenizerFast, Qwen2Config
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

FOLDER = "../data/tiny-folder"
TEMPLATE = """{{ bos_token }}{% for m in messages %}{{ '[' + m.role + ']' + m.content | trim }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"""
CONVERSATIONS = [
    [{"role": "user", "content": "Write 2 goals"}],
    [{"role": "system", "content": "Terse."}, {"role": "user", "content": " Hi "}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "naïve 🚀"}],
]


def tokenizer():
    inner = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    trainer = trainers.BpeTrainer(vocab_size=520, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)])
    inner.train_from_iterator([t for t in strings(3000, seed=11) if t.isascii()], trainer)
    # The trainer makes the byte tokens special too; only the three and the roles are.
    state = json.loads(inner.to_str())
    state["added_tokens"] = [t for t in state["added_tokens"] if not t["content"].startswith("<0x")]
    inner = Tokenizer.from_str(json.dumps(state))
    inner.add_special_tokens([AddedToken(f"[{role}]", normalized=False) for role in ("system", "user", "assistant")])
    inner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    fast = PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    fast.chat_template = TEMPLATE
    return fast


def ropes():
    small = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, intermediate_size=96, num_hidden_layers=2, vocab_size=100)
    configs = {
        "llama3": LlamaConfig(**small, max_position_embeddings=131072, rope_parameters={
            "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192}),
        "linear": LlamaConfig(**small, rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}),
        "longrope": Phi3Config(**small, pad_token_id=0, max_position_embeddings=131072, original_max_position_embeddings=4096, rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0 + i / 8 for i in range(8)],
            "long_factor": [2.0 + i for i in range(8)]}),
        "partial": Phi3Config(**small, pad_token_id=0, partial_rotary_factor=0.75, rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75, "short_factor": [1.5] * 6, "long_factor": [2.0] * 6}),
        "default": Qwen2Config(**small, sliding_window=128, rope_parameters={"rope_type": "default", "rope_theta": 1e6}),
    }
    found = {}
    for name, config in configs.items():
        if name == "default":
            frequencies, factor = [1e6 ** (-2 * i / 16) for i in range(8)], 1.0
        else:
            kind = config.rope_parameters["rope_type"]
            frequencies, factor = ROPE_INIT_FUNCTIONS[kind](config, "cpu", seq_len=16)
            frequencies = frequencies.tolist()
        found[name] = {"config": json.loads(config.to_json_string(use_diff=True)), "frequencies": frequencies, "attention_factor": factor}
    # The same as files of transformers 4 have it, some with the type under both its names.
    old = json.loads(json.dumps(found["llama3"]))
    parameters = old["config"].pop("rope_parameters")
    old["config"]["rope_theta"] = parameters.pop("rope_theta")
    parameters["type"] = parameters.pop("rope_type")
    old["config"]["rope_scaling"] = parameters
    found["llama3 of transformers 4"] = old
    both = json.loads(json.dumps(old))
    both["config"]["rope_scaling"]["rope_type"] = "llama3"
    found["a type with two names"] = both
    # As files lie about, with and without a factor and the original length; read as transformers reads a file.
    stretched = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0 + i / 8 for i in range(8)], "long_factor": [2.0 + i for i in range(8)]}
    files = {
        "longrope with a factor": (Phi3Config, dict(max_position_embeddings=131072, original_max_position_embeddings=4096, rope_scaling={**stretched, "factor": 16.0})),
        "longrope of Phi-3 without its original length": (Phi3Config, dict(max_position_embeddings=131072, rope_scaling=stretched)),
        "longrope of a llama without its original length": (LlamaConfig, dict(max_position_embeddings=8192, rope_scaling={**stretched, "factor": 4.0})),
        "longrope of a llama": (LlamaConfig, dict(max_position_embeddings=8192, rope_scaling={**stretched, "original_max_position_embeddings": 1024})),
        "llama3 without its original length": (LlamaConfig, dict(max_position_embeddings=8192, rope_scaling={
            "type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0})),
    }
    for name, (kind, fields) in files.items():
        config = {"model_type": kind.model_type, "rms_norm_eps": 1e-5, **small, **fields}
        read = kind.from_dict(json.loads(json.dumps(config)))
        frequencies, factor = ROPE_INIT_FUNCTIONS[read.rope_parameters["rope_type"]](read, "cpu", seq_len=16)
        found[name] = {"config": config, "frequencies": frequencies.tolist(), "attention_factor": factor}
    return found


if __name__ == "__main__":
    torch.manual_seed(3)
    fast = tokenizer()
    fast.save_pretrained(FOLDER)
    config = LlamaConfig(hidden_size=32, num_attention_heads=4, num_key_value_heads=2, intermediate_size=48, num_hidden_layers=2,
                         vocab_size=len(fast), max_position_embeddings=256, bos_token_id=1, eos_token_id=2)
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.generation_config.eos_token_id = [2, 0]
    model.save_pretrained(FOLDER, max_shard_size="40KB")
    q = model.model.layers[1].self_attn.q_proj.weight.float()
    rng = random.Random(1)
    texts = rng.sample([t for t in strings(1000) if t], 300)
    json.dump({
        "strings": texts,
        "ids": [fast.encode(t, add_special_tokens=False) for t in texts],
        "conversations": [{"messages": c, "text": fast.apply_chat_template(c, tokenize=False, add_generation_prompt=True),
                           "ids": fast.apply_chat_template(c, add_generation_prompt=True)["input_ids"]} for c in CONVERSATIONS],
        # What the answer's tokens are inside a conversation, after the role and before the end.
        "answer": fast.encode("[assistant]Yes, 2 of them", add_special_tokens=False)[1:],
        "q_row": q[5].tolist(), "ropes": ropes(),
    }, open("tiny_folder.json", "w"), ensure_ascii=False, separators=(",", ":"))
