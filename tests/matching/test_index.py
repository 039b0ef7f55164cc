"""The index against the criteria themselves, on random catalogues, profiles and edits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    ANYWHERE,
    MET,
    NOT_MET,
    UNKNOWN,
    Cause,
    Index,
    Interval,
    Place,
    Profile,
    Profiles,
    Ranker,
    Reply,
    Scheme,
    Served,
    Window,
    Wish,
    classes_of,
    evaluate,
    parse_criterion,
    rank,
    rank_listed,
)
from matching.bits import bits_at
from matching.criteria import (
    YES_NO_CRITERIA,
    AgeMonths,
    AnyOf,
    Criterion,
    Headcount,
    InTerritory,
    LegalForm,
    Turnover,
    shared,
)
from matching.index import LATER, N_TOLD, TARGETED, UNTARGETED
from matching.tables import ELIGIBLE, PERHAPS, POSSIBLE, SURE, TYPED_ELIGIBLE, TYPED_POSSIBLE
from tests.matching import naive_ranking, naive_verdicts
from tests.matching.factories import DAY, FEWER, WEIGHTS, make_scheme, rank_one
from tests.matching.test_properties import (
    ACTIVITIES,
    ACTIVITIES_2025,
    criteria,
    days,
    profiles,
    subsets,
    to_profile,
    windows,
    yearly_windows,
)

KEYS = [f"a:{number}" for number in range(6)]


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    if draw(st.booleans()):
        shared.cache_clear()  # conditions equal to those of other schemes will be other objects
    opening = parse_criterion(draw(st.one_of(windows(), yearly_windows())))
    assert isinstance(opening, Window)
    stated = tuple(map(parse_criterion, draw(st.lists(criteria, max_size=3))))
    read = tuple(map(parse_criterion, draw(st.lists(criteria, max_size=2))))
    return Scheme(
        key=draw(st.sampled_from(KEYS)),
        window=opening,
        criteria=stated,
        from_text=(*read, *stated[: draw(st.integers(0, 1))]),  # a text may say again what the owner states
        targeted_activities=tuple(draw(subsets(ACTIVITIES))),
        targeted_activities_2025=tuple(draw(subsets(ACTIVITIES_2025))),
    )


def told(index: Index, *firms: Profile) -> list[dict[str, Any]]:
    """Return what an index says of firms that ask together, scheme by scheme."""

    def verdict(eligible: int, possible: int) -> int:
        return MET if eligible else UNKNOWN if possible else NOT_MET

    found = []
    for standing in index.stand(classes_of(firms)):
        bits = bits_at(standing.told, np.arange(index.n)).T.tolist()
        found.append(
            {
                scheme.key: (
                    verdict(row[ELIGIBLE], row[POSSIBLE]),
                    verdict(row[TYPED_ELIGIBLE], row[TYPED_POSSIBLE]),
                    verdict(row[TARGETED], not row[UNTARGETED]),
                    *(
                        {
                            fact
                            for (fact, kind), is_open in zip(index.facts.names, row[N_TOLD:], strict=True)
                            if is_open and kind == half
                        }
                        for half in (SURE, PERHAPS)
                    ),
                    bool(row[LATER]),
                )
                for scheme, row in zip(index.schemes, bits, strict=True)
            }
        )
    return found


def expected(several: dict[str, Scheme], profile: Profile) -> dict[str, Any]:
    columns, found = Profiles([profile]), {}
    for key, scheme in several.items():
        verdicts = naive_verdicts.evaluate(columns, scheme)
        found[key] = (
            verdicts.eligibility[0],
            verdicts.typed[0],
            verdicts.targeted[0],
            {fact for fact, rows in verdicts.unknown.items() if rows[0]},
            {fact for fact, rows in verdicts.to_confirm.items() if rows[0]},
            verdicts.opens_later[0],
        )
    return found


@FEWER
@given(
    st.lists(schemes(), max_size=6, unique_by=lambda scheme: scheme.key), st.lists(profiles, min_size=1, max_size=4)
)
def test_an_index_says_what_the_criteria_say(several: list[Scheme], firms: list[dict[str, Any]]) -> None:
    index, by_key = Index(several), {scheme.key: scheme for scheme in several}
    asked = [to_profile(facts) for facts in firms]
    answers = [expected(by_key, profile) for profile in asked]
    assert told(index, *asked) == answers
    assert [told(index, profile)[0] for profile in asked] == answers
    assert [told(Index(several), profile)[0] for profile in asked] == answers


@FEWER
@given(schemes(), st.lists(profiles, min_size=1, max_size=6))
def test_one_scheme_is_judged_as_its_criteria_judge_it(scheme: Scheme, firms: list[dict[str, Any]]) -> None:
    asked = [to_profile(facts) for facts in firms]
    found, slow = evaluate(classes_of(asked), scheme), naive_verdicts.evaluate(Profiles(asked), scheme)
    assert found.eligibility.tolist() == slow.eligibility.tolist()
    assert found.typed.tolist() == slow.typed.tolist()
    assert found.opens_later.tolist() == slow.opens_later.tolist()


def test_schemes_share_the_conditions_that_are_equal() -> None:
    one, other = (
        make_scheme(
            key, {"kind": "headcount", "below": 250}, targeted_activities=("25",), window=Window(state="unknown")
        )
        for key in ("a:0", "a:1")
    )
    assert one.criteria[0] is other.criteria[0]
    assert one.window is other.window
    assert one.targeting is other.targeting


def test_of_several_schemes_of_one_key_the_last_one_is_ranked_once() -> None:
    index = Index([make_scheme("a:0"), make_scheme("a:1"), make_scheme("a:0", {"kind": "headcount", "below": 250})])
    found = rank_one(index, Profile(on=DAY), Wish(), WEIGHTS).matches
    assert sorted((match.scheme.key, match.eligibility) for match in found) == [("a:0", UNKNOWN), ("a:1", MET)]


NEEDS = ["robot", "energy", "hire"]
PREFERENCES = ["no_loan", "alone"]
shares = st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.7, 1.0])


@st.composite
def ranked_schemes(draw: st.DrawFn) -> list[Scheme]:
    return [
        replace(
            scheme,
            needs=draw(st.dictionaries(st.sampled_from(NEEDS), shares)),
            reach=draw(st.sampled_from(["local", "departmental", "regional", "national", "eu"])),
            kind=draw(st.sampled_from(["loan", "grant"])),
            applicant=draw(st.sampled_from(["firm", "employee", "authority"])),
            verified=draw(st.booleans()),
            review_by=draw(st.none() | days),
            preparation_days=draw(st.sampled_from([None, 10, 60])),
            guide=draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
            against=draw(st.frozensets(st.sampled_from(PREFERENCES), max_size=1)),
            variant_of=draw(st.sampled_from(["", "", *sorted({*KEYS} - {scheme.key})])),
        )
        for scheme in draw(st.lists(schemes(), max_size=6, unique_by=lambda scheme: scheme.key))
    ]


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    ticked = draw(st.frozensets(st.sampled_from(NEEDS), max_size=2))
    if draw(st.booleans()):  # nothing but boxes
        return Wish(dict.fromkeys(ticked, 1.0), stated=bool(ticked), ticked=ticked)
    return Wish(
        weights=draw(st.dictionaries(st.sampled_from(NEEDS), shares)) | dict.fromkeys(ticked, 1.0),
        stated=draw(st.booleans()),
        ticked=ticked,
        probabilities=draw(st.dictionaries(st.sampled_from(NEEDS), st.sampled_from([0.01, 0.3, 0.31, 0.7, 0.9]))),
        closeness=draw(st.dictionaries(st.sampled_from(KEYS), shares)),
        elsewhere=draw(st.sampled_from([0.0, 0.2, 0.9])),
        preferences=draw(st.frozensets(st.sampled_from(PREFERENCES))),
        spoken_activities=draw(st.frozensets(st.sampled_from(["25.62B", "10.71C", "62", "C"]), max_size=2)),
    )


rankers = st.sampled_from(
    [None, Ranker(points={"need": 80.0, "near": 3.0, "certain": 0.0}, means={"need": 0.4, "near": 0.5}, bound=12.0)]
)


@FEWER
@given(ranked_schemes(), profiles, wishes())
def test_a_variant_changes_no_verdict_and_hides_its_parent_wherever_it_is_possible(
    several: list[Scheme], facts: dict[str, Any], wish: Wish
) -> None:
    alone = [replace(scheme, variant_of="") for scheme in several]
    found, without = (
        {match.scheme.key: match for match in rank_one(Index(schemes), to_profile(facts), wish, WEIGHTS).matches}
        for schemes in (several, alone)
    )
    assert found.keys() == without.keys()
    for key, match in found.items():
        same = without[key]
        assert (match.eligibility, match.typed, match.unknown, match.to_confirm, match.targeted) == (
            same.eligibility, same.typed, same.unknown, same.to_confirm, same.targeted,
        )  # fmt: skip
        hiding = [one for one in found.values() if one.scheme.variant_of == key and one.eligibility != NOT_MET]
        assert match.hidden_by == tuple(sorted(one.scheme.key for one in hiding))
        assert match.addresses == (same.addresses and not hiding)


@FEWER
@given(ranked_schemes(), profiles, wishes(), rankers)
def test_an_index_orders_as_the_naive_way_does(
    several: list[Scheme], facts: dict[str, Any], wish: Wish, ranker: Ranker | None
) -> None:
    profile = to_profile(facts)
    found = rank_one(Index(several), profile, wish, WEIGHTS, ranker=ranker)
    matches, decision = naive_ranking.rank(profile, several, wish, WEIGHTS, ranker=ranker)
    assert found.matches == matches
    assert found.decision == decision
    first = rank_one(Index(several), profile, wish, WEIGHTS, ranker=ranker, limit=2)
    assert first.matches == [match for match in matches if match.addresses and match.score is not None][:2]
    assert first.decision == decision
    listed = rank_listed(Index(several), profile, wish, WEIGHTS, ranker=ranker)
    assert listed.matches == [m for m in matches if m.addresses and (m.score is not None or m.opens_later)]
    assert listed.decision == decision


@FEWER
@given(
    ranked_schemes(),
    st.lists(st.tuples(profiles, wishes()), max_size=5),
    rankers,
    st.sampled_from([None, 0, 2]),
)
def test_firms_that_ask_together_are_answered_as_each_would_be_alone(
    several: list[Scheme],
    asked: list[tuple[dict[str, Any], Wish]],
    ranker: Ranker | None,
    limit: int | None,
) -> None:
    index, firms, told_wishes = Index(several), [to_profile(facts) for facts, _ in asked], [wish for _, wish in asked]
    together = rank(index, firms, told_wishes, WEIGHTS, ranker=ranker, limit=limit)
    assert together == [
        rank_one(index, firm, wish, WEIGHTS, ranker=ranker, limit=limit)
        for firm, wish in zip(firms, told_wishes, strict=True)
    ]


@pytest.mark.parametrize(
    ("wish", "reply", "cause"),
    [
        (Wish(stated=True), Reply.NOTHING, Cause.NOT_UNDERSTOOD),
        (Wish(stated=True, elsewhere=0.9), Reply.NOTHING, Cause.NO_SCHEME),
        (Wish({"robot": 1.0}, stated=True), Reply.NOTHING, Cause.NO_SCHEME),
        (Wish({"loan": 1.0}, stated=True), Reply.NOTHING, Cause.NOT_FOR_YOU),
        (Wish({"later": 1.0}, stated=True), Reply.NOTHING, Cause.NOT_OPEN),
        (Wish({"hire": 1.0}, stated=True, probabilities={"hire": 0.03}), Reply.NOTHING, Cause.NOT_UNDERSTOOD),
        (Wish({"hire": 1.0}, stated=True, probabilities={"hire": 0.3}), Reply.TO_CONFIRM, None),
        (Wish({"hire": 1.0}, stated=True), Reply.ANSWERED, None),
        (Wish({"hire": 1.0, "loan": 1.0}, stated=True), Reply.ANSWERED, None),
        (Wish(), Reply.ANSWERED, None),
    ],
)
def test_a_wish_is_answered_asked_about_or_told_why_nothing_fits(
    wish: Wish, reply: Reply, cause: Cause | None
) -> None:
    several = [
        make_scheme("a:hire", needs={"hire": 1.0}),
        make_scheme("a:loan", {"kind": "headcount", "at_least": 500}, needs={"loan": 1.0}),
        make_scheme(
            "a:later",
            needs={"later": 1.0},
            window=Window(state="dated", opens_on=date(2027, 1, 4), closes_on=date(2027, 3, 1)),
        ),
        make_scheme("a:guide", guide=1.0),
    ]
    profile = Profile(on=DAY, headcount=Interval(20, 20))
    found = rank_one(Index(several), profile, wish, WEIGHTS, limit=9)
    assert (found.decision.reply, found.decision.cause) == (reply, cause)
    assert bool(found.matches) == (reply != Reply.NOTHING)
    assert found.decision.served.get("loan", Served.NOT_FOR_YOU) == Served.NOT_FOR_YOU


def test_where_it_is_asked_what_is_meant_schemes_of_each_likely_need_are_listed() -> None:
    """Whoever reads the file, or asks by the API, has both: the firm ticks a box before it reads any."""
    several = [make_scheme(f"a:{need}", needs={need: 1.0}) for need in ("hire", "train", "move")]
    chances = {"hire": 0.4, "train": 0.3, "move": 0.01}
    wish = Wish(dict.fromkeys(chances, 0.5), stated=True, probabilities=chances)
    found = rank_one(Index(several), Profile(on=DAY), wish, WEIGHTS, limit=9)
    assert found.decision.reply == Reply.TO_CONFIRM
    assert {match.scheme.key for match in found.matches if match.addresses} == {"a:hire", "a:train"}


CONDITIONS = [
    {"kind": "in_territory", "any_of": ["REG-32"]},
    {"kind": "in_territory", "any_of": ["DEP-60", "REG-84"], "none_of": ["ZONE-afr"]},
    {"kind": "activity", "any_of": ["C"], "none_of": ["25.62B"]},
    {"kind": "headcount", "below": 50},
    {"kind": "headcount", "at_least": 10},
    {"kind": "age_months", "at_least": 36},
    {"kind": "any", "of": [{"kind": "turnover", "below": 2e6}, {"kind": "size_category", "to": "small"}]},
    {"kind": "manual", "fact": "taxes", "sentence": "."},
    {"kind": "manual", "fact": "before", "sentence": ".", "nature": "undertaking"},
]


def any_likeness(draw: Random) -> float:
    return draw.choice([0.0, 0.02, 0.05, draw.random() / 3])


def two_likenesses(draw: Random) -> float:
    return draw.choice([0.28, 0.28, 0.28, 0.24]) + draw.random() / 50


def hardly_any(draw: Random) -> float:
    return draw.choice([*[0.14] * 150, *[0.16] * 12, 0.3])  # what is under a quarter of the best is not listed


@pytest.mark.cases(2)
@pytest.mark.parametrize("likeness", [any_likeness, two_likenesses, hardly_any])
@pytest.mark.parametrize("seed", range(8))
def test_the_first_of_very_many_are_those_of_all_of_them(seed: int, likeness: Callable[[Random], float]) -> None:
    draw = Random(seed)  # noqa: S311
    closeness = {f"a:{number:03}": likeness(draw) for number in range(400)}
    several = [
        make_scheme(
            key,
            *draw.sample(CONDITIONS, draw.randint(0, 2)),
            needs={need: draw.choice([0.3, 1.0]) for need in draw.sample(NEEDS, draw.choice([0, 0, 0, 1]))},
            kind="loan" if close > 0.27 else draw.choice(["grant", "advice"]),  # what is closest is of one kin
            applicant=draw.choice(["firm", "authority"]),
            reach=draw.choice(["local", "national"]),
            guide=draw.choice([*[0.0] * 9, 1.0]),
            against=frozenset(draw.sample(PREFERENCES, draw.choice([0, 0, 1]))),
            targeted_activities=draw.choice([(), ("C",), ("10",)]),
            variant_of=draw.choice([*[""] * 9, f"a:{number // 2:03}"]) if number else "",
        )
        for number, (key, close) in enumerate(closeness.items())
    ]
    several.append(make_scheme("b:sure", needs={"sure": 1.0}))
    index = Index(several)
    profile = Profile(on=DAY, activity="25.62B", headcount=Interval(8, 12))
    learnt = Ranker(points={"words": 5.0, "near": 2.0}, means={"words": 1.0, "near": 1.0}, bound=12.0)
    for needs in ({}, {"robot": 0.4, "hire": 0.7}):
        wish = Wish({**needs, "sure": 1.0}, stated=draw.random() < 0.8, closeness=closeness)
        wish = replace(wish, preferences=frozenset(draw.sample(PREFERENCES, draw.randint(0, 2))))
        weights = replace(WEIGHTS, diversity=draw.choice([0.5, 2.0, 5.0]), words=draw.choice([40.0, 60.0]))
        for ranker in (None, learnt):
            found = rank_one(index, profile, wish, weights, ranker=ranker)
            assert (found.matches, found.decision) == naive_ranking.rank(
                profile, several, wish, weights, ranker=ranker
            )
            listed = [match for match in found.matches if match.addresses and match.score is not None]
            for limit in (1, 2, 3, 5, 10, 20):
                assert rank_one(index, profile, wish, weights, ranker=ranker, limit=limit).matches == listed[:limit]


@pytest.mark.parametrize("kinds", ["a", "abc", "abcdefghijkl", "a" * 30 + "bcdefghijkl"])
@pytest.mark.parametrize("diversity", [0.0, 0.05, 1.0, 7.0])
def test_where_nothing_was_asked_the_first_of_very_many_are_those_of_all_of_them(kinds: str, diversity: float) -> None:
    draw = Random(diversity)  # noqa: S311
    several = [
        make_scheme(
            f"a:{number:03}",
            *draw.sample(CONDITIONS, draw.randint(0, 2)),
            kind=draw.choice(kinds),
            reach=draw.choice(["local", "departmental", "regional", "national"]),
            verified=draw.random() < 0.5,
            guide=draw.choice([*[0.0] * 9, 1.0]),
            targeted_activities=draw.choice([(), ("C",), ("10",)]),
        )
        for number in range(300)
    ]
    index, weights = Index(several), replace(WEIGHTS, diversity=diversity)
    profile = Profile(on=DAY, activity="25.62B", headcount=Interval(8, 12))
    listed = [match for match in rank_one(index, profile, Wish(), weights).matches if match.score is not None]
    for limit in (1, 3, 7, 20, 60, 290):
        assert rank_one(index, profile, Wish(), weights, limit=limit).matches == listed[:limit]


def test_needs_may_be_served_to_as_many_degrees_as_there_are_schemes() -> None:
    several = [make_scheme(f"a:{n:03}", needs={"robot": n / 400, "hire": 1.0}, kind=str(n)) for n in range(1, 301)]
    wish = Wish({"robot": 1.0}, stated=True)
    found = rank_one(Index(several), Profile(on=DAY), wish, WEIGHTS, limit=5).matches
    assert [match.scheme.key for match in found] == [scheme.key for scheme in reversed(several)][:5]
    assert [match.parts["need"] for match in found] == [WEIGHTS.need * (n / 400 * 0.65) for n in range(300, 295, -1)]


def test_classes_that_take_too_much_room_are_forgotten_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Random(11)  # noqa: S311
    several = [make_scheme(f"a:{n:03}", *draw.sample(CONDITIONS, draw.randint(0, 3))) for n in range(40)]
    firms = [
        Profile(
            on=DAY,
            place=draw.choice([ANYWHERE, Place(frozenset({"REG-32", "DEP-60"}), frozenset({"ZONE-afr"}))]),
            activity=draw.choice(["", "25.62B", "10.71A"]),
            headcount=draw.choice([Interval(), Interval(8, 12), Interval(60, 60)]),
            created_on=draw.choice([None, date(2025, 1, 31)]),
        )
        for _ in range(12)
    ]
    monkeypatch.setattr("matching.index.MAX_BYTES", 1)
    index, by_key = Index(several), {scheme.key: scheme for scheme in several}
    before = index.stand(classes_of(firms))
    for profile in firms:
        assert told(index, profile) == [expected(by_key, profile)]
    assert told(index, *firms) == [expected(by_key, profile) for profile in firms]
    assert before[7].told.tolist() == index.stand(classes_of(firms))[7].told.tolist()


evaluated = Counter[str]()


def counting(kind: type[Criterion]) -> Any:
    """Return a kind of condition that counts how often it is evaluated."""

    class Counted(kind):  # type: ignore[misc, valid-type]
        def evaluate(self, *args: Any, **options: Any) -> Any:
            evaluated[self.kind] += 1
            return super().evaluate(*args, **options)

    return Counted


def test_another_day_touches_the_rows_of_dates_and_nothing_else() -> None:
    kinds = (AgeMonths, YES_NO_CRITERIA["craft_register"], Headcount, InTerritory, LegalForm, Turnover, Window)
    age, craft, headcount, territory, form, turnover, window = map(counting, kinds)
    spring = window(state="dated", opens_on=date(2026, 3, 1), closes_on=date(2026, 5, 31))
    index = Index(
        [
            Scheme(key="a:spring", window=spring, criteria=(territory(any_of=("REG-32",)), headcount(below=50))),
            Scheme(key="a:old", window=window(state="permanent"), criteria=(age(at_least=36), craft(expected=True))),
            Scheme(
                key="a:either",
                window=window(state="unknown"),
                criteria=(AnyOf(of=(age(below=36), turnover(below=2e6))),),
                from_text=(form(any_of=("57",)),),
            ),
        ]
    )
    firm = Profile(on=date(2026, 2, 1), place=Place(frozenset({"REG-32"}), frozenset()), created_on=date(2023, 6, 15))
    told_on = {}
    for on, expected_kinds in (
        (date(2026, 2, 1), {kind.kind for kind in kinds}),
        (date(2026, 3, 1), {"window"}),  # no condition on an age changes its mind
        (date(2026, 6, 15), {"window", "age_months", "turnover"}),  # 36 months: either condition reads the age too
        (date(2026, 6, 16), {"window", "age_months", "turnover"}),  # past the anniversary
        (date(2026, 7, 1), {"window"}),
        (date(2026, 2, 1), set()),
    ):
        evaluated.clear()
        told_on[on] = told(index, replace(firm, on=on))[0]
        assert set(evaluated) == expected_kinds, on
    for on, found in told_on.items():
        assert found == expected({scheme.key: scheme for scheme in index.schemes}, replace(firm, on=on))
