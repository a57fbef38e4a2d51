#!/usr/bin/env python3
"""Stands in for an engine that answers a batch file, with everything that can go wrong on the way.

    python3 tests/peers/batch_stand_in.py BATCH OUT [--shuffle] [--drop N] [--fail N] [--double N] [--cut] [--ignore-adapters]

An answer is made of the model's name and the question, so that a wrong one is seen. --drop leaves out the first N lines,
--fail refuses the next N with a status of 400 or an error, --double writes N answers twice, --cut breaks the last line off in
its middle, --ignore-adapters answers as the base whatever version is asked, as an engine does that knows none of an
adapter's layers.
"""

import argparse
import hashlib
import json
import random


def answer(model, body):
    asked = json.dumps(body["messages"], sort_keys=True) + str(body.get("seed"))
    return f"{model} says {hashlib.sha256((model + asked).encode()).hexdigest()[:12]}"


def good(line, ignore):
    body = line["body"]
    text = answer("base" if ignore else body["model"], body)
    reply = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }
    response = {"status_code": 200, "request_id": "r", "body": reply}
    return {"id": "vllm-1", "custom_id": line["custom_id"], "response": response, "error": None}


def bad(line, number):
    if number % 2:
        return {"id": "vllm-1", "custom_id": line["custom_id"], "response": None, "error": "the engine ran out of memory"}
    body = {"error": {"message": "the prompt is too long", "type": "BadRequestError", "code": 400}}
    response = {"status_code": 400, "request_id": "r", "body": body}
    return {"id": "vllm-1", "custom_id": line["custom_id"], "response": response, "error": None}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("batch")
    parser.add_argument("out")
    for flag in ["--shuffle", "--cut", "--ignore-adapters"]:
        parser.add_argument(flag, action="store_true")
    for flag in ["--drop", "--fail", "--double"]:
        parser.add_argument(flag, type=int, default=0)
    args = parser.parse_args()
    with open(args.batch, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    kept = lines[args.drop :]
    answers = [bad(line, n) for n, line in enumerate(kept[: args.fail])]
    answers += [good(line, args.ignore_adapters) for line in kept[args.fail :]]
    answers += answers[len(answers) - args.double :] if args.double else []
    if args.shuffle:
        random.Random(0).shuffle(answers)
    text = "".join(json.dumps(line) + "\n" for line in answers)
    if args.cut:
        last = text.rstrip("\n").rfind("\n") + 1
        text = text[: last + (len(text) - last) // 2]
    with open(args.out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
