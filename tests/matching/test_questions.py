"""The next best question: what it settles is counted by trying every answer, here one profile at a time."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    MET,
    Criterion,
    Interval,
    Place,
    Profile,
    Profiles,
    Question,
    Scheme,
    Window,
    next_conditions,
    next_questions,
)
from matching.criteria import leaves as ends
from matching.hypotheses import variants
from tests.matching.factories import DAY, FEWER, make_scheme
from tests.matching.naive_verdicts import evaluate
from tests.matching.test_properties import criteria, profiles, to_profile

SME = {"kind": "headcount", "below": 250}
NEW = {"kind": "project_not_started"}
schemes = st.lists(st.lists(criteria, max_size=3), min_size=1, max_size=4).map(
    lambda several: [make_scheme(f"jonction:{key}", *definitions) for key, definitions in enumerate(several)]
)
firms = profiles.map(to_profile)


def ask(several: list[Scheme], profile: Profile | None = None, **options: Any) -> list[Question]:
    return next_questions(profile or Profile(on=DAY), several, {}, **{"efforts": {}, **options})


def readers(several: list[Scheme]) -> list[Any]:
    return [leaf for scheme in several for criterion in scheme.stated for leaf in ends(criterion)]


def n_settled(several: list[Scheme], waiting: set[str], profile: Profile) -> int:
    columns = Profiles([profile])
    return sum(evaluate(columns, scheme).typed[0] != 0 for scheme in several if scheme.key in waiting)


def open_facts(scheme: Scheme, profile: Profile) -> set[str]:
    return {fact for fact, rows in evaluate(Profiles([profile]), scheme).unknown.items() if rows[0]}


def waits_for(condition: Criterion, fact: str, profile: Profile) -> bool:
    facts = condition.open_facts(Profiles([profile]), assume=MET)
    return fact in facts and bool(facts[fact][0])


def undecided(several: list[Scheme], profile: Profile) -> set[str]:
    columns = Profiles([profile])
    return {scheme.key for scheme in several if evaluate(columns, scheme).typed[0] == 0}


@FEWER
@given(schemes, firms)
def test_what_a_question_settles_is_the_mean_over_its_answers(several: list[Scheme], profile: Profile) -> None:
    waiting = undecided(several, profile)
    for question in ask(several, profile):
        if question.name != "window":
            fact = question.name.partition(":")[0].replace("scheme", "schemes")
            # A condition that the fact leaves as it is, decided or open for another one, cuts nothing.
            leaves = [
                leaf
                for scheme in several
                if fact in open_facts(scheme, profile)
                for condition in scheme.stated
                if waits_for(condition, fact, profile)
                for leaf in ends(condition)
                if fact in leaf.facts
            ]
            found = [n_settled(several, waiting, answer) for answer in variants(profile, question.name, leaves)]
            assert question.expected == pytest.approx(sum(found) / len(found), abs=1e-5)
            assert question.value == pytest.approx(question.expected, abs=1e-5)


@FEWER
@given(schemes, firms)
def test_a_question_that_no_verdict_waits_for_is_not_asked(several: list[Scheme], profile: Profile) -> None:
    waiting = undecided(several, profile)
    for question in ask(several, profile):
        assert question.waiting
        assert {*question.waiting, *question.settles} <= waiting
        assert (question.value > 0) is bool(question.settles)


@FEWER
@given(schemes, firms)
def test_a_question_once_answered_is_not_asked_again(several: list[Scheme], profile: Profile) -> None:
    for question in ask(several, profile):
        for answer in variants(profile, question.name, readers(several)):
            assert question.name not in {other.name for other in ask(several, answer)}


@FEWER
@given(schemes, firms, st.data())
def test_asking_until_nothing_is_left_settles_all_that_answers_can(
    several: list[Scheme], profile: Profile, data: st.DataObject
) -> None:
    seen: list[str] = []
    while questions := [question.name for question in ask(several, profile) if question.name != "window"]:
        assert questions[0] not in seen
        seen.append(questions[0])
        profile = data.draw(st.sampled_from(variants(profile, questions[0], readers(several))))
    for scheme in several:
        for fact in evaluate(Profiles([profile]), scheme).unknown:
            assert fact == "window" or not variants(profile, fact, readers([scheme]))


@FEWER
@given(schemes, firms, st.randoms(use_true_random=False))
def test_the_order_of_the_schemes_does_not_matter(several: list[Scheme], profile: Profile, random: Any) -> None:
    assert ask(random.sample(several, len(several)), profile) == ask(several, profile)


@FEWER
@given(schemes, firms)
def test_what_is_skipped_is_not_asked(several: list[Scheme], profile: Profile) -> None:
    names = [question.name for question in ask(several, profile)]
    asked = [question.name for question in ask(several, profile, skip=set(names[:1]) - {"window"})]
    assert asked == [name for name in names if name == "window" or name != names[0]]


def test_a_question_is_worth_the_scores_of_what_it_settles_over_its_effort() -> None:
    several = [make_scheme("jonction:a", SME), make_scheme("jonction:b", SME, NEW), make_scheme("jonction:c", NEW)]
    worth = {"jonction:a": 40.0, "jonction:b": 60.0, "jonction:c": 10.0}
    found = next_questions(Profile(on=DAY), several, worth, efforts={"headcount": 2.0, "project.started": 1.0})
    staff = Question(
        name="headcount",
        waiting=("jonction:a", "jonction:b"),
        settles=("jonction:a", "jonction:b"),
        expected=1.5,
        value=(40 + 60 / 2) / 2,
        effort=2.0,
    )
    started = Question(
        name="project.started",
        waiting=("jonction:b", "jonction:c"),
        settles=("jonction:b", "jonction:c"),
        expected=1.5,
        value=10 + 60 / 2,
        effort=1.0,
    )
    assert found == [started, staff]


def test_a_no_settles_a_scheme_that_waits_for_something_else() -> None:
    (started, turnover) = ask([make_scheme("jonction:a", NEW, {"kind": "turnover", "at_most": 2e6})])
    assert (started.name, started.expected) == ("project.started", 0.5)
    assert (turnover.name, turnover.expected) == ("turnover", 0.5)


def test_a_band_wholly_on_one_side_is_not_asked_about_and_one_across_is() -> None:
    several = [make_scheme("jonction:a", {"kind": "headcount", "below": 12})]
    assert ask(several, Profile(on=DAY, headcount=Interval(1, 9))) == []
    (question,) = ask(several, Profile(on=DAY, headcount=Interval(10, 19)))
    assert (question.name, question.expected) == ("headcount", 1.0)


def test_typical_answers_weigh_nine_tenths() -> None:
    several = [make_scheme("jonction:a", SME, {"kind": "turnover", "at_most": 2e6})]
    found = {question.name: question for question in ask(several, likely={"headcount": {12.0: 3.0, 400.0: 1.0}})}
    assert found["headcount"].expected == pytest.approx(0.9 * 0.25 + 0.1 * 0.5)
    assert found["turnover"].expected == 0.5


def test_typical_answers_that_what_is_known_excludes_do_not_count() -> None:
    several = [make_scheme("jonction:a", SME, {"kind": "turnover", "at_most": 2e6})]
    (first, *_others) = ask(
        several, Profile(on=DAY, headcount=Interval(200, 300)), likely={"headcount": {12.0: 3.0, 260.0: 1.0}}
    )
    assert (first.name, first.expected) == ("headcount", pytest.approx(0.9 + 0.1 * 0.5))


def test_one_question_may_tell_two_facts() -> None:
    micro = {"kind": "micro_entrepreneur", "expected": False}
    several = [make_scheme("jonction:a", micro, {"kind": "legal_form", "any_of": ["57"]})]
    (question,) = ask(several, told_with={"micro_entrepreneur": "legal_category"})
    assert (question.name, question.expected, question.waiting) == ("legal_category", 1.0, ("jonction:a",))


def test_the_place_is_tried_where_firms_are() -> None:
    several = [make_scheme("jonction:a", {"kind": "in_territory", "any_of": ["REG-32"]}, NEW)]
    inside, outside = Place(frozenset({"REG-32"}), frozenset()), Place(frozenset({"REG-84"}), frozenset())
    found = {question.name: question for question in ask(several, places=[inside, outside, outside, outside])}
    assert found["commune"].expected == 0.75


def test_only_the_operator_knows_whether_a_scheme_is_open() -> None:
    several = [make_scheme("jonction:a", NEW, window=Window(state="unknown"))]
    found = {question.name: question for question in ask(several)}
    assert (found["window"].ask, found["window"].expected) == ("operator", 0.5)
    assert (found["project.started"].ask, found["project.started"].expected) == ("firm", 0.5)


def test_each_other_scheme_is_one_question() -> None:
    holds = {"kind": "holds_scheme", "any_of": ["jonction:x", "jonction:y"]}
    names = [question.name for question in ask([make_scheme("jonction:a", holds)])]
    assert names == ["scheme:jonction:x", "scheme:jonction:y"]
    known = Profile(on=DAY, held={"jonction:x": False})
    assert [question.name for question in ask([make_scheme("jonction:a", holds)], known)] == ["scheme:jonction:y"]


def test_a_condition_left_to_a_person_is_counted_on_the_whole_verdict() -> None:
    taxes = {"kind": "manual", "fact": "taxes", "sentence": ".", "ask": "firm"}
    plan = {"kind": "manual", "fact": "plan", "sentence": ".", "ask": "operator"}
    several = [make_scheme("jonction:a", taxes), make_scheme("jonction:b", taxes, plan)]
    assert ask(several) == []
    found = next_conditions(Profile(on=DAY), several, {"jonction:a": 2.0, "jonction:b": 4.0}, effort=2.0)
    assert [(question.name, question.ask, question.expected, question.value) for question in found] == [
        ("answer:taxes", "firm", 1.5, 2.0),
        ("answer:plan", "operator", 0.5, 1.0),
    ]
    assert [q.name for q in next_conditions(Profile(on=DAY), several, {}, skip={"answer:taxes"})] == ["answer:plan"]
    answered = Profile(on=DAY, answers={"taxes": False})
    assert next_conditions(answered, several, {}) == []


@pytest.mark.parametrize("nature", ["appraisal", "undertaking"])
def test_what_decides_nothing_is_never_asked(nature: str) -> None:
    told = {"kind": "manual", "fact": "before", "sentence": ".", "ask": "firm", "nature": nature}
    plan = {"kind": "manual", "fact": "plan", "sentence": ".", "ask": "firm"}
    found = next_conditions(Profile(on=DAY), [make_scheme("jonction:a", told, plan)], {})
    assert [(question.name, question.expected) for question in found] == [("answer:plan", 1.0)]


@pytest.mark.parametrize(
    ("definition", "fact", "n"),
    [
        ({"kind": "headcount", "at_least": 10, "below": 50}, "headcount", 3),
        ({"kind": "size_category", "to": "small"}, "headcount", 5),
        ({"kind": "activity", "any_of": ["C"], "none_of": ["25.62B"]}, "naf", 3),
        ({"kind": "activity", "any_of": ["62.1"], "nomenclature": "naf_2025"}, "naf_2025", 2),
        ({"kind": "legal_form", "any_of": ["5", "57"]}, "legal_category", 3),
        ({"kind": "age_months", "at_least": 12, "below": 36}, "created_on", 3),
        ({"kind": "in_territory", "any_of": ["REG-32", "ZONE-afr"]}, "commune", 3),
        ({"kind": "tenure", "any_of": ["owner"]}, "project.tenure", 2),
        ({"kind": "spend_kind", "any_of": ["works", "wages"]}, "project.spend_kinds", 3),
        ({"kind": "craft_register"}, "craft_register", 2),
        ({"kind": "headcount", "level": "group", "below": 250}, "group", 2),
        ({"kind": "manual", "fact": "taxes", "sentence": "."}, "answer:taxes", 2),
        ({"kind": "holds_scheme", "any_of": ["jonction:x"]}, "scheme:jonction:x", 2),
    ],
)
def test_a_fact_is_cut_where_criteria_cut_it(definition: dict[str, Any], fact: str, n: int) -> None:
    several = [make_scheme("jonction:a", definition)]
    answers = variants(Profile(on=DAY), fact, readers(several))
    assert len(answers) == len(set(map(repr, answers))) == n


def test_a_fact_without_end_is_asked_in_a_bounded_number_of_ways() -> None:
    codes = [f"{division}.{rest:02}Z" for division in range(10, 99) for rest in range(100)]
    several = [make_scheme("jonction:a", {"kind": "activity", "any_of": codes})]
    assert 2 <= len(variants(Profile(on=DAY), "naf", readers(several))) <= 64


def test_ages_are_tried_between_the_anniversaries() -> None:
    several = [make_scheme("jonction:a", {"kind": "age_months", "at_least": 12, "below": 36})]
    births = [answer.created_on for answer in variants(Profile(on=DAY), "created_on", readers(several))]
    assert None not in births
    assert [birth < date(2023, 11, 24) for birth in births if birth] == [True, False, False]
    assert [birth < date(2025, 11, 24) for birth in births if birth] == [True, True, False]


@pytest.mark.parametrize("on", [date.min, date(80, 2, 29), date.max])
def test_a_day_at_an_end_of_the_calendar_is_asked_about_like_any_other(on: date) -> None:
    ages = [
        make_scheme("jonction:young", {"kind": "age_months", "below": 96}),
        make_scheme("jonction:old", {"kind": "age_months", "at_least": 1188}),
    ]
    assert {question.name for question in ask(ages, Profile(on=on))} <= {"created_on"}
