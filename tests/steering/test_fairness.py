"""What firms of each size and place are answered: kept once a month, equal to a slow recount, and drift is said."""

import re
from collections import defaultdict
from datetime import date
from html import unescape
from math import log2
from random import Random
from statistics import fmean

import pytest

from backend.matchmaking.models import Submission
from backend.matchmaking.results import compute_result
from backend.steering.facts import make_facts
from backend.steering.fairness import compared, keep_fairness, labels, months
from backend.steering.models import FairnessMonth, FileFact, StepFact
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_submission
from tests.steering.recount import SEEDS
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
NEEDS = ("competences.recruter", "numerique.robot", "cyber.diagnostic", "energie.audit")


def files(seed, n=10):
    """File of firms of several sizes and two places, one of which is filed in another month and one not confirmed."""
    random = Random(seed)  # noqa: S311
    for place in range(n):
        facts = {
            "commune": COMMUNES[random.choice((ARC, CCLO))],
            "headcount": random.choice((4.0, 35.0, 120.0, 400.0)),
            "turnover": random.choice(([0, 700_000], [2_000_000, 10_000_000], [60_000_000, 90_000_000])),
        }
        apart = {"siret": "", "siren": "", "email": f"f{place}@firme.example", "facts": facts}
        made = make_submission(confirmed=place != 0, needs=tuple(random.sample(NEEDS, 2)), **apart)
        make_facts([made.pk])
        filed_on = date(2026, 9, 30) if place == 1 else date(2026, 10, random.randint(1, 31))
        FileFact.objects.filter(pk=made.pk).update(filed_on=filed_on)


