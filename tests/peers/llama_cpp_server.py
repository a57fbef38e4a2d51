#!/usr/bin/env python3
"""Runs llama.cpp's real server on a GGUF file and a command against it.

    pip install xllamacpp                      # llama.cpp's own C++ server, prebuilt
    pip install "llama-cpp-python[server]"     # or the Python server over it, which takes long to build

    python3 tests/peers/llama_cpp_server.py MODEL.gguf -- cargo test --test pmtune endpoint:: -- --ignored
    python3 tests/peers/llama_cpp_server.py MODEL.gguf -- pmtune eval {endpoint}

`{endpoint}` in the command becomes `openai:http://127.0.0.1:PORT#peer`; the same stands in the environment variable
PMTUNE_TEST_ENDPOINT. The exit code is the command's. The server's own output goes to standard error when it fails.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request


XLLAMACPP = """
import sys, threading
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {"peer"}
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[2])
params.n_ctx, params.n_parallel = 4096, 4
server = xllamacpp.Server(params)
threading.Event().wait()
"""


def serve_command(model, port):
    if importlib.util.find_spec("xllamacpp"):
        return [sys.executable, "-c", XLLAMACPP, model, str(port)]
    serve = [sys.executable, "-m", "llama_cpp.server", "--model", model, "--model_alias", "peer"]
    return serve + ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(server, address, seconds=120):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            return False
        try:
            with opener.open(f"{address}/v1/models", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def main():
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__)
    model, command = sys.argv[1], sys.argv[3:]
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    endpoint = f"openai:{address}#peer"
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(serve_command(model, port), stdout=log, stderr=log)
        try:
            if not wait_until_ready(server, address):
                log.seek(0)
                sys.exit(log.read().decode(errors="replace") + "\nthe server did not start")
            command = [part.replace("{endpoint}", endpoint) for part in command]
            code = subprocess.run(command, env={**os.environ, "PMTUNE_TEST_ENDPOINT": endpoint}).returncode
        finally:
            server.terminate()
            server.wait()
    sys.exit(code)


if __name__ == "__main__":
    main()
