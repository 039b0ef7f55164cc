"""The next best question: the one whose answer decides most verdicts, for what it costs to answer.

Nothing is guessed: every answer that the rules tell apart is tried, and the verdicts are computed again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.classes import ByClass
from matching.criteria import Criterion, Manual, leaves
from matching.facts import Place
from matching.hypotheses import ANSWER, Likely, held_names, variants, weighted_variants
from matching.outcomes import MET, UNKNOWN, Outcome
from matching.profiles import Profile, Profiles
from matching.schemes import Scheme

WINDOW, HELD_SCHEMES = "window", "schemes"
DIGITS = 6  # of an expected number and of a value: enough to order, few enough to be the same on any machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that nobody has said yet and that some verdicts wait for.

    Parameters
    ----------
    name : str
        A fact; ``answer:NAME`` for a condition left to a person; ``scheme:KEY`` for a scheme that the firm may have.
    ask : {'firm', 'officer', 'operator'}
        Who knows.
    waiting : tuple of str
        Keys of the schemes whose verdict it leaves open, alone or among others.
    settles : tuple of str
        Those that some answer decides, one way or the other, whatever else is unknown.
    expected : float
        How many schemes it decides on average.
    value : float
        Expected schemes, each times its worth, for one unit of effort.
    effort : float
        What answering costs a person.
    """

    name: str
    ask: str = "firm"
    waiting: tuple[str, ...]
    settles: tuple[str, ...]
    expected: float
    value: float
    effort: float


def next_questions(
    profile: Profile,
    schemes: Sequence[Scheme],
    worth: Mapping[str, float],
    *,
    efforts: Mapping[str, float],
    skip: Collection[str] = (),
    told_with: Mapping[str, str] | None = None,
    places: Sequence[Place] = (),
    likely: Mapping[str, Likely] | None = None,
) -> list[Question]:
    """Order the facts that leave typed verdicts open.

    Parameters
    ----------
    profile : Profile
        What is known so far.
    schemes : sequence of Scheme
        Those that matter to the firm, in any order.
    worth : mapping of str to float
        By scheme, what a definite verdict on it is worth: its score, were the firm eligible. Positive.
    efforts : mapping of str to float
        By fact, what it costs a person to answer; 1 where none is given.
    skip : collection of str
        What has been asked and is not asked again.
    told_with : mapping of str to str
        By fact, another one whose question asks for both.
    places : sequence of Place
        Where firms may be, as likely as one another.
    likely : mapping of str to mapping, optional
        By fact, typical answers and how common they are, as :func:`matching.hypotheses.weighted_variants` takes them.

    Returns
    -------
    list of Question
        The best first. Of equal value (0 where an answer decides no verdict by itself) the one that more schemes wait
        for comes first, then the easier one, then by name. Facts whose answer can change no verdict are left out.
    """
    told_with = told_with or {}
    undecided = _undecided(profile, schemes, assume=MET)
    asked = _askable(profile, undecided, skip=skip, told_with=told_with, places=places, likely=likely)
    decided = _decided(undecided, [row for answers in asked.values() for row, _ in answers], assume=MET)
    found, start = [], 0
    for name, answers in asked.items():
        chances = decided[:, start : start + len(answers)] @ np.array([chance for _, chance in answers])
        start += len(answers)
        told = {name, *(fact for fact, first in told_with.items() if first == name)}
        waiting = tuple(sorted(scheme.key for scheme in undecided if told & scheme.waits_for.keys()))
        by_key = {scheme.key: float(chance) for scheme, chance in zip(undecided, chances, strict=True)}
        found.append(_question(name, "firm", waiting, by_key, worth, efforts.get(name, 1.0)))
    return sorted([*found, *_windows(undecided, worth, efforts.get(WINDOW, 1.0))], key=_order)


def next_conditions(
    profile: Profile,
    schemes: Sequence[Scheme],
    worth: Mapping[str, float],
    *,
    effort: float = 1.0,
    skip: Collection[str] = (),
) -> list[Question]:
    """Order the conditions left to a person that leave verdicts open.

    Parameters and order are those of :func:`next_questions`, with one effort for all; what counts here is the verdict
    on all conditions.
    """
    undecided = _undecided(profile, schemes, assume=None)
    open_leaves = (chain.from_iterable(scheme.waits_for.values()) for scheme in undecided)
    manual = [{ANSWER + leaf.fact: leaf.ask for leaf in asked if isinstance(leaf, Manual)} for asked in open_leaves]
    who = {name: ask for asked in manual for name, ask in asked.items() if name not in skip}
    answers = {name: rows for name in who if (rows := variants(profile, name, ()))}  # a yes and a no, each
    decided = _decided(undecided, [row for rows in answers.values() for row in rows], assume=None)
    found = []
    for name, shares in zip(answers, decided.reshape(len(undecided), len(answers), 2).mean(axis=2).T, strict=True):
        by_key = {
            scheme.key: float(share)
            for scheme, asked, share in zip(undecided, manual, shares, strict=True)
            if name in asked
        }
        found.append(_question(name, who[name], tuple(sorted(by_key)), by_key, worth, effort))
    return sorted(found, key=_order)


@dataclass(frozen=True, slots=True)
class _Undecided:
    """A scheme whose verdict is unknown: its open conditions, and by fact the criteria that make it wait.

    What is known of the others stays so whatever is learnt: they are not evaluated again.
    """

    key: str
    window: Criterion
    parts: tuple[Criterion, ...]
    waits_for: Mapping[str, tuple[Criterion, ...]]


