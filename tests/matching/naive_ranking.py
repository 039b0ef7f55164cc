"""The order of schemes, slow and obvious: one scheme after another, as the documentation says it."""

from collections import Counter
from dataclasses import replace

from matching import (
    MET,
    NOT_MET,
    UNKNOWN,
    Cause,
    Decision,
    Match,
    Outcome,
    Profile,
    Profiles,
    Ranker,
    Reply,
    Scheme,
    Served,
    Weights,
    Wish,
)
from tests.matching.naive_verdicts import evaluate

NEAR = {"local": 1.0, "departmental": 0.8, "regional": 0.65, "national": 0.25, "eu": 0.0}
APPLICANT = {"firm": 0.0, "employee": -0.5, "authority": -1.0}


def rank(
    profile: Profile, schemes: list[Scheme], wish: Wish, weights: Weights, *, ranker: Ranker | None = None
) -> tuple[list[Match], Decision]:
    columns = Profiles([profile])
    verdicts = {scheme.key: evaluate(columns, scheme) for scheme in schemes}
    off = off_trade(profile, schemes, wish)
    possible = {key for key, verdict in verdicts.items() if verdict.eligibility[0] != NOT_MET}
    found = {}
    for scheme in schemes:
        variants = sorted(one.key for one in schemes if one.variant_of == scheme.key and one.key in possible)
        verdict = verdicts[scheme.key]
        found[scheme.key] = Match(
            scheme=scheme,
            eligibility=Outcome(int(verdict.eligibility[0])),
            typed=Outcome(int(verdict.typed[0])),
            targeted=Outcome(int(verdict.targeted[0])),
            unknown=tuple(sorted(fact for fact, rows in verdict.unknown.items() if rows[0])),
            to_confirm=tuple(sorted(fact for fact, rows in verdict.to_confirm.items() if rows[0])),
            opens_later=bool(verdict.opens_later[0]),
            addresses=False,
            hidden_by=tuple(variants),
            score=None,
            parts={},
            need="",
        )
    decision = decide(wish, found, weights)
    wish = replace(wish, weights={need: wish.weights[need] for need in decision.asked})
    points = {
        scheme.key: weights.need * fit(scheme, wish)[0] + weights.words * closeness(scheme, wish) for scheme in schemes
    }
    wanted = [
        points[scheme.key]
        for scheme in schemes
        if scheme.key in possible and not scheme.against & wish.preferences and scheme.key not in off
    ]
    least = 0.25 * (max(wanted, default=0) or max((points[key] for key in possible), default=0))
    matches = []
    for scheme in schemes:
        match = found[scheme.key]
        helped = points[scheme.key] + weights.guide * scheme.guide
        answered = decision.reply != Reply.NOTHING and (not wish.stated or (helped > 0 and helped >= least))
        match = match._replace(addresses=answered and not match.hidden_by, need=fit(scheme, wish)[1])
        matches.append(score(match, wish, profile, weights, ranker, off) if match.eligibility != NOT_MET else match)
    ordered = in_order(matches, weights)
    if wish.stated and any(wish.closeness.values()):
        ordered = cut(
            ordered, points, 0.5 * (max(wanted, default=0) or max((points[key] for key in possible), default=0))
        )
    ordered = with_each_need(ordered, wish, weights, off)
    return (with_made_for(ordered, wish, weights, off) if decision.reply != Reply.NOTHING else ordered), decision


def off_trade(profile: Profile, schemes: list[Scheme], wish: Wish) -> set[str]:
    """Return the schemes that no activity of which the text speaks could have; none where the activity is known."""
    if not wish.spoken_activities or profile.activity or profile.activity_2025:
        return set()
    would_be = [Profiles([replace(profile, activity=code)]) for code in wish.spoken_activities]
    return {
        scheme.key
        for scheme in schemes
        if all(evaluate(columns, scheme).eligibility[0] == NOT_MET for columns in would_be)
    }


def sure_needs(wish: Wish, weights: Weights) -> list[str]:
    sure = [need for need in wish.weights if 100 * wish.probabilities.get(need, 1.0) >= weights.sure]
    return sorted(sure, key=lambda need: (-wish.weights[need], need))[:5]


