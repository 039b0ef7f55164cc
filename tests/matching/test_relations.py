import random
from itertools import chain, combinations, pairwise
from math import fsum
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    MET,
    NOT_MET,
    RELATION_KINDS,
    UNKNOWN,
    Conflict,
    Relation,
    RelationError,
    Step,
    bundle,
    check_relations,
    conflicts,
)

KEYS = [f"s:{letter}" for letter in "abcdefgh"]


def relation(text: str, cap: float | None = None) -> Relation:
    """Read ``a requires b``."""
    scheme, kind, other = text.split()
    return Relation(scheme=scheme, kind=kind, other=other, cap_pct=cap)


def relations(*texts: str) -> list[Relation]:
    return [relation(text) for text in texts]


# -- are they well formed?


@pytest.mark.parametrize(
    ("texts", "cycle"),
    [
        (["a requires b", "b requires a"], "a → b → a"),
        (["c requires a", "b requires c", "a requires b"], "a → b → c → a"),
        (["x requires b", "b requires c", "c requires d", "d requires b"], "b → c → d → b"),
        (["a requires b", "b follows a"], "a → b → a"),
        (["a follows b", "b follows a"], "a → b → a"),
    ],
)
def test_a_cycle_is_named_whole_whatever_the_order(texts: list[str], cycle: str) -> None:
    for order in (texts, texts[::-1]):
        with pytest.raises(RelationError, match=cycle) as caught:
            check_relations(relations(*order))
        assert (caught.value.reason, caught.value.schemes) == ("cycle", tuple(cycle.split(" → ")))


@pytest.mark.parametrize(
    ("texts", "reason", "schemes"),
    [
        (["a requires a"], "itself", ("a", "a")),
        (["a alternative_to a"], "itself", ("a", "a")),
        (["a likes b"], "kind", ("a", "b")),
        (["a requires b", "a excludes b"], "contradiction", ("a", "a", "b")),
        (["a requires b", "b excludes a"], "contradiction", ("a", "a", "b")),
        (["b requires a", "b excludes a"], "contradiction", ("b", "a", "b")),
        (["a requires b", "b requires c", "c excludes a"], "contradiction", ("a", "a", "c")),
        (["a requires b", "a requires c", "b excludes c"], "contradiction", ("a", "b", "c")),
        (["a requires b", "a requires c", "c requires d", "d excludes b"], "contradiction", ("a", "b", "d")),
        (["a excludes b", "b cumulable a"], "both", ("a", "b")),
    ],
)
def test_what_cannot_hold_together_is_refused(texts: list[str], reason: str, schemes: tuple[str, ...]) -> None:
    with pytest.raises(RelationError) as caught:
        check_relations(relations(*texts))
    assert (caught.value.reason, caught.value.schemes) == (reason, schemes)


@pytest.mark.parametrize("cap", [0, -1, 100.01, float("nan"), float("inf")])
def test_a_cap_is_a_share_of_a_spend(cap: float) -> None:
    with pytest.raises(RelationError, match="a cap is over 0, at most 100"):
        check_relations([relation("a cumulable b", cap)])


@pytest.mark.parametrize("kind", [kind for kind in RELATION_KINDS if kind != "cumulable"])
def test_only_what_is_cumulable_has_a_cap(kind: str) -> None:
    with pytest.raises(RelationError, match="'cumulable' only"):
        check_relations([relation(f"a {kind} b", 50)])


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["a requires b", "c requires b", "a requires c"],
        ["a requires b", "b alternative_to a"],
        ["a excludes b", "b excludes a"],
        ["a cumulable b", "b cumulable a"],
        ["a requires b", "b excludes c"],
        ["a alternative_to b", "b alternative_to a"],
    ],
)
def test_what_can_hold_is_accepted(texts: list[str]) -> None:
    check_relations(relations(*texts))


@pytest.mark.parametrize("cap", [0.01, 80, 100, None])
def test_a_cap_goes_up_to_all_of_the_spend_or_is_not_known(cap: float | None) -> None:
    check_relations([relation("a cumulable b", cap)])


