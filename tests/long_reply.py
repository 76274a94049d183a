"""One long Markdown reply as a model sends it: 4,000 deltas of headings, paragraphs, lists, tables and code."""

import itertools
import random

DELTAS = 4_000
_WORDS = [
    "the",
    "model",
    "of",
    "a",
    "large",
    "and",
    "careful",
    "reply",
    "that",
    "goes",
    "on",
    "with",
    "numbers",
    "like",
    "42",
    "and",
    "**weights**",
    "or",
    "`names`",
]
_CODE = "```python\nfor row in table:\n    total = total + row['value'] * 0.5  # add\nprint(total)\n```\n\n"
_TABLE = (
    "| name | mean | deviation |\n|:--|--:|--:|\n| one | 1.25 | 0.5 |\n| two | 17.0 | 2.5 |\n| three | 4 | 9.5 |\n\n"
)


def long_reply(deltas=DELTAS):
    """Return so many deltas, always the same."""
    chance = random.Random(5)

    def blocks():
        for number in itertools.count(1):
            yield f"## Part {number}\n\n"
            for _ in range(3):
                yield " ".join(chance.choices(_WORDS, k=45)) + ".\n\n"
            yield "".join(f"- {' '.join(chance.choices(_WORDS, k=6))}\n" for _ in range(4)) + "\n"
            yield chance.choice((_CODE, _TABLE))

    def pieces():
        for block in blocks():
            place = 0
            while place < len(block):
                step = chance.randint(2, 7)
                yield block[place : place + step]
                place += step

    return list(itertools.islice(pieces(), deltas))
