"""llama.cpp over the load of benches/generate.rs, with continuous batching through its low-level API.

pip install llama-cpp-python   (on AMX machines with gcc 12: CMAKE_ARGS="-DGGML_AMX_TILE=OFF -DGGML_AMX_INT8=OFF")
python3 benches/peers/llama_generate.py MODEL.gguf [parallel=16] [new tokens=256] [prompts=75] [flash attention: auto|on|off]
"""

import ctypes
import os
import re
import sys
import time
from pathlib import Path

import llama_cpp as ll


# Kept alive: the library calls it as long as it runs.
QUIET = ll.llama_log_callback(lambda *_: None)


def load():
    """The tasks and the system prompt of the Rust benchmark, read from its source."""
    source = (Path(__file__).parent.parent / "generate.rs").read_text()
    unfold = lambda text: re.sub(r"\\\n\s*", "", text)
    system = unfold(re.search(r'const SYSTEM: &str = "(.*?)";', source, re.S).group(1))
    tasks = re.findall(r'^    "(.*)",$', source.split("const TASKS")[1].split("];")[0], re.M)
    return system, tasks


def prompt(system, task):
    default = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    return (
        f"<|im_start|>system\n{system or default}<|im_end|>\n"
        f"<|im_start|>user\n{task}<|im_end|>\n<|im_start|>assistant\n"
    )


def tokenize(vocab, text):
    raw = text.encode()
    out = (ll.llama_token * (len(raw) + 8))()
    return list(out[: ll.llama_tokenize(vocab, raw, len(raw), out, len(out), False, True)])


def main():
    arguments = sys.argv[1:] + [None] * 5
    path, parallel, new, count = arguments[0], int(arguments[1] or 16), int(arguments[2] or 256), int(arguments[3] or 75)
    flash = {"auto": -1, "off": 0, "on": 1}[arguments[4] or "auto"]
    ll.llama_backend_init()
    ll.llama_log_set(QUIET, ctypes.c_void_p(0))
    model = ll.llama_model_load_from_file(path.encode(), ll.llama_model_default_params())
    vocab = ll.llama_model_get_vocab(model)
    system, tasks = load()
    prompts = [
        tokenize(vocab, prompt(system if i % 2 == 0 else None, f"{tasks[i % len(tasks)]} Case number {i + 1}."))
        for i in range(count)
    ]
    params = ll.llama_context_default_params()
    params.n_ctx = parallel * (max(map(len, prompts)) + new + 8)
    params.n_batch, params.n_seq_max, params.kv_unified = 2048, parallel, True
    params.flash_attn_type = flash
    # The library's own default is 4 threads, which slows it down on fewer cores.
    params.n_threads = params.n_threads_batch = os.cpu_count()
    context = ll.llama_init_from_model(model, params)
    memory, size = ll.llama_get_memory(context), ll.llama_vocab_n_tokens(vocab)
    greedy = ll.llama_sampler_init_greedy()
    batch = ll.llama_batch_init(2048, 0, 1)
    waiting, free, running, written = list(range(count)), list(range(parallel)), {}, 0
    assert size > 0

    def add(token, position, sequence, wanted):
        at = batch.n_tokens
        batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, position, 1
        batch.seq_id[at][0], batch.logits[at] = sequence, wanted
        batch.n_tokens += 1
        return at

    start = time.perf_counter()
    while waiting or running:
        batch.n_tokens, rows = 0, {}
        for sequence, state in running.items():
            rows[sequence] = add(state["next"], state["length"], sequence, True)
            state["length"] += 1
        while waiting and free and batch.n_tokens + len(prompts[waiting[0]]) <= 512:
            ids, sequence = prompts[waiting.pop(0)], free.pop()
            for i, token in enumerate(ids):
                rows[sequence] = add(token, i, sequence, i + 1 == len(ids))
            running[sequence] = {"length": len(ids), "left": new}
        assert ll.llama_decode(context, batch) == 0
        for sequence, row in rows.items():
            token, state = ll.llama_sampler_sample(greedy, context, row), running[sequence]
            state["next"], state["left"] = token, state["left"] - 1
            written += 1
            if ll.llama_vocab_is_eog(vocab, token) or state["left"] == 0:
                ll.llama_memory_seq_rm(memory, sequence, -1, -1)
                del running[sequence]
                free.append(sequence)
    seconds = time.perf_counter() - start
    tokens = sum(map(len, prompts))
    print(f"{count} prompts of {tokens} tokens: {written} tokens written in {seconds:.1f} s, {parallel} in parallel")
    print(f"{written / seconds:.1f} tokens/s")


if __name__ == "__main__":
    main()
