"""What a change of one scheme would do: exactly what it does once published, counted for all, named for few."""

from itertools import count

import pytest
from django.utils import timezone

from backend.companies.models import Company, Contact, Fact, FactSheet
from backend.companies.services import record_facts
from backend.matchmaking import engine
from backend.matchmaking.engine.compiled import compile_record, compile_scheme
from backend.matchmaking.impact_preview import Trial
from backend.matchmaking.models import Match, Need, Submission
from backend.matchmaking.results import facts_of, facts_of_all, latest_result
from backend.schemes.catalogue.records import RecordError, read_record
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    take_back,
)
from tests.matchmaking.generated import Draw
from tests.schemes.people import get_scheme, make_editor, make_record, publish_change

pytestmark = pytest.mark.django_db
KEY = "mediation-credit"
SMALL = {"kind": "headcount", "below": 20, "source": None, "note": None, "excerpt": None}
_sirens = count(100_000_000)


def file(**changes):
    """File for a firm of its own."""
    return make_submission(confirmed=True, siren="", siret="", **changes)


def record_with(*criteria, **changes):
    return make_record(criteria=list(criteria), **changes)


def told(effect):
    return {name: len(getattr(effect, name)) for name in ("gains", "loses", "undecided")} | {
        "unchanged": effect.unchanged
    }


def many_files(n):
    """Bring in files straight, facts and needs drawn with a seed: filing a thousand would take a minute."""
    draw, now = Draw(6), timezone.now()
    contact = Contact.objects.create(name="X", email="x@essai.example")
    epci = ServedEpci.objects.first()
    lines = draw.lines(n)
    companies = Company.objects.bulk_create(Company(siren=str(next(_sirens))) for _ in lines)
    sheets = FactSheet.objects.bulk_create(FactSheet(name="X", company=company) for company in companies)
    files = Submission.objects.bulk_create(
        Submission(sheet=sheet, contact=contact, epci=epci, text="", filed_at=now, consented_at=now, confirmed_at=now)
        for sheet in sheets
    )
    facts = []
    for sheet, line in zip(sheets, lines, strict=True):
        known = {name: value for name, value in line.items() if name not in ("id", "on", "needs", "text", "project")}
        known |= {f"project.{name}": value for name, value in (line.get("project") or {}).items()}
        facts += [
            Fact(sheet=sheet, name=name, value=value, origin="declared", recorded_at=now, recorded_on=DAY)
            for name, value in known.items()
            if value is not None
        ]
    Fact.objects.bulk_create(facts)
    needs = [
        Need(submission=one, sub_need_id=key, weight=1.0, ticked=True)
        for one, line in zip(files, lines, strict=True)
        for key in dict.fromkeys(line.get("needs") or ())
    ]
    Need.objects.bulk_create(needs)
    return files


# -- one way to read a record


@pytest.mark.cases(1)
@pytest.mark.parametrize("every", [20, 1])
def test_a_record_is_read_as_its_revision_is(every):
    schemes = Scheme.objects.of_source(Scheme.OWN).described().select_related("current__scheme")[::every]
    assert schemes
    for scheme in schemes:
        assert compile_record(read_record(scheme.current)) == compile_scheme(scheme, scheme.current)


def test_the_facts_of_many_files_are_those_of_each():
    one, two = make_submission(confirmed=True), make_submission(confirmed=True, needs=("energie.facture",))
    alone = file(facts={"headcount": 3.0}, without=("turnover",))
    decide(one, first_matches(one)[0].scheme, make_officer(), "already_has_it")
    files = [alone, two, one]
    assert facts_of_all(files) == [facts_of(each) for each in files]
    assert any(name.startswith(Fact.SCHEME) for name in facts_of_all([two])[0])


# -- what moves


def test_a_new_scheme_is_gained_by_who_may_have_it():
    file(facts={"headcount": 12.0})
    file(facts={"headcount": 300.0})
    file(without=("headcount",))
    effect = Trial(on=DAY).effect(record_with(SMALL), base=None)
    assert told(effect) == {"gains": 1, "loses": 0, "undecided": 1, "unchanged": 1}


def test_a_narrower_condition_loses_some_and_leaves_others_open():
    for headcount in (5.0, 12.0, [9, 12], 19.0):
        file(facts={"headcount": headcount})
    narrower = record_with({**SMALL, "below": 10})
    effect = Trial(on=DAY).effect(narrower, base=record_with(SMALL))
    assert told(effect) == {"gains": 0, "loses": 2, "undecided": 1, "unchanged": 1}
    back = Trial(on=DAY).effect(record_with(SMALL), base=narrower)
    assert told(back) == {"gains": 3, "loses": 0, "undecided": 0, "unchanged": 1}


def test_a_scheme_that_ends_is_lost_by_all_who_could_have_it():
    file(facts={"headcount": 12.0})
    file(facts={"headcount": 300.0})
    assert told(Trial(on=DAY).effect(None, base=record_with(SMALL)))["loses"] == 1


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"state": "dated", "opens_on": None, "closes_on": "2026-11-24"}, 0),  # the last day is inside
        ({"state": "dated", "opens_on": None, "closes_on": "2026-11-23"}, 1),
        ({"state": "dated", "opens_on": "2026-11-25", "closes_on": "2026-12-31"}, 1),
    ],
)
def test_the_window_counts_on_the_day(window, expected):
    file(facts={"headcount": 12.0})
    changed = record_with(SMALL, window={"recurring": None, "note": None, **window})
    assert told(Trial(on=DAY).effect(changed, base=record_with(SMALL)))["loses"] == expected


def test_words_and_addresses_move_nobody():
    file(facts={"headcount": 12.0})
    changed = record_with(SMALL, name="Autre nom", url="https://exemple.example/autre")
    assert told(Trial(on=DAY).effect(changed, base=record_with(SMALL)))["unchanged"] == 1


