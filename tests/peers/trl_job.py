#!/usr/bin/env python3
"""TRL itself trains what `pmtune job train` writes, on processors, and `pmtune job import` takes it back.

    python3 -m venv trl && trl/bin/pip install -r JOB/requirements.txt      # of any job that was written
    trl/bin/python tests/peers/trl_job.py --pmtune target/release/pmtune [--keep FOLDER]

The same 21 examples of training-data/ are trained on three times from the default base, which `pmtune export` wrote in
full: by TRL in one process, by TRL in two (torchrun, gloo) with the same batch, and by `pmtune train`. It fails where an
adapter is not taken in, where the loss of the validation examples does not fall by 2 %, or where one process and two
differ in the loss of a step by more than --tolerance. It prints the losses of every step.
"""

import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
TRAINING = 16
RECIPE = ["--epochs", "2", "--batch-size", "4", "--dropout", "0", "--context-length", "512",
          "--learning-rate", "1e-3"]
SUITE = """category: sums
cases:
"""


def run(*command, cwd, codes=(0,), **environment):
    started = time.monotonic()
    done = subprocess.run([str(part) for part in command], cwd=cwd, env={**os.environ, **environment},
                          capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout, time.monotonic() - started


def examples(workspace, pmtune):
    """As many examples as leave 16 to train on, so that no step is short and none is filled up."""
    lines = []
    for file in sorted((HERE / "training-data").glob("*/*.jsonl")):
        rows = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        lines += [line for line in rows if 200 < len(line) < 900 and "\"instruction\"" in line][:3]
    target = workspace / "training-data/mixed/some.jsonl"
    target.parent.mkdir(parents=True)
    for count in range(TRAINING + 5, len(lines)):
        target.write_text("\n".join(lines[:count]) + "\n", encoding="utf-8")
        said, _ = run(pmtune, "data", "split", "--json", cwd=workspace, codes=(0, 1, 2))
        try:
            if json.loads(said)["training"] == TRAINING:
                return count
        except (ValueError, KeyError):
            return count
    sys.exit("no number of examples leaves 16 to train on")


def trl(job, name, processes, python):
    threads = str(max(1, (os.cpu_count() or 2) // processes))
    environment = {"OMP_NUM_THREADS": threads, "DEVICE": "cpu", "PATH": f"{python.parent}:{os.environ['PATH']}", 
                   "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    _, seconds = run("./run.sh", cwd=job, **environment)
    states = sorted(job.glob(f"out/{name}/checkpoint-*/trainer_state.json"), key=lambda path: path.stat().st_mtime)
    history = json.loads(states[-1].read_text())["log_history"]
    return [step["loss"] for step in history if "loss" in step], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pmtune", default="pmtune")
    parser.add_argument("--keep", help="a folder that stays")
    parser.add_argument("--tolerance", type=float, default=2e-3, help="in nats a token")
    args = parser.parse_args()
    pmtune = shutil.which(args.pmtune) or os.path.abspath(args.pmtune)
    python = pathlib.Path(sys.executable)
    root = pathlib.Path(args.keep or tempfile.mkdtemp()).absolute()
    workspace = root / "workspace"
    workspace.mkdir(parents=True)
    (workspace / "pmtune.yaml").write_text("line: PM\n")
    count = examples(workspace, pmtune)
    case = "  - {{id: c{0}, split: held-out, prompt: What is {0} and {0}?, reference: It is {1}.}}\n"
    (workspace / "suites").mkdir()
    (workspace / "suites/sums.yaml").write_text(SUITE + "".join(case.format(n, 2 * n) for n in range(4)))
    # What is proven of so few cases is little: the folder is what is wanted.
    run(pmtune, "export", "base", "--format", "hf", "--type", "F32", "--output", root / "base", cwd=workspace, codes=(0, 100))
    base = next((root / "base").glob("*/config.json")).parent
    told = {}
    for name, processes in [("one-v1", "1"), ("two-v1", "2")]:
        run(pmtune, "job", "train", name, "--processes", processes, "--hub-base", base, "-o", root / name, *RECIPE, cwd=workspace)
        told[name] = trl(root / name, name, int(processes), python)
        print(run(pmtune, "job", "import", root / name, cwd=workspace)[0].strip())
    _, seconds = run(pmtune, "train", "--name", "ours-v1", *RECIPE, cwd=workspace)
    with open(workspace / "models/ours-v1/loss.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ours = [float(row["loss"]) for row in rows if row.get("kind", row.get("split", "train")).startswith("train")]
    told["ours-v1"] = (ours, seconds)
    print(f"\n{count} examples, {TRAINING} of them trained on; loss of each step")
    for name, (losses, seconds) in told.items():
        print(f"{name:8} {seconds:6.0f} s  " + " ".join(f"{loss:.4f}" for loss in losses))
    apart = max(abs(a - b) for a, b in zip(told["one-v1"][0], told["two-v1"][0]))
    print(f"one process and two differ by at most {apart:.1e} nats in the loss of a step")
    faults = [] if apart <= args.tolerance else [f"one process and two differ by {apart}"]
    for name in told:
        text = (workspace / f"models/{name}/manifest.yaml").read_text()
        number = lambda key: float(next(line for line in text.splitlines() if line.strip().startswith(key + ":")).split(":")[1])
        before, after = number("validation-loss-before"), number("validation-loss")
        print(f"{name:8} validation loss, measured by pmtune: {before:.4f} -> {after:.4f}")
        if after > 0.98 * before:
            faults.append(f"{name} hardly learnt: {before} -> {after}")
    if not args.keep:
        shutil.rmtree(root)
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
