"""What short requests get in the many ways to open one: the words that open it say nothing of what is wanted.

    python -m benchmarks.openings [N]

It needs a database with the reference data. N short requests of what to do that the language has learnt (400), as
they are and after each opening: the share of which the right sub-need is surely heard, and of those that nothing is
heard in.
"""

import os
import sys
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

import yaml  # noqa: E402

from backend.matchmaking import engine  # noqa: E402
from matching.sentences import Span, opens_with_infinitive  # noqa: E402
from tests.matchmaking.test_requests_in_words import OPENINGS  # noqa: E402
from tests.reference import ROOT  # noqa: E402

SEED = 3


def main(n: int) -> None:
    known = [
        (text.strip().rstrip("."), needs)
        for path in sorted((ROOT / "fixtures" / "sentences" / "short").glob("*.yaml"))
        for text, needs in yaml.safe_load(path.read_text())["said"]
        if opens_with_infinitive(text, Span(0, len(text)))
    ]
    asked = Random(SEED).sample(known, n)  # noqa: S311
    sure, likely = engine.active_weights()[1].sure / 100.0, engine.active_weights()[1].likely / 100.0
    print(f"{'':56}{'right':>8}{'nothing':>9}")
    for opening in ("", *OPENINGS):
        found = [
            engine.understand(f"{opening}{text[0].lower() if opening else text[0]}{text[1:]}", ()) for text, _ in asked
        ]
        first = [max(((need.probability, need.sub_need) for need in each.needs), default=(0.0, "")) for each in found]
        right = sum(chance >= sure and need in needs for (chance, need), (_, needs) in zip(first, asked, strict=True))
        print(f"{opening:56}{right / n:8.1%}{sum(chance < likely for chance, _ in first) / n:9.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
