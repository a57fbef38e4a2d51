"""llama.cpp over the load of `cargo bench --bench generate -- MODEL.gguf contexts`: one sequence alone, longer and longer
prompts, and what is written behind them.

CMAKE_ARGS="-DGGML_NATIVE=ON" pip install llama-cpp-python        # or, for AVX2 alone, -DGGML_NATIVE=OFF
    (on AMX machines with gcc 12 also -DGGML_AMX_TILE=OFF -DGGML_AMX_INT8=OFF)
python3 benches/peers/llama_contexts.py MODEL.gguf [threads=2]
"""

import sys
import time

from llama_cpp import Llama

LENGTHS = [128, 512, 1024, 2048, 4096]
WRITTEN = 48


def main(path, threads=2):
    model = Llama(path, n_ctx=LENGTHS[-1] + WRITTEN + 64, n_threads=int(threads), n_threads_batch=int(threads), verbose=False)
    print("| context | reading it, tokens/s | writing behind it, tokens/s |\n|---|---|---|")
    for length in LENGTHS:
        tokens = [1000 + i * 7919 % 10_000 for i in range(length + WRITTEN)]
        model.reset()
        start = time.perf_counter()
        model.eval(tokens[:length])
        model.sample(temp=0)  # waits for the result
        read = length / (time.perf_counter() - start)
        start = time.perf_counter()
        for token in tokens[length:]:
            model.eval([token])
            model.sample(temp=0)
        written = WRITTEN / (time.perf_counter() - start)
        print(f"| {length} | {read:.0f} | {written:.1f} |", flush=True)


main(*sys.argv[1:])