def with_made_for(ordered: list[Match], wish: Wish, weights: Weights, off: set[str]) -> list[Match]:
    wanted = sure_needs(wish, weights)
    possible = [match for match in ordered if match.score is not None and not match.hidden_by]
    fitting = [
        match
        for match in possible
        if not match.scheme.against & wish.preferences and match.scheme.key not in off and not match.scheme.is_guide
    ]
    first = [match for match in possible if match.addresses][:10]
    if len(wanted) < 2 or not first or not fitting:
        return ordered
    late, kept = list[Match](), list[Match]()
    for need in wanted:
        most = max(match.scheme.needs.get(need, 0.0) for match in fitting)
        tied = [match for match in fitting if match.scheme.needs.get(need, 0.0) == most and most >= 0.4]
        kept += [match for match in first if match in tied][:1]
        if tied and not any(match in first for match in tied):
            best = min(tied, key=lambda match: (-match.score, match.scheme.key))
            late += [] if best in late else [best]
    n_dropped = max(0, len(first) + len(late) - 10)
    droppable = [match for match in first if match not in kept]
    dropped = droppable[len(droppable) - n_dropped :]
    unwanted = [match for match in first if match not in fitting and not match.scheme.is_guide]
    staying = [match for match in first if match not in dropped and match not in unwanted]
    end = ordered.index(staying[-1]) + 1 if staying else ordered.index(first[0])
    behind = [match for match in dropped if match not in unwanted]
    head = [match for match in ordered[:end] if match not in behind and match not in late]
    rest = [match for match in ordered[end:] if match not in behind and match not in late]
    return [*head, *(match._replace(addresses=True) for match in late), *behind, *rest] if late else ordered


def with_each_need(ordered: list[Match], wish: Wish, weights: Weights, off: set[str]) -> list[Match]:
    wanted = sure_needs(wish, weights)
    if len(wanted) < 2:
        return ordered
    helping = [match for match in ordered if match.addresses and match.score is not None and not match.scheme.is_guide]
    fitting = [
        match for match in helping if not match.scheme.against & wish.preferences and match.scheme.key not in off
    ]
    must = [match for match in fitting if match.need in wanted]
    must = [match for at, match in enumerate(must) if match.need not in {other.need for other in must[:at]}]
    first = helping[:5]
    late = [match for match in must if match not in first]
    if not late:
        return ordered
    dropped = [match for match in first if match not in must][5 - len(must) :]
    end = ordered.index(first[-1]) + 1
    head = [match for match in ordered[:end] if match not in dropped]
    return [*head, *late, *dropped, *(match for match in ordered[end:] if match not in late)]


def cut(ordered: list[Match], points: dict[str, float], enough: float) -> list[Match]:
    n_listed, seen, found = 0, Counter[str](), []
    for match in ordered:
        if match.addresses and match.score is not None:
            n_listed += 1
            seen[match.need] += 1
            is_first_of_need = match.need != "" and seen[match.need] <= 2
            if n_listed > 10 and points[match.scheme.key] < enough and not is_first_of_need:
                match = match._replace(addresses=False)
        found.append(match)
    return found


def fit(scheme: Scheme, wish: Wish) -> tuple[float, str]:
    served = {need: weight * wish.weights[need] for need, weight in scheme.needs.items() if need in wish.weights}
    if not served:
        return 0.0, ""
    total = 0.0
    for need in sorted(served):
        total += served[need]
    best = max(sorted(served), key=lambda need: served[need])
    return served[best] * 0.65 + 0.35 * min(1.0, total - served[best]), best


def closeness(scheme: Scheme, wish: Wish) -> float:
    likeness = wish.closeness.get(scheme.key, 0.0) / 0.3
    return min(1.0, likeness * likeness)


