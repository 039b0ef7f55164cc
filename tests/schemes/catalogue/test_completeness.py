"""How complete a sheet is: each thing that it says counts, and nothing else does."""

from datetime import date

import pytest

from backend.schemes.catalogue.completeness import completeness
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.models import Scheme
from tests.schemes.people import get_scheme, make_record

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
WHOLE = {
    "amount": {"rate_max_pct": 40},
    "url": "https://exemple.example/robot",
    "documents": ["Kbis"],
    "preparation_days": 20,
    "state_aid_regime": "de minimis (UE 2023/2831)",
}


def made(**changes):
    scheme, _ = Scheme.objects.get_or_create(source_key="essai-pass-robot")
    return write_revision(make_record(**{**WHOLE, **changes}), scheme=scheme)


def missing(revision, *, on=DAY):
    return {part.label: round(part.missing, 3) for part in completeness(revision, on=on).missing}


def window(state, closes_on=None):
    return {"state": state, "opens_on": None, "closes_on": closes_on, "recurring": None, "note": None}


def test_a_whole_sheet_has_every_point():
    found = completeness(made(), on=DAY)
    assert (found.score, found.missing) == (100, [])
    assert sum(part.points for part in found.parts) == 100


MANUAL = {"kind": "manual", "fact": "essai.a", "sentence": "Le site est raccordé.", "ask": "firm", "source": 1}


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"criteria": []}, {"conditions que le moteur teste lui-même": 16, "source de chaque condition": 10}),
        (
            {"criteria": [MANUAL, {"kind": "headcount", "below": 250}]},
            {"conditions que le moteur teste lui-même": 8, "source de chaque condition": 5},
        ),
        (
            {"sources": [{"title": "Page", "url": "https://exemple.example/", "dated": None}]},
            {"date de chaque source": 8},
        ),
        ({"url": None}, {"page du dispositif et adresse d’une source": 6}),
        ({"amount": None}, {"montant en chiffres": 12}),
        ({"amount": {"text": "Selon le projet."}}, {"montant en chiffres": 6}),
        ({"amount": {"rates": [{"size": "micro", "pct": 20}]}}, {}),
        ({"amount": {"in_kind": True}}, {}),
        ({"kind": "training", "amount": None, "state_aid_regime": None}, {"montant en chiffres": 6}),
        ({"window": window("unknown")}, {"ouverture connue": 12}),
        ({"window": window("dated", "2026-11-23")}, {"ouverture connue": 6}),
        ({"window": window("dated", "2026-11-24")}, {}),
        ({"window": window("suspended")}, {}),
        ({"confidence": "partly_verified"}, {"faits vérifiés": 5}),
        ({"confidence": "to_verify"}, {"faits vérifiés": 10}),
        ({"as_of": "2026-01-01"}, {"fiche relue à temps": 6}),
        ({"as_of": "2026-01-01", "review_by": "2026-11-24"}, {}),
        ({"needs": {}}, {"besoins servis": 6}),
        ({"operators": []}, {"porteur": 2}),
        ({"next_step": None}, {"première démarche": 4}),
        ({"contact": None}, {"contact": 3}),
        ({"documents": []}, {"pièces et temps de préparation": 1.5}),
        ({"preparation_days": 0}, {}),
        ({"state_aid_regime": None}, {"régime d’aide": 2}),
    ],
    ids=str,
)
def test_each_thing_that_is_missing_takes_its_points(changes, lacking):
    revision = made(**changes)
    assert missing(revision) == lacking
    assert completeness(revision, on=DAY).score == int(100 - sum(lacking.values()))


def test_what_weighs_most_comes_first():
    found = completeness(made(criteria=[], contact=None, window=window("unknown")), on=DAY)
    assert [part.points for part in found.missing] == [16, 12, 10, 3]


def test_a_sheet_is_less_complete_once_it_is_late_to_be_read_again():
    revision = get_scheme("adie").current
    before, after = (completeness(revision, on=day).score for day in (date(2027, 5, 30), date(2027, 5, 31)))
    assert before - after == 6


def test_every_sheet_of_the_catalogue_has_a_score():
    rows = Scheme.objects.published().select_related("current")
    rows = rows.prefetch_related("current__criteria", "current__sources", "current__served_needs", "current__roles")
    scores = [completeness(scheme.current, on=DAY).score for scheme in rows]
    assert min(scores) >= 20
    assert max(scores) <= 100
    assert len(set(scores)) > 20