def chained(n: int, *, closed: bool) -> list[Relation]:
    keys = [f"s:{number:05}" for number in range(n)]
    found = [Relation(scheme=one, kind="requires", other=two) for one, two in pairwise([*keys, keys[0]])]
    return found if closed else found[:-1]


def test_ten_thousand_relations_are_checked_in_bounded_time() -> None:
    picked = random.Random(4)  # noqa: S311
    keys = [f"s:{number:05}" for number in range(3000)]
    many = chained(5000, closed=False)
    for kind in ("requires", "excludes"):
        pairs = [sorted(picked.sample(range(3000), 2)) for _ in range(2500)]
        prefix = {"requires": "s:", "excludes": "x:"}[kind]
        many += [Relation(scheme=prefix + keys[a][2:], kind=kind, other=prefix + keys[b][2:]) for a, b in pairs]
    start = process_time()
    check_relations(many)
    with pytest.raises(RelationError) as caught:
        check_relations(chained(10_000, closed=True))
    assert len(caught.value.schemes) == 10_001
    assert process_time() - start < 5


# -- what does not go together


def test_two_kept_schemes_that_exclude_each_other_conflict_whichever_says_so() -> None:
    expected = [Conflict(kind="excludes", schemes=("a", "b"), outcome=NOT_MET)]
    for text in ("a excludes b", "b excludes a"):
        assert conflicts(["b", "a"], relations(text)) == expected
        assert conflicts(["a"], relations(text)) == []


@pytest.mark.parametrize(("held", "n"), [({"b": True}, 1), ({"b": False}, 0), ({}, 0)])
def test_what_the_firm_holds_excludes_as_what_is_kept(held: dict[str, bool], n: int) -> None:
    assert len(conflicts(["a"], relations("a excludes b"), held=held)) == n


@pytest.mark.parametrize(("held", "outcome"), [({"b": True}, None), ({"b": False}, NOT_MET), ({}, UNKNOWN)])
def test_a_prerequisite_is_met_missing_or_not_known(held: dict[str, bool], outcome: int | None) -> None:
    found = conflicts(["a"], relations("a requires b"), held=held)
    assert [conflict.outcome for conflict in found] == ([] if outcome is None else [outcome])
    assert conflicts(["a", "b"], relations("a requires b"), held=held) == []


@pytest.mark.parametrize(
    ("rates", "outcome"),
    [
        ({"a": (50, 50), "b": (40, 40)}, NOT_MET),
        ({"a": (50, 50), "b": (30, 30)}, MET),
        ({"a": (50, 50), "b": (0, 40)}, UNKNOWN),
        ({"a": (0, 50), "b": (0, 30)}, MET),
        ({"a": (81, 90)}, NOT_MET),
        ({"a": (50, 50)}, UNKNOWN),
        ({}, UNKNOWN),
        ({"a": (46.7, 46.7), "b": (33.3, 33.3)}, MET),
    ],
)
def test_shares_of_one_spend_are_summed_and_a_rate_not_known_is_never_guessed(
    rates: dict[str, tuple[float, float]], outcome: int
) -> None:
    found = conflicts(["a", "b"], [relation("a cumulable b", 80)], rates=rates)
    assert [conflict.outcome for conflict in found] == ([] if outcome == MET else [outcome])


def test_a_cap_is_shared_by_all_that_a_scheme_names_with_it() -> None:
    edges = [relation("a cumulable b", 80), relation("a cumulable c", 80), relation("c cumulable a", 60)]
    rates = {"a": (30.0, 30.0), "b": (30.0, 30.0), "c": (30.0, 30.0)}
    (found,) = conflicts("abc", edges, rates=rates)
    assert found == Conflict(kind="cumulable", schemes=("a", "b", "c"), outcome=NOT_MET, cap_pct=80)
    assert conflicts("bc", edges, rates=rates) == []


def test_the_lowest_of_two_caps_of_the_same_schemes_counts() -> None:
    edges = [relation("a cumulable b", 80), relation("b cumulable a", 60)]
    (found,) = conflicts("ab", edges, rates={"a": (35, 35), "b": (35, 35)})
    assert found.cap_pct == 60


