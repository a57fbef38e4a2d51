"""Streams of `pmtune serve` (or of any OpenAI-compatible server), 1, 4, 8 and 16 at once. Python's standard library only.

pmtune serve                                    # in another terminal
python3 benches/serve_streams.py http://127.0.0.1:7689/v1 MODEL [tokens=128]

For each: seconds to the first text, and tokens a second over all streams together. For pmtune also what the server adds to
the engine's own time, which it tells in `timings`: from sending the request to the end, less that.
"""

import http.client
import json
import sys
import threading
import time
from statistics import median
from urllib.parse import urlparse

TASKS = ["Write a status update", "Draft a user story", "Summarise the risks", "Plan the launch"]


def stream(base, model, tokens, number, out):
    body = {
        "model": model, "max_tokens": tokens, "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": f"{TASKS[number % len(TASKS)]} for release {number}, at length."}],
    }
    address, begun, first, engine = urlparse(base), time.perf_counter(), None, None
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("POST", address.path + "/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    for line in connection.getresponse():
        if not line.startswith(b"data: {"):
            continue
        piece = json.loads(line[6:])
        if first is None and any((choice.get("delta") or {}).get("content") for choice in piece["choices"]):
            first = time.perf_counter() - begun
        engine = piece.get("timings", {}).get("predicted_ms", engine)
        written = (piece.get("usage") or {}).get("completion_tokens", 0)
    out.append((first or 0, written, time.perf_counter() - begun, engine))


def main(base, model, tokens=128):
    stream(base, model, 8, 0, [])  # warm
    number = 1
    print("streams  first text, s  tokens/s  added by the server")
    for count in (1, 4, 8, 16):
        out, begun = [], time.perf_counter()
        threads = [threading.Thread(target=stream, args=(base, model, tokens, number + i, out)) for i in range(count)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        seconds, number = time.perf_counter() - begun, number + count
        added = [wall / (engine / 1000) - 1 for _, _, wall, engine in out if engine]
        told = f"{median(added):.1%}" if added else "-"
        first = median(first for first, *_ in out)
        print(f"{count:7}  {first:13.2f}  {sum(written for _, written, *_ in out) / seconds:8.1f}  {told:>19}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
