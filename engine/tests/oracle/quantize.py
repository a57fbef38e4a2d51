"""Expected bytes of the block types, from ggml's own quantiser.

    CMAKE_ARGS="-DGGML_NATIVE=OFF" CFLAGS="-O2 -ffp-contract=off" pip install llama-cpp-python==0.3.36 gguf==0.19.0
    cd engine/tests/oracle && python quantize.py [FOLDER WITH libggml-base.so]

ggml-quants.c was compiled for plain x86-64 by gcc 12 with -O2 -DNDEBUG -ffp-contract=off: no fused multiply-adds, and no
-ffast-math, which llama.cpp never sets. So the bytes are those of the C source as written, in single precision.

Inputs are not stored: `values` below and its twin in `files/quantize/tests.rs` make them from the same integers.
"""

import ctypes
import hashlib
import json
import os
import sys

import numpy as np

TYPES = {"F16": (1, 1, 2), "BF16": (30, 1, 2), "Q4_0": (2, 32, 18), "Q4_1": (3, 32, 20), "Q5_0": (6, 32, 22), "Q5_1": (7, 32, 24),
         "Q8_0": (8, 32, 34), "Q4_K": (12, 256, 144), "Q5_K": (13, 256, 176), "Q6_K": (14, 256, 210)}
COUNT = 4096  # values of a case


def library(name):
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    if folder is None:
        import llama_cpp
        folder = os.path.join(os.path.dirname(llama_cpp.__file__), "lib")
    return ctypes.CDLL(os.path.join(folder, name))


def words(seed, count):
    """Splitmix64's upper 32 bits."""
    state = (np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)


def uniform(seed, count=COUNT):
    """Multiples of 2⁻²³ from -1 to 1."""
    return ((words(seed, count) >> np.uint32(8)).astype(np.int32) - (1 << 23)).astype(np.float32) / np.float32(1 << 23)


def cases():
    f = np.float32
    u, v = uniform(1), uniform(2)
    sparse = np.where(words(3, COUNT) % np.uint32(37) == 0, u, f(0))
    outlier = u * f(0.01)
    outlier[::256] = f(50)
    outlier[1::512] = f(-60)
    integers = (words(4, COUNT) % np.uint32(33)).astype(np.int32) - 16
    bits = (words(5, COUNT) & np.uint32(0x807FFFFF)).view(np.float32)
    exponents = (((words(6, COUNT) % np.uint32(40)) + np.uint32(92)) << np.uint32(23)).view(np.float32)
    yield "uniform", u
    yield "bell", (u + v) + (uniform(7) + uniform(8))
    yield "weights", ((u + v) + (uniform(7) + uniform(8))) * f(0.02)
    yield "heavy tails", u * u * u * u * u
    yield "zeros", np.zeros(COUNT, f)
    yield "negative zeros", np.full(COUNT, -0.0, f)
    yield "constant", np.full(COUNT, 0.3, f)
    yield "negative constant", np.full(COUNT, -0.7, f)
    yield "two values", np.where(u > 0, f(1), f(-1))
    yield "positive", np.abs(u) + f(0.5)
    yield "negative", -np.abs(u) - f(0.25)
    yield "sparse", sparse
    yield "outlier", outlier
    yield "integers", integers.astype(f)
    yield "ties", integers.astype(f) * f(0.5)
    yield "ties of 127", np.where(np.arange(COUNT) % 32 == 5, f(127), integers.astype(f) + f(0.5))
    yield "ties of 31", np.where(np.arange(COUNT) % 16 == 3, f(-32), integers.astype(f) + f(0.5))
    yield "rising", (np.arange(COUNT) % 256).astype(f) * f(0.01) - f(1)
    yield "many scales", u * exponents
    yield "huge", u * f(60000)
    yield "tiny", u * f(1e-12)
    yield "below eps", u * f(1e-16)
    yield "vanishing", u * f(1e-37)
    yield "denormal", bits
    yield "denormal and normal", np.where(words(9, COUNT) % np.uint32(5) == 0, u, bits)
    mixed = u.copy()
    mixed[256:512] = 0
    mixed[512:768] *= f(1e-16)
    mixed[1024:1056] = f(0.125)
    yield "mixed", mixed
    yield "near half", (integers.astype(f) + f(0.49999997)) * f(0.0625)


if __name__ == "__main__":
    ggml = library("libggml-base.so")
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    found = {}
    for case, x in cases():
        x = np.ascontiguousarray(x, dtype=np.float32)
        assert x.shape == (COUNT,) and np.isfinite(x).all(), case
        entry = found[case] = {"input": hashlib.sha256(x.tobytes()).hexdigest()[:16]}
        for name, (number, block, size) in TYPES.items():
            out = np.zeros(COUNT // block * size, dtype=np.uint8)
            written = ggml.ggml_quantize_chunk(number, x.ctypes.data, out.ctypes.data, 0, COUNT // 1024, 1024, None)
            assert written == out.size, (case, name)
            entry[name] = hashlib.sha256(out.tobytes()).hexdigest()[:16]
            if case in ("weights", "outlier", "denormal") and block > 1:
                entry[name + " block"] = out[:size].tobytes().hex()
    with open("quantize.json", "w") as out:
        json.dump(found, out, indent=1)
        out.write("\n")
