"""Token ids of the default base's tokenizer, by the Python library `tokenizers`.

    python3 tests/oracle/real_tokenizer.py MODEL.gguf > tests/oracle/real_tokenizer.json

Vocabulary and merges come from the GGUF file; the pipeline is the one in SmolLM2's published tokenizer.json: single
digits, then GPT-2's byte level. (Loading the file with `AutoTokenizer.from_pretrained(gguf_file=...)` is no oracle: it
leaves out the digit split. `--compare` counts the strings on which that differs.)
"""

import json
import sys

from gguf import GGUFReader
from strings import strings
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


def load(path):
    fields = GGUFReader(path).fields
    value = lambda key: fields["tokenizer." + key].contents()
    tokens, kinds = value("ggml.tokens"), value("ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in value("ggml.merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t, k in zip(tokens, kinds) if k == 3])
    return tokenizer, value("chat_template")


CONVERSATIONS = [
    [("user", "Hi")],
    [("system", "You are terse."), ("user", "Write 1 user story.\n\nKeep it short."), ("assistant", "As a PM, …"), ("user", "\nAnother")],
    [("user", "  leading and trailing  \n\n")],
    [("user", ""), ("assistant", ""), ("user", "我们有 12,345 个用户 🚀")],
]


def main(path):
    tokenizer, template = load(path)
    texts = strings()
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    if "--compare" in sys.argv:
        from transformers import AutoTokenizer
        other = AutoTokenizer.from_pretrained(path.rpartition("/")[0] or ".", gguf_file=path.rpartition("/")[2])
        differ = [t for t, i in zip(texts, ids) if other.encode(t, add_special_tokens=False) != i]
        print(len(differ), "of", len(texts), "differ, without a digit:", [t for t in differ if not any(c.isnumeric() for c in t)][:5])
        return
    from templates import render
    conversations = []
    for conversation in CONVERSATIONS:
        messages = [{"role": role, "content": content} for role, content in conversation]
        text = render(template, messages, True, bos_token="<|im_start|>", eos_token="<|im_end|>")
        conversations.append({"messages": messages, "text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids})
    # The vocabulary lacks some bytes (most control characters, bytes that UTF-8 never has): those are lost, so that
    # decoding does not always give the text back.
    decoded = {i: tokenizer.decode(ids[i]) for i in range(len(ids)) if tokenizer.decode(ids[i]) != texts[i]}
    json.dump({"strings": texts, "ids": ids, "lossy": decoded, "conversations": conversations}, sys.stdout,
              ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1])
