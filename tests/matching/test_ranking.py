from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from matching import CONTRIBUTIONS, MET, NOT_MET, UNKNOWN, Index, Match, Place, Profile, Scheme, Window, Wish
from matching.features import HEARD, LOSSES
from tests.matching.factories import DAY, WEIGHTS, make_scheme, rank_one

REGION = {"kind": "in_territory", "any_of": ["REG-32"]}
HERE = Place(frozenset({"REG-32"}), frozenset())
ELSEWHERE = Place(frozenset({"REG-84"}), frozenset())
ROBOT = Wish({"robot": 1.0}, stated=True)
NOTHING = Wish()


def ranked(schemes: list[Any], wish: Wish = ROBOT, weights: Any = WEIGHTS, **facts: Any) -> list[Match]:
    return rank_one(Index(schemes), Profile(**{"on": DAY, **facts}), wish, weights).matches


def keys(matches: list[Match]) -> list[str]:
    return [match.scheme.key for match in matches]


def various() -> list[Any]:
    return [
        make_scheme(
            f"s:{number:02}",
            *([REGION] if number % 3 == 0 else []),
            needs={"robot": 0.4 + number % 4 / 10} if number % 2 else {"energy": 1.0},
            kind=("loan", "grant")[number % 2],
            reach=("local", "regional", "national")[number % 3],
            window=Window(state="unknown" if number % 5 == 0 else "permanent"),
        )
        for number in range(30)
    ]


def test_scores_never_increase_along_the_list() -> None:
    scores = [match.score for match in ranked(various(), place=HERE)]
    assert None not in scores
    assert scores == sorted(scores, key=lambda score: -(score or 0))


def test_input_order_does_not_matter() -> None:
    schemes = various()
    assert ranked(schemes, place=HERE) == ranked(schemes[::-1], place=HERE)


def test_ineligible_schemes_come_last_by_key_without_score() -> None:
    matches = ranked(various(), place=ELSEWHERE)
    last = [match for match in matches if match.eligibility == NOT_MET]
    assert matches[-len(last) :] == last
    assert keys(last) == sorted(keys(last))
    assert {match.score for match in last} == {None}
    assert all(match.score is not None for match in matches[: -len(last)])


def test_ties_go_by_key() -> None:
    weights = replace(WEIGHTS, diversity=0)
    assert keys(ranked([make_scheme("s:b"), make_scheme("s:c"), make_scheme("s:a")], weights=weights)) == [
        "s:a",
        "s:b",
        "s:c",
    ]


def test_a_score_is_the_sum_of_its_contributions() -> None:
    for match in ranked(various(), place=HERE):
        assert set(match.parts) <= set(CONTRIBUTIONS)
        assert match.score == pytest.approx(sum(match.parts.values()))


def test_weights_order_and_never_decide() -> None:
    def verdicts(weights: Any) -> dict[str, Any]:
        matches = ranked(various(), weights=weights)
        return {match.scheme.key: (match.eligibility, match.typed, match.unknown) for match in matches}

    upside_down = replace(WEIGHTS, **{name: -100.0 for name in CONTRIBUTIONS if name not in LOSSES})
    assert verdicts(upside_down) == verdicts(WEIGHTS)


def test_a_scheme_made_for_the_need_comes_before_one_that_helps() -> None:
    helps, made = make_scheme("s:a", needs={"robot": 0.4}), make_scheme("s:b", needs={"robot": 1.0})
    first, second = ranked([helps, made])
    assert (first.scheme.key, first.need) == ("s:b", "robot")
    assert first.addresses
    assert second.addresses


def test_a_scheme_for_another_need_does_not_address_the_wish() -> None:
    (match,) = ranked([make_scheme(needs={"energy": 1.0})])
    assert (match.addresses, match.need) == (False, "")


def test_every_scheme_is_of_interest_when_nothing_was_asked() -> None:
    assert all(match.addresses for match in ranked(various(), NOTHING))


def test_nothing_addresses_a_wish_that_was_not_understood() -> None:
    assert not any(match.addresses for match in ranked(various(), Wish(stated=True)))


def test_certain_and_uncertain_are_ranked_together() -> None:
    unsure = make_scheme("s:a", REGION, needs={"robot": 1.0})
    sure = make_scheme("s:b", needs={"robot": 0.4})
    assert [(match.scheme.key, match.eligibility) for match in ranked([sure, unsure])] == [
        ("s:a", UNKNOWN),
        ("s:b", MET),
    ]


def test_the_second_of_a_kind_loses_points_and_its_score_says_so() -> None:
    loans = [make_scheme(f"s:{number}", needs={"robot": 1.0}, kind="loan") for number in range(3)]
    grant = make_scheme("s:grant", needs={"robot": 0.95}, kind="grant")
    matches = ranked([*loans, grant])
    assert keys(matches) == ["s:0", "s:grant", "s:1", "s:2"]
    assert [match.parts.get("diversity") for match in matches] == [None, None, -5, -10]
    first = rank_one(Index([*loans, grant]), Profile(on=DAY), ROBOT, WEIGHTS, limit=3).matches
    assert [match.parts.get("diversity") for match in first] == [None, None, -5]