def _undecided(profile: Profile, schemes: Sequence[Scheme], *, assume: Outcome | None) -> list[_Undecided]:
    alone, say = Profiles([profile]), _SAY[assume]
    said: dict[int, _Said] = {}  # by identity: schemes share criteria that are equal
    found = []
    for scheme in schemes:
        criteria = scheme.stated if assume == MET else scheme.conditions
        for part in criteria:
            if id(part) not in said:
                said[id(part)] = say(part, alone)
        outcomes = [said[id(part)].outcome for part in criteria]
        if min(outcomes) == UNKNOWN:
            parts = tuple(part for part, outcome in zip(criteria, outcomes, strict=True) if outcome == UNKNOWN)
            readers: defaultdict[str, list[Criterion]] = defaultdict(list)
            for part in parts:
                for name, leaf in said[id(part)].waits_for:
                    readers[name].append(leaf)
            waits_for = {name: tuple(several) for name, several in readers.items()}
            found.append(_Undecided(scheme.key, scheme.window, parts, waits_for))
    return found


class _Said(NamedTuple):
    """What a condition says of one profile, and each fact it waits for with the criterion, at the end, that reads it.

    Other schemes are one fact each.
    """

    outcome: int
    waits_for: tuple[tuple[str, Criterion], ...]


def _say(criterion: Criterion, alone: Profiles, *, assume: Outcome | None) -> _Said:
    outcome = int(criterion.evaluate(alone, assume=assume)[0])
    if outcome != UNKNOWN:
        return _Said(outcome, ())
    opened = criterion.open_facts(alone, assume=assume)
    facts = {fact for fact, rows in opened.items() if rows[0]}
    waits_for = (
        (name, leaf)
        for leaf in leaves(criterion)
        for fact in facts.intersection(leaf.facts)
        for name in (held_names([leaf]) if fact == HELD_SCHEMES else [fact])
    )
    return _Said(outcome, tuple(waits_for))


_SAY = {assume: ByClass(partial(_say, assume=assume)) for assume in (None, MET)}


def _askable(
    profile: Profile,
    undecided: Sequence[_Undecided],
    *,
    skip: Collection[str],
    told_with: Mapping[str, str],
    places: Sequence[Place],
    likely: Mapping[str, Likely] | None,
) -> dict[str, list[tuple[Profile, float]]]:
    """Return the profiles that the answers to each question make, each with its chance, by question."""
    readers: defaultdict[str, set[Criterion]] = defaultdict(set)
    for scheme in undecided:
        for fact, several in scheme.waits_for.items():
            readers[fact].update(several)
    asked: dict[str, list[tuple[Profile, float]]] = {}
    for fact in sorted(readers):
        name = told_with.get(fact, fact)
        if fact in skip or name in skip or name in asked:
            continue
        rows = [(profile, 1.0)]
        for told in sorted({name, *(other for other, first in told_with.items() if first == name)} & readers.keys()):
            rows = [
                (answer, chance * share)
                for row, share in rows
                for answer, chance in weighted_variants(row, told, tuple(readers[told]), places=places, likely=likely)
                or [(row, 1.0)]
            ]
        if rows != [(profile, 1.0)]:
            asked[name] = rows
    return asked


def _decided(schemes: Sequence[_Undecided], rows: Sequence[Profile], *, assume: Outcome | None) -> NDArray[np.bool_]:
    """Return which schemes have a definite verdict for which profiles, shape (n_schemes, n_rows)."""
    if not schemes or not rows:
        return np.zeros((len(schemes), len(rows)), dtype=np.bool_)
    profiles, places = Profiles(rows), dict[Criterion, int]()
    parts = [places.setdefault(part, len(places)) for scheme in schemes for part in scheme.parts]
    outcomes = np.array([part.evaluate(profiles, assume=assume) for part in places])
    starts = np.cumsum([0, *(len(scheme.parts) for scheme in schemes[:-1])])
    decided: NDArray[np.bool_] = np.minimum.reduceat(outcomes[parts], starts) != UNKNOWN
    return decided


def _windows(undecided: Sequence[_Undecided], worth: Mapping[str, float], effort: float) -> list[Question]:
    """Return the question of a window, for operators: "closed" decides; "open" does where nothing else is unknown."""
    chances = {
        scheme.key: 1.0 if scheme.parts == (scheme.window,) else 0.5 if scheme.window in scheme.parts else 0.0
        for scheme in undecided
        if WINDOW in scheme.waits_for
    }
    return [_question(WINDOW, "operator", tuple(sorted(chances)), chances, worth, effort)] if chances else []


def _question(
    name: str,
    ask: str,
    waiting: tuple[str, ...],
    chances: Mapping[str, float],
    worth: Mapping[str, float],
    effort: float,
) -> Question:
    # By key, so that the sum does not hang on the order of the schemes.
    settles = tuple(sorted(key for key, chance in chances.items() if chance > 0))
    points = sum(chances[key] * worth.get(key, 1.0) for key in settles)
    return Question(
        name=name,
        ask=ask,
        waiting=waiting,
        settles=settles,
        expected=round(sum(chances[key] for key in settles), DIGITS),
        value=round(points / effort, DIGITS),
        effort=effort,
    )


def _order(question: Question) -> tuple[float, int, float, str]:
    return -question.value, -len(question.waiting), question.effort, question.name
