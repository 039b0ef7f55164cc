"""Precision and recall on the judged pairs: of the file alone, and on the real files where they are."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from backend.common.files import read_yaml
from backend.schemes.ingestion.duplicates.fitting import fit, known_pairs
from backend.schemes.ingestion.duplicates.judging import (
    FRESH,
    PICKED,
    JudgedPair,
    Measured,
    Share,
    Verdict,
    estimate,
    measure,
    precision,
    read_judged,
    recall,
)
from backend.schemes.ingestion.duplicates.scoring import Advice, Candidate, model_in_use
from backend.schemes.ingestion.duplicates.sheets import sheets_in_force
from backend.schemes.ingestion.duplicates.similarity import FOR, Trait, Vectors
from backend.schemes.ingestion.duplicates.together import SURE_FROM, SURE_JUDGED, SURE_RIGHT
from tests.conftest import REAL_DATA

AT = REAL_DATA / "aides_territoires"
FILES = (
    ("transition-ecologique", REAL_DATA / "mte" / "programs.json"),
    ("aides-territoires", AT / "aids_api_reconstructed.json"),
    ("mission-transition", AT / "mission-transition_api_aid_at_94683.json"),
    ("flux-ademe", AT / "feeds" / "ademe_agir_data.json"),
    ("flux-culture", AT / "feeds" / "ministere_de_la_culture_data.json"),
    ("flux-welcome-europe", AT / "feeds" / "welcom_europe_data.json"),
    ("aides-entreprises", REAL_DATA / "aides_entreprises" / "sample_aideradar_2026-09-27.json"),
)


# What was measured on 28 November 2026, less what one pair of twenty would change: docs/catalogue.md.
MIN_PRECISION, MIN_RECALL, MIN_RECALL_LOOKED = 0.77, 0.80, 0.95
MIN_DRAWN_PRECISION, MIN_DRAWN_RECALL = 0.85, 0.80
SAME, LOOKED = frozenset({Advice.SAME}), frozenset({Advice.SAME, Advice.NEAR})
ONE_SCHEME, NEAR = frozenset({Verdict.SAME}), frozenset({Verdict.SAME, Verdict.VARIANT})


def every_pair():
    return [*read_judged(PICKED), *read_judged(FRESH)]


def judged_as(verdict, advice, stratum="", stands_for=1.0):
    pair = JudgedPair(one="a", other="b", verdict=verdict, stratum=stratum, stands_for=stands_for)
    return Measured(pair, Candidate(None, None, 0.5, advice, ()), was_met=True)


def test_each_pair_is_judged_once_and_both_halves_hold_every_verdict():
    judged = every_pair()
    assert len({frozenset((pair.one, pair.other)) for pair in judged}) == len(judged) >= 200
    for half in (True, False):
        assert {pair.verdict for pair in judged if pair.measures is half} == set(Verdict)


def test_each_fresh_pair_is_read_on_five_points_and_stands_for_its_stratum():
    content = read_yaml(FRESH)
    points = {"operator", "purpose", "perimeter", "applicants", "amount"}
    for row in content["pairs"]:
        assert row["points"].keys() == points
        assert set(row["points"].values()) <= {"same", "part", "other", "unsaid"}
        assert row["why"]
    for name, stratum in content["strata"].items():
        assert sum(row["stratum"] == name for row in content["pairs"]) == stratum["drawn"] <= stratum["pairs"]
    fresh = read_judged(FRESH)
    assert all(pair.measures for pair in fresh)
    assert sum(pair.stands_for for pair in fresh) == pytest.approx(sum(s["pairs"] for s in content["strata"].values()))


@pytest.mark.parametrize(
    ("share", "low", "high"), [(Share(20, 20), 0.84, 1.0), (Share(5, 9), 0.27, 0.81), (Share(0, 10), 0.0, 0.28)]
)
def test_a_share_comes_with_what_it_may_be_of_all_such_pairs(share, low, high):
    assert share.interval == pytest.approx((low, high), abs=0.005)
    assert Share(0, 0).interval is None


def test_a_drawn_pair_counts_for_those_that_it_stands_for():
    many = [judged_as(Verdict.SAME, Advice.SAME, "key", 3.0) for _ in range(10)]
    few = [judged_as(Verdict.OTHER, Advice.SAME, "rest", 1.0), judged_as(Verdict.SAME, Advice.NONE, "rest", 1.0)]
    sides = {"advised": SAME, "right": ONE_SCHEME}
    assert estimate([*many, *few], **sides, of="precision").value == pytest.approx(30 / 31)
    found = estimate([*many, *few], **sides, of="recall")
    assert found.value == pytest.approx(30 / 31)
    assert found.low <= found.value <= found.high
    assert estimate(few[1:], **sides, of="precision") is None


def test_what_speaks_for_never_counts_against_nor_the_other_way_round():
    model = model_in_use()
    assert all(model.coefficients[trait] >= 0 for trait in FOR)
    assert all(model.coefficients[trait] <= 0 for trait in set(Trait) - set(FOR))
    assert 0 < model.near_from < model.same_from < 1


@pytest.mark.django_db
def test_a_pair_whose_sheets_are_not_held_is_not_counted():
    held = measure(sheets_in_force(), every_pair())
    assert held
    assert {key.split(":")[0] for each in held for key in (each.pair.one, each.pair.other)} == {"jonction"}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.real_data
def test_precision_and_recall_hold_and_nothing_that_measures_was_fitted_on():
    with transaction.atomic():
        for source, path in FILES:
            call_command("import_schemes", source, path, dated="2026-11-24", stdout=StringIO())
        sheets = sheets_in_force()
        transaction.set_rollback(True)
    judged = every_pair()
    held = measure(sheets, judged)
    assert len(held) == len(judged)
    half = [each for each in held if each.pair.measures and not each.pair.stratum]
    assert precision(half, advised=SAME, right=ONE_SCHEME).value >= MIN_PRECISION
    assert recall(half, advised=SAME, right=ONE_SCHEME).value >= MIN_RECALL
    assert recall(half, advised=LOOKED, right=NEAR).value >= MIN_RECALL_LOOKED
    sure = [each for each in held if each.pair.measures and each.candidate.chance >= SURE_FROM]
    assert sum(each.pair.verdict in ONE_SCHEME for each in sure) == SURE_RIGHT
    assert len(sure) == SURE_JUDGED
    drawn = [each for each in held if each.pair.stratum]
    assert estimate(drawn, advised=SAME, right=ONE_SCHEME, of="precision").value >= MIN_DRAWN_PRECISION
    assert estimate(drawn, advised=SAME, right=ONE_SCHEME, of="recall").value >= MIN_DRAWN_RECALL

    vectors = Vectors(sheets)
    places = {sheet.key: place for place, sheet in enumerate(sheets)}
    measuring = {tuple(sorted((places[p.one], places[p.other]))) for p in judged if p.measures}
    assert measuring.isdisjoint(known_pairs(vectors, judged).pairs)
    assert fit(vectors, judged).model.coefficients == pytest.approx(model_in_use().coefficients, abs=0.25)