def test_nobody_filed_anything_yet():
    effect = Trial(on=DAY).effect(record_with(SMALL), base=None)
    assert (effect.n_firms, told(effect)["unchanged"]) == (0, 0)
    (counts,) = Trial(on=DAY).counts([SMALL])
    assert counts == engine.Counts(kept=0, excluded=0, undecided=0)


def test_a_record_that_cannot_be_read_is_refused_with_a_reason():
    file()
    with pytest.raises(RecordError, match="pas de limite"):
        Trial(on=DAY).effect(record_with({"kind": "headcount"}), base=None)
    window = {"state": "dated", "opens_on": None, "closes_on": "demain", "recurring": None, "note": None}
    with pytest.raises(RecordError, match="closes_on"):
        Trial(on=DAY).effect(record_with(window=window), base=None)
    with pytest.raises(RecordError, match="inconnu"):
        Trial(on=DAY).counts([{"kind": "inconnu"}])


def test_each_condition_is_counted_by_itself():
    for headcount in (5.0, 12.0, [9, 12], 30.0):
        file(facts={"headcount": headcount})
    under_10, started = {"kind": "headcount", "below": 10}, {"kind": "project_not_started"}
    assert Trial(on=DAY).counts([under_10, started]) == [
        engine.Counts(kept=1, excluded=2, undecided=1),
        engine.Counts(kept=4, excluded=0, undecided=0),
    ]


# -- whom it counts, whom it names


def test_a_firm_counts_once_by_its_newest_confirmed_file():
    make_submission(confirmed=True, facts={"headcount": 300.0})
    newest = make_submission(confirmed=True, facts={"headcount": 12.0})
    make_submission(facts={"headcount": 300.0})  # nobody has shown that the address is theirs
    effect = Trial(on=DAY).effect(record_with(SMALL), base=None)
    assert [move.submission for move in effect.gains] == [newest]
    assert effect.n_firms == 1


def test_those_who_ask_for_what_it_serves_are_told_apart():
    asking = file(needs=("numerique.robot",))
    file(needs=("energie.facture",))
    anything = file(needs=(), text="")
    effect = Trial(on=DAY).effect(record_with(), base=None)
    assert len(effect.gains) == 3
    assert {move.submission for move in effect.of_those_who_ask().gains} == {asking, anything}


def test_a_name_is_for_who_may_open_the_file():
    here, there = file(), file(facts={"commune": COMMUNES[CCLO]})
    record = record_with()

    def named(viewer):
        moves = Trial(on=DAY).effect(record, base=None, viewer=viewer).moves
        assert len(moves) == 2
        return {move.submission for move in moves if move.is_visible}

    assert named(None) == named(make_editor()) == set()
    assert named(make_officer(ARC)) == {here}
    assert named(make_lead()) == {here, there}


def test_what_is_known_since_the_last_trial_counts_at_once():
    one = file(facts={"headcount": 12.0})
    record = record_with(SMALL, {"kind": "holds_scheme", "none_of": [f"jonction:{KEY}"]})

    def verdict():
        (move,) = Trial(on=DAY).effect(record, base=None).moves
        return move.after

    assert verdict() == "undecided"
    decide(one, get_scheme(KEY), officer := make_officer(), "already_has_it")
    assert verdict() == "ineligible"
    take_back(one, get_scheme(KEY), officer)
    assert verdict() == "undecided"
    record_facts(sheet=one.sheet, values={"headcount": 300.0}, origin="declared", on=DAY)
    assert verdict() == "ineligible"


# -- against what happens


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "changes",
    [
        {"criteria": [SMALL]},
        {"criteria": [{"kind": "activity", "any_of": ["C"], "source": None}, {"kind": "turnover", "at_most": 5e6}]},
        {"window": {"state": "dated", "opens_on": "2027-01-01", "closes_on": "2027-02-01", "recurring": None}},
    ],
)
def test_the_effect_is_what_the_publication_does(changes):
    scheme = get_scheme(KEY)
    served = next(iter(read_record(scheme.current)["needs"]))
    files = [
        file(needs=(served,), facts={"headcount": headcount, "naf": naf})
        for headcount in (3.0, [10, 40], 120.0)
        for naf in ("25.62B", "01.11Z")
    ]
    changes = {name: _filled(value) for name, value in changes.items()}
    before = {each: verdict_of(each, scheme) for each in files}
    effect = Trial(on=DAY).effect({**read_record(scheme.current), **changes}, base=scheme.current)
    scheme = publish_change(scheme, **changes)
    after = {each: verdict_of(each, scheme) for each in files}
    assert before != after
    assert {move.submission: (move.before, move.after) for move in effect.moves} == {
        each: (before[each], after[each]) for each in files
    }


def _filled(value):
    if isinstance(value, dict):
        return {"note": None, **value}
    return [{"source": None, "note": None, "excerpt": None, **row} for row in value]


def verdict_of(submission, scheme):
    match = latest_result(submission, on=DAY).matches.get(scheme=scheme)
    return engine.LATER if match.opens_later else match.typed


# -- how many questions


def test_many_firms_cost_few_questions(django_assert_max_num_queries):
    many_files(60)
    base = get_scheme(KEY).current
    changed = {**read_record(base), "criteria": [SMALL]}
    with django_assert_max_num_queries(30):
        effect = Trial(on=DAY).effect(changed, base=base)
    assert effect.n_firms == 60
    assert effect.loses


def test_what_a_move_says_is_a_verdict_of_a_match():
    file(facts={"headcount": 12.0})
    (move,) = Trial(on=DAY).effect(record_with(SMALL), base=None).moves
    assert move.after in Match.Verdict.values