def recount():
    """Ask for the whole result of each file, and count it line by line."""
    found = defaultdict(list)
    for fact in FileFact.objects.filter(filed_on__year=2026, filed_on__month=10):
        if not StepFact.objects.filter(file=fact, step="confirmed").exists():
            continue
        rank, n_eligible, exposure = 0, 0, 0.0
        for match in compute_result(submission=Submission.objects.get(pk=fact.pk), on=DAY).matches.order_by("rank"):
            if match.addresses and match.eligibility != "ineligible":
                rank += 1
                if match.typed == "eligible":
                    n_eligible += 1
                    exposure += 1 / log2(rank + 1)
        for key in (("all", ""), ("size", fact.size), ("epci", fact.epci.short_name)):
            found[key].append((n_eligible, exposure))
    return {
        key: (len(rows), fmean(n for n, _seen in rows), fmean(seen for _n, seen in rows))
        for key, rows in found.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_means_of_a_month_are_those_of_a_slow_recount(seed):
    files(seed)
    assert keep_fairness(on=DAY) > 2
    slow = recount()
    kept = {(row.kind, row.group): row for row in FairnessMonth.objects.all()}
    assert {row.month for row in kept.values()} == {OCTOBER}
    assert kept.keys() == slow.keys()
    for key, row in kept.items():
        assert (row.n_files, row.eligible[0], row.exposure[0]) == pytest.approx(slow[key]), key
        assert row.eligible[1] <= row.eligible[0] <= row.eligible[2]
    assert slow["all", ""][0] == 8
    assert slow["all", ""][1] > 0


def test_a_month_is_kept_once():
    files(1, n=4)
    assert keep_fairness(on=DAY)
    before = list(FairnessMonth.objects.values_list("pk", "eligible"))
    FileFact.objects.update(size="large")
    assert keep_fairness(on=DAY) == 0
    assert list(FairnessMonth.objects.values_list("pk", "eligible")) == before


def drifts(kept):
    return [each for each in compared(kept, labels(ServedEpci.objects.all())) if each.has_drifted]


def keep(month, *, small, n_files=40, of_all=(5.0, 4.8, 5.2), of_large=60):
    """Keep a month in which small firms have so many eligible schemes, between some bounds."""
    steady = [2.0, 1.9, 2.1]
    rows = {
        ("all", ""): (100, list(of_all)),
        ("size", "10_to_49"): (n_files, list(small)),
        ("size", "from_250"): (of_large, list(of_all)),
    }
    for (kind, group), (n, eligible) in rows.items():
        FairnessMonth.objects.create(
            month=month, kind=kind, group=group, n_files=n, eligible=list(eligible), exposure=steady
        )


@pytest.mark.parametrize(
    ("small", "n_files", "says"),
    [
        ((3.0, 2.5, 3.4), 40, True),  # from 100 % to 60 %, at most 68 %
        ((3.9, 3.4, 4.3), 40, False),  # it may still be 86 %
        ((3.0, 2.5, 3.4), 19, False),  # of too few files
        ((7.0, 6.5, 7.4), 40, True),  # answered more than others, all at once
    ],
)
def test_a_group_that_drifts_from_the_others_is_named(small, n_files, says):
    for month in (8, 9):
        keep(date(2026, month, 1), small=(5.0, 4.6, 5.4))
    keep(OCTOBER, small=small, n_files=n_files)
    found = drifts(months())
    assert [(drift.label, drift.measure) for drift in found] == (
        [("10 à 49 salariés", "dispositifs éligibles")] if says else []
    )


def test_what_moves_for_all_is_no_drift_and_one_month_proves_nothing():
    keep(date(2026, 9, 1), small=(5.0, 4.6, 5.4))
    assert drifts(months()) == []
    keep(OCTOBER, small=(2.5, 2.3, 2.7), of_all=(2.5, 2.4, 2.6))
    assert drifts(months()) == []
    assert drifts({}) == []


@pytest.mark.parametrize(
    ("small", "large", "said"),
    [
        (4, 4, "Trop peu de demandes pour dire si quelque chose a bougé"),
        (4, 60, "Rien n’a bougé de plus de 20 points. Groupe comparé"),
        (20, 60, "et autant avant) : 10 à 49 salariés, 250 salariés et plus. Des autres"),
    ],
)
def test_the_page_reassures_of_groups_that_could_be_compared_only(client, small, large, said):
    client.force_login(make_lead())
    keep(date(2026, 9, 1), small=(5.0, 4.6, 5.4), n_files=small, of_large=large)
    keep(OCTOBER, small=(5.0, 4.6, 5.4), n_files=small, of_large=large)
    page = text_of(client.get("/territoire/equite/"))
    assert said in page
    assert ("Rien n’a bougé" in page) is (large >= 20)


def test_the_page_says_the_drift_and_the_bounds(client):
    client.force_login(make_lead())
    assert "Le premier mois sera compté" in text_of(client.get("/territoire/equite/"))
    keep(date(2026, 9, 1), small=(5.0, 4.6, 5.4))
    keep(OCTOBER, small=(3.0, 2.5, 3.4))
    page = text_of(client.get("/territoire/equite/"))
    assert "10 à 49 salariés, dispositifs éligibles : 60 % de la moyenne de toutes (de 50 à 68 %), 100 %" in page
    assert "3,0 (entre 2,5 et 3,4)" in page
    assert "Une catégorie d’entreprises est moins bien ou mieux servie" in text_of(client.get("/territoire/actions/"))


def test_groups_are_read_from_small_to_large_with_the_unknown_ones_last(client):
    groups = [("size", key) for key in ("", "50_to_249", "under_10")] + [("epci", key) for key in ("", CCLO)]
    for kind, group in [*groups, ("all", "")]:
        bounds = {"eligible": [8.0, 7.0, 9.0], "exposure": [3.0, 2.9, 3.1]}
        FairnessMonth.objects.create(month=OCTOBER, kind=kind, group=group, n_files=9, **bounds)
    client.force_login(make_lead())
    table = unescape(client.get("/territoire/equite/").content.decode()).split("<tbody")[1]
    place = ServedEpci.objects.get(short_name=CCLO).usual_name
    named = ["Toutes", "Moins de 10 salariés", "50 à 249 salariés", "Effectif inconnu", place, "Commune inconnue"]
    assert re.findall(r'scope="row">(.*?)</th>', table) == named


@pytest.mark.parametrize(
    ("n_files", "said"),
    [
        (1, "8,0 (une seule demande) 3,00 (une seule demande)"),
        (4, "8,0 (4 demandes) 3,00 (4 demandes)"),
        (5, "8,0 (entre 7,0 et 9,0) 3,00 (entre 2,90 et 3,10)"),
    ],
)
def test_of_a_few_files_no_interval_is_said(client, n_files, said):
    bounds = {"eligible": [8.0, 7.0, 9.0], "exposure": [3.0, 2.9, 3.1]}
    FairnessMonth.objects.create(month=OCTOBER, kind="epci", group=ARC, n_files=n_files, **bounds)
    client.force_login(make_lead())
    assert said in text_of(client.get("/territoire/equite/"))
