#!/usr/bin/env python3
"""Ray itself runs what `pmtune job eval --engine ray` writes, on a cluster of its own, while one of its machines dies.

    pip install ray
    python3 tests/peers/ray_job.py --pmtune target/release/pmtune [--shards 6] [--cases 36]

Two worker nodes run the shards of a small suite on the default base. Once the first shard is back, one node is killed with
what it is doing, and later another one comes. It fails where the merged run is not, record by record, what one machine
answers alone.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from ray.cluster_utils import Cluster


def run(*command, cwd, **more):
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def records(workspace, keep):
    """The records of the one run that `keep` names, less what the clock says."""
    runs = [path.parent for path in workspace.glob("reports/*/run.json") if keep(json.loads(path.read_text()))]
    assert len(runs) == 1, runs
    lines = []
    for line in (runs[0] / "results.jsonl").read_text().splitlines():
        record = json.loads(line)
        record.pop("at")
        record["answer"].pop("seconds")
        lines.append(record)
    # One machine writes them as they come, a merge in the order of the plan.
    return sorted(lines, key=lambda record: (record["case"], record["repeat"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pmtune", default="pmtune")
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--cases", type=int, default=36)
    args = parser.parse_args()
    pmtune = shutil.which(args.pmtune) or os.path.abspath(args.pmtune)
    root = pathlib.Path(tempfile.mkdtemp())
    workspace = root / "workspace"
    (workspace / "suites").mkdir(parents=True)
    (workspace / "pmtune.yaml").write_text("line: PM\nsampling: {max-tokens: 96, temperature: 0.8}\n")
    case = "  - {{id: c{0}, split: held-out, repeat: 2, prompt: Write a user story about topic {0}, checks: [{{type: contains, value: a}}]}}\n"
    cases = "".join(case.format(n) for n in range(args.cases))
    (workspace / "suites/s.yaml").write_text("category: c\ncases:\n" + cases)
    run(pmtune, "job", "eval", "base", "--engine", "ray", "--shards", args.shards, "-o", root / "job", cwd=workspace)

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    command = [sys.executable, root / "job/ray_eval.py", "--workspace", workspace, "--output", root / "shards", "--pmtune", pmtune,
               "--cpus", 1]
    started = time.monotonic()
    script = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env={**os.environ, "RAY_ADDRESS": cluster.address})
    here = []
    for line in script.stdout:
        if "is here" not in line:
            continue
        here.append(line)
        print(f"{time.monotonic() - started:6.1f} s  {line.strip()}", flush=True)
        if len(here) == 1:
            # In the middle of its next shard.
            time.sleep(1.5)
            cluster.remove_node(nodes[1], allow_graceful=False)
            print(f"{time.monotonic() - started:6.1f} s  one node is dead", flush=True)
        if len(here) == 2:
            cluster.add_node(num_cpus=1)
    code = script.wait()
    seconds = time.monotonic() - started
    cluster.shutdown()
    if code != 0:
        sys.exit(f"the script ended with {code}")
    run(pmtune, "runs", "merge", root / "shards", cwd=workspace)
    merged = records(workspace, lambda manifest: manifest.get("merged_from"))
    run(pmtune, "eval", "base", "--no-cache", cwd=workspace)
    alone = records(workspace, lambda manifest: not manifest.get("merged_from"))
    if merged != alone:
        sys.exit("the merged run is not the run of one machine")
    print(f"{len(merged)} answers of {args.shards} shards in {seconds:.0f} s, none lost, none twice, all as one machine gives them")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