def test_what_goes_against_a_preference_comes_after_and_its_score_says_so() -> None:
    loan = make_scheme("s:loan", needs={"robot": 1.0}, kind="loan", against=frozenset({"no_loan"}))
    grant, poor = (make_scheme(f"s:{key}", needs={"robot": need}) for key, need in (("grant", 0.7), ("poor", 0.1)))
    schemes = [loan, grant, poor]
    plain, wish = ranked(schemes), replace(ROBOT, preferences=frozenset({"no_loan", "alone"}))
    assert keys(plain) == ["s:loan", "s:grant", "s:poor"]
    lowered = ranked(schemes, wish, replace(WEIGHTS, preference=200))
    assert keys(lowered) == ["s:grant", "s:poor", "s:loan"]
    assert [match.parts.get("preference") for match in lowered] == [None, None, -200]
    assert lowered[-1].score == pytest.approx(sum(lowered[-1].parts.values()))
    assert [match.eligibility for match in lowered] == [MET, MET, MET]  # it lowers, and never makes a no
    assert lowered[-1].addresses


def test_what_the_trade_of_a_text_could_not_have_comes_after_while_no_activity_is_known() -> None:
    industry = make_scheme("s:industry", {"kind": "activity", "any_of": ["C"]}, needs={"robot": 1.0})
    plain, poor = (make_scheme(f"s:{key}", needs={"robot": need}) for key, need in (("plain", 0.7), ("poor", 0.1)))
    schemes, weights = [industry, plain, poor], replace(WEIGHTS, trade=200)
    wish = replace(ROBOT, spoken_activities=frozenset({"96.02A"}))
    assert keys(ranked(schemes, ROBOT, weights)) == ["s:industry", "s:plain", "s:poor"]
    lowered = ranked(schemes, wish, weights)
    assert keys(lowered) == ["s:plain", "s:poor", "s:industry"]
    assert [match.parts.get("trade") for match in lowered] == [None, None, -200]
    assert [match.eligibility for match in lowered] == [MET, MET, UNKNOWN]  # it lowers, and never makes a no
    assert lowered[-1].addresses
    # One of two trades may have it; and what is known outweighs what is said in passing.
    either = replace(ROBOT, spoken_activities=frozenset({"96.02A", "10.71C"}))
    for found in (ranked(schemes, either, weights), ranked(schemes, wish, weights, activity="10.71C")):
        assert keys(found) == ["s:industry", "s:plain", "s:poor"]
    assert keys(ranked(schemes, wish, replace(WEIGHTS, trade=0))) == ["s:industry", "s:plain", "s:poor"]


def test_what_waits_for_an_answer_of_the_firm_comes_after_until_it_is_given() -> None:
    def asking(key: str, ask: str) -> Scheme:
        condition = {"kind": "manual", "fact": key, "sentence": "Une phrase.", "ask": ask}
        return make_scheme(f"s:{key}", condition, needs={"robot": 1.0})

    schemes = [asking("firm", "firm"), asking("operator", "operator"), make_scheme("s:plain", needs={"robot": 0.9})]
    weights = replace(WEIGHTS, asks=30)
    lowered = ranked(schemes, weights=weights)
    assert keys(lowered) == ["s:operator", "s:plain", "s:firm"]
    assert [match.parts.get("asks") for match in lowered] == [None, None, -30]
    assert lowered[-1].eligibility == UNKNOWN  # it lowers, and never makes a no
    assert lowered[-1].addresses
    answered = ranked(schemes, weights=weights, answers={"firm": True})
    assert keys(answered) == ["s:firm", "s:operator", "s:plain"]
    assert answered[0].parts.get("asks") is None


def test_where_nothing_else_serves_the_need_what_goes_against_a_preference_is_listed() -> None:
    loan = make_scheme("s:loan", needs={"robot": 1.0}, against=frozenset({"no_loan"}))
    (match,) = ranked([loan], replace(ROBOT, preferences=frozenset({"no_loan"})))
    assert match.addresses


def test_a_list_goes_on_after_ten_with_what_helps_half_as_much_and_the_first_two_of_each_need() -> None:
    wish = Wish({"robot": 1.0, "energy": 1.0}, stated=True, closeness={"s:00": 0.01})
    good = [make_scheme(f"s:{number:02}", needs={"robot": 1.0}) for number in range(12)]
    poor = [make_scheme(f"t:{number}", needs={"robot": 0.4}) for number in range(3)]
    other = [make_scheme(f"u:{number}", needs={"energy": 0.4}) for number in range(3)]
    weights = replace(WEIGHTS, diversity=0)
    listed = keys([match for match in ranked([*good, *poor, *other], wish, weights) if match.addresses])
    assert listed == [*(f"s:{number:02}" for number in range(4)), "u:0", *(f"s:{n:02}" for n in range(4, 12)), "u:1"]
    assert all(match.addresses for match in ranked([*good[:5], *poor], wish))
    assert all(match.addresses for match in ranked([*good, *poor, *other], replace(wish, closeness={})))


