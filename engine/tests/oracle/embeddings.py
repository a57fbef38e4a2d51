"""Expected values for the `similar` check.

    python3 -m pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0
    python3 tests/oracle/embeddings.py tiny          # makes tiny-bert/ with its expected.json
    python3 tests/oracle/embeddings.py real FOLDER   # makes embeddings.json from all-MiniLM-L6-v2 in FOLDER

Mean pooling over the attention mask, then the cosine, as sentence-transformers does. Texts longer than the window are
cut into windows without overlap, each framed by [CLS] and [SEP], and all their tokens are averaged.
"""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel, BertTokenizerFast

HERE = pathlib.Path(__file__).parent

PAIRS = [
    ("The launch is delayed by three weeks.", "We ship three weeks later than planned."),
    ("The launch is delayed by three weeks.", "Bananas are rich in potassium."),
    ("As a user I want to log in", "As a user I want to log in"),
    ("Increase daily active users by 40%", "Grow DAU from 10,000 to 14,000"),
    ("NAÏVE Café!", "naive cafe"),
    ("one", "two"),
    ("早上好", "good morning"),
    ("plan the launch " * 30, "plan the launch"),
    ("the data migration is harder than planned, so the launch moves to April. " * 25, "The launch moves to April."),
    ("", "something"),
]


def tiny(folder):
    torch.manual_seed(7)
    words = "the launch is delayed by three weeks we ship than planned plan data to a as user i want log in one two , . ! %"
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words.split(), "later", "##s", "##er", "##ed", "n", "##a"]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(vocab), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=16, initializer_range=0.5,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(folder)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 12}\n')
    (folder / "expected.json").write_text(expected(model, tokenizer, 12), encoding="utf-8")


def real(folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    # The frame by hand must be what the model's own tokenizer does.
    own = BertTokenizerFast.from_pretrained(folder)(PAIRS[0][0])["input_ids"]
    assert own == frame(tokenizer, tokenizer.encode(PAIRS[0][0], add_special_tokens=False).ids)
    (HERE / "embeddings.json").write_text(expected(model, tokenizer, 256), encoding="utf-8")


def frame(tokenizer, ids):
    return [tokenizer.token_to_id("[CLS]"), *ids, tokenizer.token_to_id("[SEP]")]


@torch.no_grad()
def embed(model, tokenizer, window, text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    parts = [frame(tokenizer, ids[i : i + window - 2]) for i in range(0, len(ids), window - 2)]
    if not parts:
        return None
    hidden = torch.cat([model(input_ids=torch.tensor([part])).last_hidden_state[0] for part in parts])
    return hidden.double().mean(0)


def expected(model, tokenizer, window):
    rows = []
    for a, b in PAIRS:
        x, y = (embed(model, tokenizer, window, text) for text in (a, b))
        cosine = 0.0 if x is None or y is None else torch.cosine_similarity(x, y, dim=0).item()
        rows.append({"a": a, "b": b, "cosine": cosine})
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["tiny"]:
        tiny(HERE / "tiny-bert")
    elif len(sys.argv) == 3 and sys.argv[1] == "real":
        real(pathlib.Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
