# Made by `pmtune suite import`: hands an answer to an assertion, and its verdict to pmtune.
import importlib.util
import json
import sys

THRESHOLD = @THRESHOLD@


def load(path, name):
    spec = importlib.util.spec_from_file_location("assertion", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def judge(output, context):
@BODY@


def verdict(said):
    if isinstance(said, bool):
        return {"pass": said}
    if isinstance(said, (int, float)):
        passed = said >= THRESHOLD if THRESHOLD is not None else said > 0
        return {"pass": passed, "score": min(max(float(said), 0.0), 1.0)}
    passed = said.get("pass", said.get("pass_"))
    told = {"pass": passed, "score": said.get("score"), "reason": said.get("reason")}
    return {key: value for key, value in told.items() if value is not None}


sys.stdin.reconfigure(encoding="utf-8")
asked = json.load(sys.stdin)
out, sys.stdout = sys.stdout, sys.stderr
said = judge(asked["answer"], {"vars": asked["variables"], "prompt": asked["prompt"]})
print(json.dumps(verdict(said)), file=out)
