"""Precision and recall on the judged pairs: of the file alone, and on the real files where they are."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from backend.schemes.duplicates.judging import Verdict, measure, precision, read_judged, recall
from backend.schemes.duplicates.scoring import Advice
from backend.schemes.duplicates.sheets import sheets_in_force
from tests.conftest import REAL_DATA, ROOT

JUDGED = ROOT / "fixtures" / "judgements" / "duplicates.yaml"
AT = REAL_DATA / "aides_territoires"
FILES = (
    ("transition-ecologique", REAL_DATA / "mte" / "programs.json"),
    ("aides-territoires", AT / "aids_api_reconstructed.json"),
    ("mission-transition", AT / "mission-transition_api_aid_at_94683.json"),
    ("flux-ademe", AT / "feeds" / "ademe_agir_data.json"),
    ("aides-entreprises", REAL_DATA / "aides_entreprises" / "sample_aideradar_2026-09-27.json"),
)


# What was measured on 26 November 2026, less what one pair of twenty would change: docs/importing.md.
MIN_PRECISION, MIN_RECALL, MIN_RECALL_LOOKED = 0.55, 0.70, 0.95


def test_each_pair_is_judged_once_and_both_halves_hold_every_verdict():
    judged = read_judged(JUDGED)
    assert len({frozenset((pair.one, pair.other)) for pair in judged}) == len(judged) >= 40
    for half in (True, False):
        assert {pair.verdict for pair in judged if pair.measures is half} == set(Verdict)


@pytest.mark.django_db
def test_a_pair_whose_sheets_are_not_held_is_not_counted():
    held = measure(sheets_in_force(), read_judged(JUDGED))
    assert held
    assert {key.split(":")[0] for each in held for key in (each.pair.one, each.pair.other)} == {"jonction"}


@pytest.mark.django_db
@pytest.mark.real_data
def test_precision_and_recall_hold_on_the_half_that_measures():
    with transaction.atomic():
        for source, path in FILES:
            call_command("import_schemes", source, path, dated="2026-11-24", stdout=StringIO())
        held = measure(sheets_in_force(), read_judged(JUDGED))
        transaction.set_rollback(True)
    assert len(held) == len(read_judged(JUDGED))
    half = [each for each in held if each.pair.measures]
    same, right = frozenset({Advice.SAME}), frozenset({Verdict.SAME})
    looked, near = frozenset({Advice.SAME, Advice.NEAR}), frozenset({Verdict.SAME, Verdict.VARIANT})
    assert precision(half, advised=same, right=right).value >= MIN_PRECISION
    assert recall(half, advised=same, right=right).value >= MIN_RECALL
    assert recall(half, advised=looked, right=near).value >= MIN_RECALL_LOOKED
