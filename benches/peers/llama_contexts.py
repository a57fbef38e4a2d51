"""llama.cpp over the load of `cargo bench --bench generate -- MODEL.gguf contexts`: one sequence alone, longer and longer
prompts, and what is written behind them. The times are those that its server tells, without what serving adds.

pip install xllamacpp==2026.10.11549       # built for AVX2: objdump shows no zmm register in it
python3 benches/peers/llama_contexts.py MODEL.gguf [threads=2] [longest=4096]
"""

import json
import sys
import urllib.request

import xllamacpp

LENGTHS = [128, 512, 1024, 2048, 4096]
WRITTEN = 48


def serve(path, threads, context):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel = context, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(params)


def main(path, threads=2, longest=4096):
    server = serve(path, int(threads), int(longest) + 2 * WRITTEN)
    print("| context | reading it, tokens/s | writing behind it, tokens/s |\n|---|---|---|")
    for length in (length for length in LENGTHS if length <= int(longest)):
        tokens = [1000 + i * 7919 % 10_000 for i in range(length)]
        asked = {"prompt": tokens, "n_predict": WRITTEN, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
        request = urllib.request.Request(
            f"{server.listening_address}/completion", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            took = json.load(response)["timings"]
        assert took["prompt_n"] == length and took["predicted_n"] == WRITTEN, took
        print(f"| {length} | {took['prompt_per_second']:.0f} | {took['predicted_per_second']:.1f} |", flush=True)


main(*sys.argv[1:])
