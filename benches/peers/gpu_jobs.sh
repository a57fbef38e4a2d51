#!/usr/bin/env bash
# Both kinds of job on a machine with an NVIDIA card, TRL and vLLM for real. It needs pmtune on the PATH, a workspace with
# training data and suites, the hub or BASE=FOLDER with the base's full weights, and two virtual environments, for the two
# pin different things:
#
#   python3 -m venv trl && trl/bin/pip install -r FOLDER/train/requirements.txt      # written by the first line below
#   python3 -m venv vllm && vllm/bin/pip install vllm==0.33.0
#   benches/peers/gpu_jobs.sh WORKSPACE FOLDER trl vllm
#
# It prints what each took and what came back. Never run by CI. Of its steps the training and its import have run on a card;
# vLLM has not.
set -euo pipefail
workspace=$1 folder=$2 trl=$(realpath "$3") vllm=$(realpath "$4")
mkdir -p "$folder"
folder=$(realpath "$folder")
run() { pmtune --workspace "$workspace" "$@"; }

[ -d "$folder/train" ] || run job train gpu-v1 -o "$folder/train"
time PATH="$trl/bin:$PATH" "$folder/train/run.sh"
run job import "$folder/train"

[ -d "$folder/eval" ] || run job eval base gpu-v1 -o "$folder/eval"
time PATH="$vllm/bin:$PATH" "$folder/eval/run.sh"
# Exit code 3 where something is missing or the adapter was passed over.
run job import "$folder/eval"
run job eval --missing "$folder/eval"
run compare base gpu-v1
