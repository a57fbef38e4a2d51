"""How far the weights of exported files lie from those of the F16 file, and whether they are larger or smaller on average.

    pip install gguf
    pmtune export v3 --type F16 && pmtune export v3 --type Q5_K_M && …
    python3 benches/rounding_bias.py exports/PM-General-v3-{F16,Q8_0,Q5_K_M,Q4_K_M}/*.gguf

For each file after the first: the relative error of its rounded matrices, and the slope of the rounded weights on the exact ones
less 1, both as the mean over all matrices; 0.01 says that weights came out 1 % too large.
"""

import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize


def weights(tensor):
    return dequantize(tensor.data, tensor.tensor_type).astype(np.float64).ravel()


def main(exact, *files):
    exact = {tensor.name: tensor for tensor in GGUFReader(exact).tensors if len(tensor.shape) == 2}
    for file in files:
        errors, slopes, types = [], [], {}
        for tensor in GGUFReader(file).tensors:
            if tensor.name not in exact:
                continue
            want = weights(exact[tensor.name])
            off = weights(tensor) - want
            errors.append(np.linalg.norm(off) / np.linalg.norm(want))
            slopes.append(off @ want / (want @ want))
            types[tensor.tensor_type.name] = types.get(tensor.tensor_type.name, 0) + 1
        print(f"{file}: error {np.mean(errors):.4f}, slope {np.mean(slopes):+.5f}, {types}")


if __name__ == "__main__":
    main(*sys.argv[1:])