def decide(wish: Wish, matches: dict[str, Match], weights: Weights) -> Decision:
    if not wish.stated:
        return Decision(Reply.ANSWERED, frozenset(wish.weights))

    def served(need: str) -> Served:
        serving = [match for match in matches.values() if need in match.scheme.needs]
        if any(match.eligibility != NOT_MET and match.scheme.needs[need] >= 0.4 for match in serving):
            return Served.YES
        if any(match.opens_later for match in serving):
            return Served.NOT_OPEN
        return Served.NOT_FOR_YOU if serving else Served.NONE

    def percent(need: str) -> float:
        return 100 * wish.probabilities.get(need, 1.0)

    known = {need: served(need) for need in wish.weights}
    possible = [need for need in known if known[need] == Served.YES]
    chance = max(map(percent, possible), default=0.0)
    likely = frozenset(need for need in known if percent(need) >= weights.likely)
    if possible and chance >= weights.likely:
        return Decision(Reply.ANSWERED if chance >= weights.sure else Reply.TO_CONFIRM, likely, chance / 100, known)
    if unserved := [need for need in likely if known[need] != Served.YES]:
        why = known[max(unserved, key=lambda need: (percent(need), need))]
        cause = Cause("no_scheme" if why == Served.NONE else why.value)
    else:
        cause = Cause.NO_SCHEME if wish.elsewhere >= 0.5 else Cause.NOT_UNDERSTOOD
    return Decision(Reply.NOTHING, frozenset(wish.weights), chance / 100, known, cause)


def score(match: Match, wish: Wish, profile: Profile, weights: Weights, ranker: Ranker | None, off: set[str]) -> Match:
    scheme = match.scheme
    doubt = (len(match.unknown) + len(match.to_confirm) / 2) / 4
    aim = {MET: 1.0, UNKNOWN: 0.0, NOT_MET: -1.0}[match.targeted] if scheme.targeting else 0.0
    left = scheme.days_left(profile.on)
    time = 0.0
    if left is not None:
        time = -1.0 if left < (scheme.preparation_days or 15) else 1.0 if left <= 90 else 0.0
    is_late = scheme.review_by is not None and scheme.review_by < profile.on
    parts = {
        "need": weights.need * fit(scheme, wish)[0],
        "words": weights.words * closeness(scheme, wish),
        "near": weights.near * NEAR[scheme.reach],
        "target": weights.target * aim,
        "certain": weights.certain * max(0.0, 1 - doubt),
        "guide": weights.guide * scheme.guide,
        "deadline": weights.deadline * time,
        "verified": weights.verified * (scheme.verified and not is_late),
        "applicant": weights.applicant * APPLICANT[scheme.applicant],
    }
    if ranker:
        moved = 0.0
        for name, points in parts.items():
            if at_best := getattr(weights, name):
                share = points / at_best - ranker.means.get(name, 0.0)
                moved += share * (ranker.points.get(name, at_best) - at_best)
        parts["learnt"] = six_digits(max(-ranker.bound, min(ranker.bound, moved)))
    if weights.preference and scheme.against & wish.preferences:
        parts["preference"] = -weights.preference
    if match.scheme.key in off:
        parts["trade"] = -weights.trade
    if weights.asks and "manual.firm" in match.to_confirm:
        parts["asks"] = -weights.asks
    total = 0.0
    for points in parts.values():
        total += points
    return match._replace(parts=parts, score=six_digits(total))


def in_order(matches: list[Match], weights: Weights) -> list[Match]:
    def best_first(match: Match) -> tuple[float, str]:
        return -(match.score or 0.0), match.scheme.key

    possible = sorted((match for match in matches if match.eligibility != NOT_MET), key=best_first)
    seen: Counter[tuple[str, str]] = Counter()
    for place, match in enumerate(possible):
        kin = (match.need, match.scheme.kind) if not match.hidden_by else (match.scheme.key, "hidden")
        penalty = six_digits(-weights.diversity * seen[kin])
        seen[kin] += 1
        if penalty:
            lower = six_digits((match.score or 0.0) + penalty)
            possible[place] = match._replace(score=lower, parts={**match.parts, "diversity": penalty})
    others = sorted((match for match in matches if match.eligibility == NOT_MET), key=lambda match: match.scheme.key)
    return sorted(possible, key=best_first) + others


def six_digits(points: float) -> float:
    return round(points * 1e6) / 1e6
