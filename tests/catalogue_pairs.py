"""python -m tests.catalogue_pairs: what drawn firms read as *Éligible* and *Très probable*, to read against sources.

On the database of DATABASE_URL, loaded by ``load_reference``. The same pairs each time for a catalogue, and nearly the
same once a sheet was edited: each pair has its own place in the draw. The rows go to docs/catalogue-pairs.md, where a
reader says of each which words of its source decide.
"""

import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import django

N_PAIRS = 60
SEED = 2033  # fixed after the last edit of a sheet
TOLD = ("commune", "naf", "headcount", "legal_category", "created_on")


def rows() -> Iterator[str]:
    """Yield the pairs of both words as rows of a table."""
    from backend.matchmaking.standing import Standing
    from backend.web.management.commands.measure_catalogue import DAYS, N_FIRMS
    from backend.web.management.commands.measure_catalogue import SEED as FIRMS
    from backend.web.management.measuring import asked_by_the_form, listed
    from backend.web.management.simulation import Draw, answers_to

    on = date.fromisoformat(DAYS[0])
    draw, form = Draw(FIRMS, on=on), asked_by_the_form()
    firms = [draw.firm() for _ in range(N_FIRMS)]
    for word in (Standing.ELIGIBLE, Standing.LIKELY):
        pairs = []
        for number, firm in enumerate(firms):
            need, said = next(iter(firm.needs)), answers_to(form, firm)
            about = f"{number} : {', '.join(str(said[fact]) for fact in TOLD)}"
            pairs += [(one.item.scheme_key, need, about) for one in listed(said, need, on=on) if one.word == word]
        for key, need, about in sorted(sorted(pairs, key=place)[:N_PAIRS]):
            yield f"| {word.label} | {key.partition(':')[2]} | {need} | {about} |"


def place(pair: tuple[str, str, str]) -> bytes:
    """Return where a pair stands in the draw, whatever the others are."""
    return sha256("/".join([str(SEED), *pair]).encode()).digest()


if __name__ == "__main__":
    django.setup()
    sys.stdout.writelines(f"{row}\n" for row in rows())
