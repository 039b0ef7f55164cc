"""What a grant may bring to a project, in words: what is known bounds it, and what is not is said."""

import pytest
from django.db.models import F

from backend.matchmaking.estimates import CAVEAT, NO_COST, UNBOUNDED, Estimates, is_a_share_of_the_spend
from backend.schemes.models import Revision
from tests.factories import DAY, FACTS

pytestmark = pytest.mark.django_db
SMALL = {**FACTS, "headcount": 35.0, "turnover": 5_000_000.0, "balance_sheet": 3_000_000.0, "previous_years": []}


def told(facts=None, **fields):
    revision = Revision(**{"kind": "grant", "amount_unit": "project", **fields})
    view = Estimates({**SMALL, **(facts or {})}, on=DAY).of(revision)
    return view and (plain(view.text), plain(view.formula), plain(view.left))


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("fields", "text", "formula", "left"),
    [
        ({"rate_small_pct": 30}, "54 000 €", "30 % de 180 000 €", "reste à votre charge : 126 000 €"),
        (
            {"rate_max_pct": 30},
            "54 000 € au plus",
            "30 % au plus de 180 000 €",
            "reste à votre charge : 126 000 € au moins",
        ),
        (
            {"rate_small_pct": 30, "ceiling_eur": 20_000},
            "20 000 €",
            "30 % de 180 000 €, aide plafonnée à 20 000 €",
            "reste à votre charge : 160 000 €",
        ),
        (
            {"rate_small_pct": 30, "spend_max_eur": 100_000},
            "30 000 €",
            "30 % de 100 000 €, dépense retenue jusqu’à 100 000 €",
            "reste à votre charge : 150 000 €",
        ),
        ({"rate_small_pct": 30, "spend_min_eur": 200_000}, "rien", "dépense sous le minimum de 200 000 €", ""),
        ({"rate_small_pct": 30, "floor_eur": 60_000}, UNBOUNDED, "", ""),
        ({"rate_micro_pct": 30}, UNBOUNDED, "", ""),
    ],
)
def test_a_grant_is_told_in_euros_with_how_it_is_made(fields, text, formula, left):
    assert told(**fields) == (text, formula, left)


def test_a_size_that_is_not_known_gives_a_range():
    unknown = {"headcount": [9, 200], "turnover": 30_000_000.0}
    text, formula, left = told(unknown, rate_small_pct=30, rate_medium_pct=20)
    assert (text, formula) == ("de 36 000 € à 54 000 €", "de 20 à 30 % de 180 000 €")
    assert left == "reste à votre charge : 126 000 € au moins"


def test_a_cost_between_two_bounds_gives_a_range_and_no_sum_left():
    assert told({"project.spend": [100_000, 180_000]}, rate_small_pct=30) == (
        "de 30 000 € à 54 000 €",
        "30 % d’une dépense : de 100 000 € à 180 000 €",
        "",
    )


def test_a_cost_that_is_not_known_is_told_as_such_and_never_guessed():
    assert told({"project.spend": None}, rate_max_pct=30) == (NO_COST, "", "")
    view = Estimates({**SMALL, "project.spend": None}, on=DAY).of(
        Revision(kind="grant", amount_unit="project", rate_max_pct=30)
    )
    assert (view.low, view.high, view.caveat) == (None, None, "")
    known = Estimates(SMALL, on=DAY).of(Revision(kind="grant", amount_unit="project", rate_max_pct=30))
    assert (known.low, known.high, known.caveat) == (0.0, 54_000.0, CAVEAT)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ceiling_eur": 20_000},
        {"rate_max_pct": 30, "kind": "loan"},
        {"rate_max_pct": 30, "kind": "tax_relief"},
        {"rate_max_pct": 50, "kind": "advisory"},
        {"rate_max_pct": 30, "amount_unit": "hire"},
        {"rate_max_pct": 30, "amount_unit": "", "ceiling_eur": 20_000},
        {"rate_max_pct": 30, "in_kind": True},
        {"rate_max_pct": 80, "amount_unit": "study"},
    ],
)
def test_nothing_is_told_of_what_is_no_share_of_the_cost_of_a_project(fields):
    assert told(**fields) is None


@pytest.mark.parametrize(
    ("spend_kinds", "aid"),
    [(["study"], (0.0, 144_000.0)), (["study", "advice"], (0.0, 144_000.0)), (["study", "works"], None), ([], None)],
)
def test_a_share_of_a_study_is_counted_where_the_project_is_that_study_alone(spend_kinds, aid):
    facts = {**SMALL, "project.spend_kinds": spend_kinds}
    view = Estimates(facts, on=DAY).of(Revision(kind="grant", amount_unit="study", rate_max_pct=80))
    assert (view and (view.low, view.high)) == aid


def test_what_published_sheets_share_is_the_cost_of_a_project():
    """By their words: a share of a study, of wages or of what a handicap adds is no share of the investment."""
    of_something_else = r"étude|\yaudit\y|honoraires|brut|salaire|surcoût|prestation"
    rows = Revision.objects.filter(scheme__current=F("pk"), kind="grant", amount_text__regex=of_something_else)
    found = {row.scheme.source_key for row in rows if is_a_share_of_the_spend(row, frozenset())}
    assert rows.exists()
    assert found == set()
