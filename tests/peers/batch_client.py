#!/usr/bin/env python3
"""Answers a batch file through a server with OpenAI's chat completions, several at a time, as answers come.

    python3 tests/peers/llama_cpp_server.py MODEL.gguf -- python3 tests/peers/batch_client.py job/batch.jsonl job/out/1.jsonl

The server's address is that of PMTUNE_TEST_ENDPOINT (openai:URL#model), and every line is asked of its one model.
"""

import concurrent.futures
import json
import os
import sys
import urllib.error
import urllib.request


def ask(url, model, line):
    body = dict(line["body"], model=model)
    request = urllib.request.Request(url + "/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    told = {"id": "peer", "custom_id": line["custom_id"], "response": None, "error": None}
    try:
        with opener.open(request, timeout=600) as response:
            told["response"] = {"status_code": 200, "request_id": "peer", "body": json.load(response)}
    except urllib.error.HTTPError as error:
        told["response"] = {"status_code": error.code, "request_id": "peer", "body": {"error": {"message": error.read().decode()}}}
    except OSError as error:
        told["error"] = str(error)
    return told


def main():
    address, model = os.environ["PMTUNE_TEST_ENDPOINT"].removeprefix("openai:").split("#")
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    with open(sys.argv[2], "w", encoding="utf-8") as out, concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in concurrent.futures.as_completed([pool.submit(ask, address, model, line) for line in lines]):
            out.write(json.dumps(done.result()) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
