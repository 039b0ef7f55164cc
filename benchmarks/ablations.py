"""What each part of the reading of texts brings, on the half of the judged requests that is used for tuning.

    python -m benchmarks.ablations

It needs a database with the reference data. Each row leaves one thing out of the reading in force, or puts a plainer
way in its place; the probability of a need is fitted again for each of them, thresholds stay.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

import matching  # noqa: E402
from backend.matchmaking import engine  # noqa: E402
from backend.matchmaking.engine import needs  # noqa: E402
from backend.matchmaking.evaluation.disturbed import VARIANTS  # noqa: E402
from backend.matchmaking.evaluation.families import Told, told  # noqa: E402
from backend.matchmaking.evaluation.fitting import fit_certainty  # noqa: E402
from backend.matchmaking.evaluation.goals import HOPELESS  # noqa: E402
from backend.matchmaking.evaluation.judgements import load_judgements, load_labelled  # noqa: E402
from backend.matchmaking.language import examples  # noqa: E402
from backend.schemes.models import Scheme  # noqa: E402

FAMILIES = ("ordinary", "short", "long", "multi", "preferences")
Parts = dict[str, float]
NO_FILLER: Parts = {"IS_FILLER": 2.0, "LIKE_FILLER": 2.0}  # no share is so great
NO_SENTENCE: Parts = {"ONE": 0.0}


def main() -> None:
    print(f"{'':38}{'nDCG@10':>8}{'framed':>8}  right: {'  '.join(FAMILIES)}  hopeless answered  to confirm  nothing")
    row("in force")
    row("no filler left out", reading=NO_FILLER)
    row("no best sentence", reading=NO_SENTENCE)
    row("statements weigh as much as requests", reading={"STATEMENT": 1.0})
    row("the pipeline on whole messages", reading=NO_FILLER | NO_SENTENCE)
    row("no means of schemes", points={"words": 0.0})
    row("one band: sure is likely", points={"sure": 50.0, "likely": 50.0})
    with learnt_without_pieces():
        row("no pieces of words")


def row(name: str, *, reading: Parts | None = None, points: Parts | None = None) -> None:
    """Print how the requests fare with some constants of the reading and some points changed."""
    weight_set, weights = engine.active_weights()
    labelled = [each for each in load_labelled() if not each.held_out]
    grades = {judged.id: judged.grades for judged in load_judgements(Scheme.OWN)}
    with ExitStack() as stack:
        for constant, value in (reading or {}).items():
            stack.enter_context(patch(f"matching.needs.{constant}", value))
        stack.enter_context(fitted_again())
        changed = (weight_set, replace(weights, **(points or {})))
        stack.enter_context(patch("backend.matchmaking.engine.active_weights", return_value=changed))
        plain, framed = (told(labelled, VARIANTS[variant]) for variant in ("as written", "framed"))
    families = {family: [one for one in plain if one.labelled.family == family] for family in (*FAMILIES, HOPELESS)}
    of_needs = [one for family in FAMILIES for one in families[family]]
    right = "  ".join(f"{share(families[family], is_right):{len(family)}.1%}" for family in FAMILIES)
    print(
        f"{name:38}{gain(plain, grades):8.3f}{gain(framed, grades):8.3f}         {right}"
        f"  {share(families[HOPELESS], lambda one: one.reply == engine.Reply.ANSWERED):17.1%}"
        f"  {share(of_needs, lambda one: one.reply == engine.Reply.TO_CONFIRM):10.1%}"
        f"  {share(of_needs, lambda one: one.reply == engine.Reply.NOTHING):7.1%}",
        flush=True,
    )


def is_right(one: Told) -> bool:
    return one.reply == engine.Reply.ANSWERED and one.said.sure[:1] != () and one.said.sure[0] in one.labelled.needs


def share(found: list[Told], holds: Callable[[Told], bool]) -> float:
    return sum(map(holds, found)) / len(found)


def gain(found: list[Told], grades: dict[str, dict[str, float]]) -> float:
    """Return the mean nDCG@10 of the needs among them that readers graded our catalogue for."""
    gains = []
    for one in found:
        could = {key: grade for key, grade in grades.get(one.id, {}).items() if key in one.possible}
        if max(could.values(), default=0.0) >= engine.RELEVANT:
            gains.append(engine.ndcg([could.get(key, 0.0) for key in one.listed], [*could.values()], 10))
    return sum(gains) / len(gains)


@contextmanager
def fitted_again() -> Iterator[None]:
    """Read with a probability of needs that is fitted for what is changed."""
    needs.reader_of.cache_clear()
    coefficients, _ = fit_certainty()
    needs.reader_of.cache_clear()
    with patch("backend.matchmaking.engine.needs.certainty", return_value=matching.Certainty(**coefficients)):
        yield
    needs.reader_of.cache_clear()


@contextmanager
def learnt_without_pieces() -> Iterator[None]:
    """Learn the language again from words and pairs of them alone, and read with that."""
    from matching import terms

    with patch("matching.terms.PIECES", ()):
        terms.places_of_stem.cache_clear()
        language = matching.Language.learn(examples())
        with patch("backend.matchmaking.engine.needs.language_of", return_value=language):
            engine.catalogue(Scheme.OWN)._centroids.cache_clear()
            with patch("backend.matchmaking.engine.compiled.language_of", return_value=language):
                yield
    terms.places_of_stem.cache_clear()


if __name__ == "__main__":
    main()
