"""The order of the schemes a firm can or may have: an additive score, and no two of a kind in a row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matching.answering import Answering, chance_of
from matching.eligibility import Verdicts, evaluate
from matching.features import Weights, closeness, contributions, fit
from matching.needs import Wish
from matching.outcomes import NOT_MET, Outcome
from matching.profiles import Profiles
from matching.ranker import Ranker
from matching.schemes import Scheme

LISTED = 0.1  # of the points of the best answer: what has less is not worth a line
DIGITS = 6  # of a score: enough to order, few enough to be the same on any machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One scheme for one profile; score, certainty and human review are three things.

    Parameters
    ----------
    scheme : Scheme
    eligibility, typed, targeted : Outcome
    unknown, to_confirm : tuple of str
        Sorted.
    addresses : bool
        Whether it serves a need of the wish.
    score : float or None
        Higher is better; ``None`` when ineligible.
    parts : mapping of str to float
        The contributions that make the score, in points.
    need : str
        The sub-need it serves best; empty when none.
    """

    scheme: Scheme
    eligibility: Outcome
    typed: Outcome
    targeted: Outcome
    unknown: tuple[str, ...]
    to_confirm: tuple[str, ...]
    addresses: bool
    score: float | None
    parts: Mapping[str, float]
    need: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All schemes in order for one profile, and the chance, in [0, 1], that one of them answers its wish."""

    matches: list[Match]
    chance: float


def rank(
    profiles: Profiles,
    schemes: Sequence[Scheme],
    wishes: Sequence[Wish],
    weights: Weights,
    *,
    answering: Answering | None = None,
    ranker: Ranker | None = None,
) -> list[Answer]:
    """Rank the schemes for each profile.

    Parameters
    ----------
    profiles : Profiles
        ``n`` profiles.
    schemes : sequence of Scheme
        In any order: it does not change the result.
    wishes : sequence of Wish
        One for each profile.
    weights : Weights
    answering : Answering, optional
        Tells whether anything answers words. Without it, whatever serves what was understood does.
    ranker : Ranker, optional
        What was learnt: it adds the part ``learnt`` to the schemes that are possible, and never touches the others.

    Returns
    -------
    list of ``n`` Answer
        All schemes: those that are eligible or undecided by score, then the ineligible ones by key.
    """
    verdicts = [evaluate(profiles, scheme) for scheme in schemes]
    return [
        _rank_row(row, profiles, schemes, verdicts, wish, weights, answering, ranker)
        for row, wish in enumerate(wishes)
    ]


def _rank_row(
    row: int,
    profiles: Profiles,
    schemes: Sequence[Scheme],
    verdicts: Sequence[Verdicts],
    wish: Wish,
    weights: Weights,
    answering: Answering | None,
    ranker: Ranker | None,
) -> Answer:
    on = profiles.on[row].item()
    outcomes = [Outcome(int(verdict.eligibility[row])) for verdict in verdicts]
    can_have = [scheme for scheme, outcome in zip(schemes, outcomes, strict=True) if outcome != NOT_MET]
    chance = chance_of(wish, can_have, answering) if wish.chance is None else wish.chance
    fits = [(*fit(scheme, wish), closeness(scheme, wish)) for scheme in schemes]
    points = [weights.need * need_fit + weights.words * word_fit for need_fit, _, word_fit in fits]
    helped = [value + weights.guide * scheme.guide for value, scheme in zip(points, schemes, strict=True)]
    least = LISTED * max(
        (value for value, outcome in zip(points, outcomes, strict=True) if outcome != NOT_MET), default=0
    )
    answered = not wish.stated or 100.0 * chance >= weights.answer
    possible: list[Match] = []
    impossible: list[Match] = []
    for place, (scheme, verdict, eligibility) in enumerate(zip(schemes, verdicts, outcomes, strict=True)):
        need_fit, need, word_fit = fits[place]
        targeted = Outcome(int(verdict.targeted[row]))
        unknown = tuple(sorted(fact for fact, rows in verdict.unknown.items() if rows[row]))
        to_confirm = tuple(sorted(fact for fact, rows in verdict.to_confirm.items() if rows[row]))
        parts: Mapping[str, float] = {}
        if eligibility != NOT_MET:
            parts = contributions(
                scheme,
                need_fit=need_fit,
                word_fit=word_fit,
                targeted=targeted,
                eligibility=eligibility,
                n_unknown=len(unknown),
                n_to_confirm=len(to_confirm),
                on=on,
                weights=weights,
            )
        match = Match(
            scheme=scheme,
            eligibility=eligibility,
            typed=Outcome(int(verdict.typed[row])),
            targeted=targeted,
            unknown=unknown,
            to_confirm=to_confirm,
            addresses=answered and (not wish.stated or 0.0 < helped[place] >= least),
            score=round(sum(parts.values()), DIGITS) if parts else None,
            parts=parts,
            need=need,
        )
        (impossible if eligibility == NOT_MET else possible).append(match)
    impossible.sort(key=lambda match: match.scheme.key)
    if ranker:
        possible = _correct(possible, ranker, weights)
    return Answer(_diversify(possible, weights) + impossible, chance)


def _correct(matches: Sequence[Match], ranker: Ranker, weights: Weights) -> list[Match]:
    corrections = ranker.corrections([match.parts for match in matches], weights)
    return [
        replace(match, score=round((match.score or 0.0) + points, DIGITS), parts={**match.parts, "learnt": points})
        for match, points in zip(matches, corrections, strict=True)
    ]


def _diversify(matches: Sequence[Match], weights: Weights) -> list[Match]:
    """Order by score, each scheme losing points for every better one of the same need in the same form.

    Among those, the loss grows along the list, so they stay in the order of their own scores.
    """
    seen: Counter[tuple[str, str]] = Counter()
    ordered: list[Match] = []
    for match in sorted(matches, key=_order):
        kin = (match.need, match.scheme.kind)
        penalty = round(-weights.diversity * seen[kin], DIGITS)
        seen[kin] += 1
        if penalty:
            score = round((match.score or 0.0) + penalty, DIGITS)
            match = replace(match, score=score, parts={**match.parts, "diversity": penalty})
        ordered.append(match)
    return sorted(ordered, key=_order)


def _order(match: Match) -> tuple[float, str]:
    return -(match.score or 0.0), match.scheme.key
