"""llama.cpp over the load of benches/generate.rs: its own server with continuous batching, all prompts sent at once.

pip install xllamacpp==2026.10.11549       # built for AVX2: objdump shows no zmm register in it
python3 benches/peers/llama_generate.py MODEL.gguf [parallel=16] [new tokens=256] [prompts=75] [flash attention: auto|on|off]
"""

import json
import os
import re
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import xllamacpp

FLASH = {
    "auto": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "off": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED,
    "on": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED,
}


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


def serve(path, parallel, context, flash):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_parallel, params.n_ctx, params.kv_unified = parallel, parallel * context, True
    # The library's own default is 4 threads, which slows it down on fewer cores.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count()
    params.flash_attn_type = flash
    return xllamacpp.Server(params)


def ask(address, body):
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
        return json.load(response)


def main(path, parallel=16, new=256, count=75, flash="auto"):
    parallel, new, count = int(parallel), int(new), int(count)
    system, tasks = load()
    prompts = [
        prompt(system if i % 2 == 0 else None, f"{tasks[i % len(tasks)]} Case number {i + 1}.") for i in range(count)
    ]
    server = serve(path, parallel, 256 + new, FLASH[flash])
    address = f"{server.listening_address}/completion"
    start = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        body = lambda text: {"prompt": text, "n_predict": new, "temperature": 0}
        answers = list(pool.map(lambda text: ask(address, body(text)), prompts))
    seconds = time.perf_counter() - start
    tokens = sum(answer["tokens_evaluated"] for answer in answers)
    written = sum(answer["tokens_predicted"] for answer in answers)
    print(f"{count} prompts of {tokens} tokens: {written} tokens written in {seconds:.1f} s, {parallel} in parallel")
    print(f"{written / seconds:.1f} tokens/s")


if __name__ == "__main__":
    main(*sys.argv[1:])