def test_schemes_that_are_cumulable_without_a_known_cap_do_not_conflict() -> None:
    assert conflicts("ab", relations("a cumulable b"), rates={"a": (90, 90), "b": (90, 90)}) == []


@pytest.mark.parametrize("text", ["a follows b", "a alternative_to b"])
def test_advice_is_no_conflict(text: str) -> None:
    assert conflicts("ab", relations(text)) == []


# -- a plan


def plan(scores: dict[str, float], *texts: str, **options: object) -> list[str]:
    return [step.scheme for step in bundle(scores, relations(*texts), **options)]  # type: ignore[arg-type]


def test_what_is_required_or_followed_comes_before_whatever_its_score() -> None:
    assert plan({"a": 9, "b": 1, "c": 5}, "a requires b", "b follows c") == ["c", "b", "a"]


def test_a_step_says_what_comes_directly_before_it() -> None:
    steps = bundle({"a": 9, "b": 1, "c": 5}, relations("a requires b", "a follows c", "b follows c"))
    assert steps[-1] == Step(scheme="a", after=("b", "c"))


def test_the_first_step_of_the_best_scheme_comes_before_a_good_one() -> None:
    assert plan({"a": 9, "b": 1, "c": 5}, "a requires b") == ["b", "a", "c"]


def test_of_two_that_exclude_each_other_the_better_is_planned() -> None:
    assert plan({"a": 5, "b": 9, "c": 1}, "a excludes b") == ["b", "c"]


def test_two_good_schemes_are_better_than_one_best_that_excludes_both() -> None:
    assert plan({"a": 9, "b": 5, "c": 5}, "a excludes b", "a excludes c") == ["b", "c"]


@pytest.mark.parametrize(("held", "expected"), [({"z": True}, ["a", "b"]), ({"z": False}, ["b"]), ({}, ["a", "b"])])
def test_a_prerequisite_that_is_not_planned_bars_only_where_it_is_known_not_to_be_held(held, expected) -> None:
    assert plan({"a": 9, "b": 1}, "a requires z", held=held) == expected


def test_what_a_barred_scheme_was_the_first_step_of_is_barred_too() -> None:
    texts = ("a requires b", "b requires c", "d excludes c")
    assert plan({"a": 9, "b": 8, "c": 7, "e": 1}, *texts, held={"d": True}) == ["e"]


def test_what_the_firm_has_is_no_step_and_keeps_out_what_it_excludes() -> None:
    assert plan({"a": 9, "b": 8, "c": 7}, "a excludes b", held={"a": True}) == ["c"]


def test_a_cap_that_is_exceeded_for_certain_bars_and_one_that_may_be_does_not() -> None:
    edges = [relation("a cumulable b", 80)]
    scores = {"a": 9.0, "b": 8.0}
    sure, unsure = {"a": (50.0, 50.0), "b": (40.0, 40.0)}, {"a": (0.0, 50.0), "b": (0.0, 40.0)}
    assert [step.scheme for step in bundle(scores, edges, rates=sure)] == ["a"]
    assert [step.scheme for step in bundle(scores, edges, rates=unsure)] == ["a", "b"]


def test_a_scheme_that_fits_is_planned_even_without_points() -> None:
    assert plan({"a": -3, "b": 0}) == ["a", "b"]


def test_a_plan_of_what_cannot_hold_is_refused() -> None:
    with pytest.raises(RelationError):
        bundle({"a": 1}, relations("a requires b", "b requires a"))


@st.composite
def cases(draw: st.DrawFn, n_keys: int = 6):
    """Draw candidates and relations that hold together: what comes first has a smaller key."""
    keys = KEYS[:n_keys]
    scores = draw(st.dictionaries(st.sampled_from(keys), st.integers(0, 9).map(float), min_size=1))
    edges = []
    for low, high in draw(st.lists(st.sampled_from(list(combinations(keys, 2))), unique=True, max_size=8)):
        kind = draw(st.sampled_from(["requires", "follows", "excludes", "cumulable"]))
        cap = draw(st.sampled_from([None, 50.0, 80.0])) if kind == "cumulable" else None
        edges.append(Relation(scheme=high, kind=kind, other=low, cap_pct=cap))
    rates = draw(st.dictionaries(st.sampled_from(keys), st.sampled_from([(30.0, 30.0), (60.0, 60.0), (0.0, 60.0)])))
    held = draw(st.dictionaries(st.sampled_from(keys), st.booleans(), max_size=2))
    return scores, edges, rates, held


