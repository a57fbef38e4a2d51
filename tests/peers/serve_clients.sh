#!/usr/bin/env bash
# The clients that people use, against `pmtune serve` on this workspace, installed into FOLDER.
#
#     tests/peers/serve_clients.sh PMTUNE FOLDER
#
# Clients that cannot be installed on this machine are named and left out; exit code 1 where one of the others finds a fault.
set -euo pipefail
pmtune=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
peers=$(dirname "$(realpath "$0")")

said=$(mktemp)
"$pmtune" serve --port 0 >"$said" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$said"' EXIT
for _ in $(seq 300); do
  grep -q 'ends it' "$said" && break
  kill -0 "$server" 2>/dev/null || { cat "$said"; exit 1; }
  sleep 0.2
done
address=$(grep -o 'http://[^ ]*/v1' "$said" | head -n 1)

if python3 -m venv "$folder/python" && "$folder/python/bin/python3" -m pip install --quiet --disable-pip-version-check \
  openai==2.54.0 litellm==1.110.2 llama-index-llms-openai-like==0.8.1; then
  "$folder/python/bin/python3" "$peers/serve_openai.py" "$address"
  "$folder/python/bin/python3" "$peers/serve_frameworks.py" "$address"
else
  echo "the Python clients cannot be had here: left out"
fi
if command -v npm >/dev/null && (cd "$folder" && npm install --silent --no-save ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7); then
  (cd "$folder" && node "$peers/serve_ai_sdk.mjs" "$address")
else
  echo "the AI SDK cannot be had here: left out"
fi
