"""Logits and greedy continuations of the default base by transformers in f32 (real_model.json).

Run from the repository root: python3 tests/oracle/real_model.py MODEL.gguf   (needs torch, transformers, gguf)
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

PROMPTS = [
    "Write a user story for exporting a report as CSV.",
    "What is the difference between an outcome and an output?",
    "List three risks of launching a feature without user research.",
    "Define churn rate and give its formula.",
    "Turn this into an OKR: we want customers to stay longer.",
    "Summarise for executives: the release slips by two weeks because of a failing payment test.",
    "Rank these by impact: dark mode, faster search, single sign-on.",
    "Write acceptance criteria for a password reset, in Given/When/Then form.",
    "Explain RICE scoring with an example: reach 2,500, impact 2, confidence 80%, effort 3.",
    "Antworte auf Deutsch: Was macht ein Produktmanager?",
]
NEW_TOKENS = 64


def main():
    path = Path(sys.argv[1])
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    positions = list(range(0, model.config.vocab_size, model.config.vocab_size // 64))[:64]
    cases = []
    for prompt in PROMPTS:
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], add_generation_prompt=True, return_dict=False
        )
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1]
            # No end token, so that every prompt gives 64 tokens; and a mask of our own, since the one transformers makes up
            # leaves out `<|im_end|>`, which is also this model's pad token.
            inputs = torch.tensor([ids])
            tokens = model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=NEW_TOKENS,
                do_sample=False,
                eos_token_id=-1,
                pad_token_id=2,
            )[0, len(ids) :].tolist()
        top = logits.topk(5)
        cases.append(
            {
                "prompt": ids,
                "tokens": tokens,
                "top": [[i, round(v, 5)] for i, v in zip(top.indices.tolist(), top.values.tolist())],
                "logits": [round(v, 5) for v in logits[positions].tolist()],
            }
        )
        print(tokenizer.decode(tokens), file=sys.stderr)
    out = {"positions": positions, "cases": cases}
    Path("tests/oracle/real_model.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
