"""What was aimed at for requests that look like life, as measured.

Means have bootstrap intervals, shares those of E. B. Wilson (1927).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.common.percents import wilson_interval
from backend.matchmaking import engine
from backend.matchmaking.cards import unsaved
from backend.matchmaking.evaluation.disturbed import VARIANTS
from backend.matchmaking.evaluation.families import Told, told
from backend.matchmaking.evaluation.judgements import load_judgements, load_labelled
from backend.matchmaking.evaluation.table import FIRST, LISTED
from backend.matchmaking.first_five import parts_of
from backend.schemes.models import Scheme

Reply = engine.Reply
SHOWN = ("as written", "framed", "mistyped")
HOPELESS = "hopeless"
ASKED = 2.0  # mean label of a sub-need from which it is asked for, and not only thought of by an adviser
SERVES = 0.4  # weight from which a scheme is an answer to a sub-need
UNWANTED, ENOUGH = "no_loan", 0.5  # what goes against no preference and serves half as well comes before a loan


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure of some requests, its 95 % interval, and what it should reach (at least, or at most)."""

    name: str
    n: int
    value: float
    low: float
    high: float
    reach: str


def measure_goals(*, held_out: bool) -> Iterator[Goal]:
    """Answer one half of the labelled requests with our catalogue, and give each goal by how they are written."""
    labelled = [each for each in load_labelled() if each.held_out == held_out]
    written = {variant: told(labelled, VARIANTS[variant]) for variant in SHOWN}
    grades = {judged.id: judged.grades for judged in load_judgements(Scheme.OWN)}
    for variant, answered in written.items():
        yield from _ordinary(variant, [one for one in answered if one.labelled.family == "ordinary"], grades)
    plain = written["as written"]
    yield from _short([one for one in plain if one.labelled.family == "short"])
    yield _several([one for one in plain if one.labelled.family == "multi"])
    for variant, answered in written.items():
        needs = [one for one in answered if one.labelled.family != HOPELESS]
        lost = [one.reply != Reply.ANSWERED and not one.has_right_box for one in needs]
        yield _share(f"needs: nothing, or no right box, {variant}", lost, "<= 3 %" if variant == "as written" else "")
        asked = [one.reply == Reply.TO_CONFIRM for one in needs]
        yield _share(f"needs: to confirm, {variant}", asked, "<= 15 %" if variant == "as written" else "<= 25 %")
    for variant, answered in written.items():
        is_answered = [one.reply == Reply.ANSWERED for one in answered if one.labelled.family == HOPELESS]
        reach = {"as written": "<= 10 %", "framed": "<= 15 %"}.get(variant, "")
        yield _share(f"hopeless: answered, {variant}", is_answered, reach)
    yield _share("no loan: a loan before what serves as well", _loans_first(plain), "0")
    yield _share("grade 0 among the first five of the list", _useless(plain, grades, first_listed), "")
    yield _share("… of those of them that are shown at once", _useless(plain, grades, shown_at_once), "<= 25 %")
    yield _share("… of those that get a card, guides apart", _useless(plain, grades, with_a_card), "")


def _ordinary(variant: str, answered: Sequence[Told], grades: Mapping[str, Mapping[str, float]]) -> Iterator[Goal]:
    judged = [(one, _possible(one, grades[one.id])) for one in answered if one.id in grades]
    judged = [(one, could) for one, could in judged if max(could.values(), default=0.0) >= engine.RELEVANT]
    gains = [
        engine.ndcg([could.get(key, 0.0) for key in one.listed], [*could.values()], LISTED) for one, could in judged
    ]
    yield _mean(
        f"ordinary: nDCG@10, {variant}", gains, ">= 0.73" if variant == "as written" else "within 0.05 or 0.06"
    )
    if variant == "as written":
        kept = [gain if one.reply == Reply.ANSWERED else 0.0 for gain, (one, _) in zip(gains, judged, strict=True)]
        yield _mean("… with what is to confirm counted as empty", kept, "")


def _short(answered: Sequence[Told]) -> Iterator[Goal]:
    first = [next(iter(one.likeliest), "") in one.labelled.needs for one in answered]
    yield _share("two to five words: the right sub-need first", first, ">= 92 %")
    yield _share("two to five words: nothing", [one.reply == Reply.NOTHING for one in answered], "<= 2 %")
    yield _share("two to five words: to confirm", [one.reply == Reply.TO_CONFIRM for one in answered], "<= 15 %")


def _several(answered: Sequence[Told]) -> Goal:
    """Count the requests with a scheme as good as any for each need in the first ten, of those where each has one."""
    weights = {scheme.key: scheme.needs for scheme in engine.catalogue(Scheme.OWN).schemes}
    hits = []
    for one in answered:
        asked = [need for need, label in one.labelled.needs.items() if label >= ASKED]
        best = {need: max((weights[key].get(need, 0.0) for key in one.possible), default=0.0) for need in asked}
        if len(asked) < 2 or min(best.values()) < SERVES:
            continue
        shown = one.listed[:LISTED]
        hits.append(all(any(weights[key].get(need, 0.0) >= best[need] for key in shown) for need in asked))
    return _share("several needs: a best scheme of each in the first ten", hits, ">= 82 %")


def _loans_first(answered: Sequence[Told]) -> list[bool]:
    schemes = {scheme.key: scheme for scheme in engine.catalogue(Scheme.OWN).schemes}
    found = []
    for one in answered:
        if UNWANTED not in one.request.preferences or one.reply == Reply.NOTHING:
            continue
        shown = [(item, schemes[item.scheme_key]) for item in one.proposed]
        found.append(
            any(
                UNWANTED in loan.against
                and other.against.isdisjoint(one.request.preferences)
                and other.needs.get(item.need, 0.0) >= ENOUGH * loan.needs.get(item.need, 0.0) > 0.0
                for place, (item, loan) in enumerate(shown)
                for _, other in shown[place + 1 :]
            )
        )
    return found


def first_listed(one: Told) -> list[str]:
    """Return the first five schemes of the list, guides too."""
    return one.listed[:FIRST]


def shown_at_once(one: Told) -> list[str]:
    """Return those of the first five of the list that the page of the answer shows, as cards or beside them."""
    cards = with_a_card(one)
    return [item.scheme_key for item in one.proposed[:FIRST] if item.guide or item.scheme_key in cards]


def with_a_card(one: Told) -> list[str]:
    """Return the schemes that get a card: up to five, guides apart."""
    _, weights = engine.active_weights()
    parts = parts_of(unsaved(one.proposed), {}, one.request.probabilities, weights, one.request.facts)
    return [match.scheme.key for match in parts.shown]


def _useless(
    answered: Sequence[Told],
    grades: Mapping[str, Mapping[str, float]],
    shown: Callable[[Told], list[str]],
) -> list[bool]:
    """Tell of each scheme that answered needs are shown whether it helps with nothing, as readers say."""
    return [
        grades[one.id].get(key, 0.0) == 0.0
        for one in answered
        if one.id in grades and one.labelled.needs and one.reply == Reply.ANSWERED
        for key in shown(one)
    ]


def _possible(one: Told, grades: Mapping[str, float]) -> dict[str, float]:
    return {key: grade for key, grade in grades.items() if key in one.possible}


def _mean(name: str, values: Sequence[float], reach: str) -> Goal:
    return Goal(name, len(values), *engine.paired_interval(values), reach)


def _share(name: str, found: Sequence[bool], reach: str) -> Goal:
    if not found:
        return Goal(name, 0, 0.0, 0.0, 1.0, reach)
    return Goal(name, len(found), sum(found) / len(found), *wilson_interval(sum(found), len(found)), reach)