def is_possible(chosen, scores, edges, rates, held) -> bool:
    """Say slowly whether a choice of candidates respects every relation."""
    has = {key for key, value in held.items() if value}
    if chosen & has:
        return False
    for edge in edges:
        pair = {edge.scheme, edge.other}
        if edge.kind == "excludes" and pair <= chosen | has and pair & chosen:
            return False
        is_missing = edge.kind == "requires" and edge.scheme in chosen and edge.other not in chosen | has
        if is_missing and (edge.other in scores or held.get(edge.other) is False):
            return False
    for cap in {(edge.scheme, edge.cap_pct) for edge in edges if edge.cap_pct is not None}:
        shared = {edge.other for edge in edges if (edge.scheme, edge.cap_pct) == cap} & chosen
        total = sum(rates.get(key, (0.0, 0.0))[0] for key in shared | {cap[0]})
        if cap[0] in chosen and shared and total > cap[1]:
            return False
    return True


def accepted(edges) -> bool:
    try:
        check_relations(edges)
    except RelationError:
        return False
    return True


@given(cases(), st.randoms(use_true_random=False))
def test_a_plan_is_the_best_that_respects_every_relation_in_an_order_that_does(case, shuffled) -> None:
    scores, edges, rates, held = case
    if not accepted(edges):
        return
    steps = bundle(scores, edges, rates=rates, held=held)
    chosen = {step.scheme for step in steps}
    assert len(chosen) == len(steps)
    assert is_possible(chosen, scores, edges, rates, held)
    subsets = chain.from_iterable(combinations(sorted(scores), n) for n in range(len(scores) + 1))
    possible = [set(some) for some in subsets if is_possible(set(some), scores, edges, rates, held)]
    points = [fsum(scores[key] for key in some) for some in possible]
    assert fsum(scores[key] for key in chosen) == max(points)
    assert len(chosen) == max(len(some) for some, sum_ in zip(possible, points, strict=True) if sum_ == max(points))
    places = {step.scheme: place for place, step in enumerate(steps)}
    for edge in edges:
        if edge.kind in ("requires", "follows") and {edge.scheme, edge.other} <= chosen:
            assert places[edge.other] < places[edge.scheme]
    keys = list(scores)
    shuffled.shuffle(keys)
    edges = edges[:]
    shuffled.shuffle(edges)
    assert bundle({key: scores[key] for key in keys}, edges, rates=rates, held=held) == steps


@given(cases(8))
def test_no_warning_that_is_sure_is_left_in_a_plan(case) -> None:
    scores, edges, rates, held = case
    if accepted(edges):
        chosen = {step.scheme for step in bundle(scores, edges, rates=rates, held=held)}
        assert not [one for one in conflicts(chosen, edges, rates=rates, held=held) if one.outcome == NOT_MET]


def test_a_large_group_is_planned_greedily_and_still_respects_everything() -> None:
    picked = random.Random(7)  # noqa: S311
    keys = [f"s:{number:03}" for number in range(200)]
    edges = []
    for _ in range(400):
        low, high = sorted(picked.sample(keys, 2))
        kind = picked.choice(["requires", "excludes", "excludes", "follows"])
        edges.append(Relation(scheme=high, kind=kind, other=low))
        if not accepted(edges):
            edges.pop()
    scores = {key: picked.random() * 100 for key in keys}
    steps = bundle(scores, edges)
    chosen = {step.scheme for step in steps}
    assert len(chosen) > 20
    assert is_possible(chosen, scores, edges, {}, {})
    assert bundle(dict(reversed(scores.items())), edges[::-1]) == steps