def test_none_of_several_needs_waits_behind_another_and_who_orients_takes_no_place() -> None:
    guide = make_scheme("g:guide", needs={"robot": 1.0}, guide=1.0)
    robots = [make_scheme(f"r:{number}", needs={"robot": 1.0}) for number in range(7)]
    energy = [make_scheme(f"e:{number}", needs={"energy": 0.5}) for number in range(2)]
    bus = make_scheme("b:bus", needs={"bus": 0.4})
    wish = Wish({"robot": 1.0, "energy": 0.9, "bus": 0.8}, stated=True)
    weights = replace(WEIGHTS, diversity=0)
    found = [key for key in keys(ranked([guide, *robots, *energy, bus], wish, weights)) if key != "g:guide"]
    assert found[:5] == ["r:0", "r:1", "r:2", "e:0", "b:bus"]
    assert found[5:] == ["r:3", "r:4", "r:5", "r:6", "e:1"]
    assert len(set(found)) == 10
    alone = replace(wish, weights={"robot": 1.0})
    assert keys(ranked([*robots, *energy], alone, weights))[:7] == [robot.key for robot in robots]
    doubtful = replace(wish, probabilities={"robot": 0.9, "energy": 0.7, "bus": 0.38})
    found = [key for key in keys(ranked([guide, *robots, *energy, bus], doubtful, weights)) if key != "g:guide"]
    assert found[:5] == ["r:0", "r:1", "r:2", "r:3", "e:0"]  # a need that is not sure lifts nothing


def test_a_scheme_as_good_as_any_for_each_need_that_is_heard_is_among_the_first_ten_listed() -> None:
    """ "A robot, and a roof with panels": what words are close to would fill ten lines, and half serve one need."""
    robots = [make_scheme(f"s:{number:02}", needs={"robot": 1.0, "energy": 0.3}) for number in range(15)]
    panels = [make_scheme(f"t:{number}", needs={"energy": 0.5}, guide=number // 2) for number in range(3)]
    closeness = {scheme.key: 1.0 for scheme in robots}
    wish = Wish({"robot": 1.0, "energy": 0.4}, stated=True, closeness=closeness)
    listed = [match for match in ranked([*robots, *panels], wish) if match.addresses]
    assert keys(listed)[:11] == [*(f"s:{number:02}" for number in range(9)), "t:0", "s:09"]
    assert "t:1" not in keys(listed)
    loans = [make_scheme(f"u:{number}", needs={"robot": 1.0}, against=frozenset({"no_loan"})) for number in range(4)]
    closeness |= {scheme.key: 1.0 for scheme in loans}
    without_loan = replace(wish, closeness=closeness, preferences=frozenset({"no_loan"}))
    found = keys([match for match in ranked([*robots[:7], *loans, *panels], without_loan) if match.addresses])
    assert found.index("t:0") < min(map(found.index, [key for key in found if key.startswith("u:")]))
    # Few are listed that are wanted: the first ten reach into the loans, and what is made for the need is before them.
    loans.append(make_scheme("u:4", needs={"energy": 0.1}, against=frozenset({"no_loan"})))
    found = keys(ranked([*robots[:3], *loans, *panels], without_loan, replace(WEIGHTS, preference=200)))
    assert max(map(found.index, ["t:0", "t:1"])) < found.index("u:0")
    assert found[-5:] == [loan.key for loan in loans]
    for percent, is_listed in ((HEARD, True), (HEARD - 1.0, False)):
        doubtful = replace(wish, probabilities={"robot": 1.0, "energy": percent / 100})
        found = keys([match for match in ranked([*robots, *panels], doubtful) if match.addresses])
        assert ("t:0" in found) == is_listed
        chosen = replace(doubtful, ticked=frozenset({"robot"}))  # who ticks boxes has left the others
        assert "t:0" not in keys([match for match in ranked([*robots, *panels], chosen) if match.addresses])


@pytest.mark.parametrize(
    ("days_left", "preparation", "expected"),
    [(14, None, -5), (15, None, 5), (90, None, 5), (91, None, 0), (29, 30, -5), (30, 30, 5), (0, 0, 5)],
)
def test_a_deadline_counts_when_it_is_near_and_against_when_it_is_too_near(
    days_left: int, preparation: int | None, expected: float
) -> None:
    window = Window(state="dated", closes_on=DAY + timedelta(days=days_left))
    (match,) = ranked([make_scheme(window=window, preparation_days=preparation)])
    assert match.parts["deadline"] == expected


@pytest.mark.parametrize(
    ("verified", "review_by", "expected"),
    [(True, None, 3), (True, DAY, 3), (True, DAY - timedelta(days=1), 0), (False, None, 0), (False, DAY, 0)],
)
def test_what_was_verified_counts_until_it_is_to_be_read_again(
    verified: bool, review_by: date | None, expected: float
) -> None:
    (match,) = ranked([make_scheme(verified=verified, review_by=review_by)])
    assert match.parts["verified"] == expected
