"""A firm known by its NAF 2025 code only: undecided until the table is there, then decided where all agree."""

from datetime import date

import pytest

from backend.matchmaking import engine
from backend.matchmaking.models import Match
from backend.matchmaking.results import latest_result, replay
from backend.schemes.models import Scheme
from backend.territories.models import ActivityTable
from tests.factories import DAY, make_submission, publish_revision, rewriting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_activity_table")]
KEY = "mte-decarb-ind-25"  # of industry: section C
PAIRS = [["25.62A", "25.53Y"], ["25.62B", "25.53Y"], ["25.40Z", "25.30Y"], ["46.69A", "25.30Y"]]  # invented


def load_table():
    return ActivityTable.objects.create(
        source="Inventée", dated=DAY, loaded_at=f"{DAY}T08:00:00Z", digest="x", pairs=PAIRS
    )


def activity_outcome(facts):
    revision = Scheme.objects.get(source_key=KEY).current
    known = engine.with_correspondents(facts, engine.catalogue().correspondence)
    lines = engine.explain(known, [revision], on=DAY)[revision.pk]
    return next(line.outcome for line in lines if line.definition["kind"] == "activity")


@pytest.mark.parametrize(
    ("facts", "before", "after"),
    [
        ({"naf_2025": "25.53Y"}, "unknown", "met"),
        ({"naf_2025": "25.30Y"}, "unknown", "unknown"),
        ({"naf_2025": "62.10Y"}, "unknown", "unknown"),
        ({"naf_2025": "25.30Y", "naf": "46.69A"}, "not_met", "not_met"),
        ({"naf_2025": "25.30Y", "naf": "25"}, "met", "met"),
        ({"naf": "25.62B"}, "met", "met"),
    ],
)
def test_a_condition_on_the_old_code_of_a_firm_that_gives_the_new_one(facts, before, after):
    assert activity_outcome(facts) == before
    load_table()
    assert activity_outcome(facts) == after


def test_a_condition_on_the_new_code_of_a_firm_that_gives_the_old_one():
    scheme = Scheme.objects.get(source_key=KEY)
    row = scheme.current.criteria.get(definition__kind="activity")
    new = publish_revision(scheme)
    with rewriting():
        new.criteria.filter(position=row.position).delete()
    new.criteria.create(
        position=row.position, definition={"kind": "activity", "any_of": ["25"], "nomenclature": "naf_2025"}
    )
    assert activity_outcome({"naf": "25.62B"}) == "unknown"
    load_table()
    assert activity_outcome({"naf": "25.62B"}) == "met"
    assert activity_outcome({"naf": "25.40Z"}) == "met"
    assert activity_outcome({"naf": "25.6"}) == "unknown"


def test_loading_the_table_answers_a_file_again_and_leaves_the_old_answer_as_it_was():
    facts = {"naf_2025": "25.53Y", "project.spend": 5_000_000}
    submission = make_submission(confirmed=True, facts=facts, without=("naf",))
    first = submission.results.get()
    assert "naf" in first.matches.get(scheme__source_key=KEY).unknown
    load_table()
    second = latest_result(submission, on=DAY)
    assert second != first
    assert "naf" not in second.matches.get(scheme__source_key=KEY).unknown
    assert second.facts["naf_possible"] == ["C2562A", "C2562B"]
    ActivityTable.objects.create(
        source="Autre", dated=date(2027, 1, 1), loaded_at=f"{DAY}T09:00:00Z", digest="y", pairs=PAIRS[2:]
    )
    assert (replay(first), replay(second)) == ([], [])


def test_an_activity_aimed_at_in_the_naf_2025_orders_and_excludes_nobody():
    load_table()
    scheme = Scheme.objects.get(source_key="adie")
    publish_revision(scheme, targeted_naf=[], targeted_naf_2025=["25"])
    for naf, targeted in (("25.62B", "yes"), ("46.69A", "yes"), ("46.69B", "unknown")):
        result = latest_result(make_submission(facts={"naf": naf}), on=DAY)
        assert result.matches.get(scheme=scheme).targeted == targeted
    assert Match.objects.filter(scheme=scheme).exists()
