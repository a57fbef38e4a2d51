"""Expected values for the similarity checks, written to similarity.json beside this file.

    python3 -m pip install rapidfuzz==3.14.6 rouge-score==0.1.2 sacrebleu==2.6.0
    python3 tests/oracle/similarity.py

BLEU and chrF are divided by 100. BLEU of two identical texts may come out a rounding error above 100; it is cut off.
"""

import json
import pathlib

import sacrebleu
from rapidfuzz.distance import Levenshtein
from rouge_score.rouge_scorer import RougeScorer

STORY = "As a mobile app user I want to log into my account securely so that I can access my content."
STORY_MARKED = (
    "**As a** mobile app user\n**I want to** log into my account securely\n**So that** I can access my content.\n\n"
    "**Acceptance Criteria:**\n- User can log in with email/password\n- Failed login shows an error\n"
)
UPDATE = (
    "TL;DR: the launch moves from March 15 to April 5 (3-week delay). The data migration is harder than planned; we "
    "added 2 senior engineers, simplified V1, and review progress daily. Impact on other projects: none."
)

# (answer, wanted)
PAIRS = [
    ("", ""),
    ("", "something"),
    ("something", ""),
    (" ", " "),
    ("a", "a"),
    ("a", "b"),
    ("ab", "ba"),
    ("The cat sat on the mat.", "The cat sat on the mat."),
    ("The cat sat on the mat.", "the cat sat on the mat"),
    ("The cat sat on the mat.", "On the mat sat the cat."),
    ("the the the the", "the cat"),
    ("the cat", "the the the the"),
    ("one two three", "one two three four five six seven"),
    ("one two three four five six seven", "one two three"),
    ("four words stand here", "four words stand there"),
    ("short", "a much longer text than that"),
    ("kitten", "sitting"),
    ("Retention rose 4.5% to 65%.", "Retention rose by 4.5 % to 65 %."),
    ("10,000 DAU by 2024-03-31", "14,000 DAU by 2024-03-31"),
    ("price: $1,299.99 (incl. VAT)", "price: $1299.99, incl. VAT"),
    ("Don't ship it!", "Do not ship it!"),
    ("Don’t ship it!", "Don't ship it!"),
    ("R&amp;D &lt;team&gt; said &quot;yes&quot;", 'R&D <team> said "yes"'),
    ("end-to-end tests", "end to end tests"),
    ("a hyphen-\nated word", "a hyphenated word"),
    ("line one\nline two", "line one line two"),
    ("tabs\tand  spaces", "tabs and spaces"),
    ("<skipped> text", "text"),
    ("naïve café résumé", "naive cafe resume"),
    ("naïve café résumé", "naïve café résumé"),
    ("ÉCOLE", "école"),
    ("Straße über Äcker", "Strasse ueber Aecker"),
    ("Запуск переносится на апрель", "Запуск продукта переносится на май"),
    ("発売を四月に延期します", "発売を五月に延期しました"),
    ("🚀 Launch 🎉", "Launch 🚀"),
    ("👩‍💻 builds", "👨‍💻 builds"),
    ("!!! ??? ...", "... ??? !!!"),
    ("1.5.2 v2 a.b.c", "1.5.3 v2 a.b"),
    ("3-week delay, 2-day fix", "3 week delay; 2 day fix"),
    ("As a user I want", STORY),
    (STORY, STORY),
    (STORY_MARKED, STORY),
    (STORY, STORY_MARKED),
    (UPDATE, STORY),
    (UPDATE, UPDATE.replace("April 5", "May 12").replace("senior ", "")),
    (UPDATE * 6, UPDATE * 5 + STORY),
    (" ".join(f"item {i} of the plan" for i in range(80)), " ".join(f"item {i * 2} of a plan" for i in range(60))),
    ("[link](https://example.com/a?b=c&d=e) {x} ~y~ `z` ^ | \\", "link {x} y z"),
]


def main():
    rouge = RougeScorer(["rouge1", "rouge2", "rouge3", "rougeL"], use_stemmer=False)
    rows = []
    for answer, wanted in PAIRS:
        scores = {name: score.fmeasure for name, score in rouge.score(wanted, answer).items()}
        rows.append({
            "answer": answer,
            "wanted": wanted,
            "levenshtein": Levenshtein.normalized_similarity(answer, wanted),
            "rouge_1": scores["rouge1"],
            "rouge_2": scores["rouge2"],
            "rouge_3": scores["rouge3"],
            "rouge_l": scores["rougeL"],
            "bleu": min(sacrebleu.sentence_bleu(answer, [wanted]).score / 100, 1.0),
            "chrf": sacrebleu.sentence_chrf(answer, [wanted]).score / 100,
        })
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} pairs written to {path.name}")


if __name__ == "__main__":
    main()
