"""Candidates: which sheets are worth comparing, and what weighs for and against one scheme."""

from dataclasses import replace
from datetime import date
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command

from backend.schemes.ingestion.duplicates.finding import find_candidates, pairs_met
from backend.schemes.ingestion.duplicates.scoring import Advice, model_in_use, weigh
from backend.schemes.ingestion.duplicates.sheets import Sheet, sheets_in_force
from backend.schemes.ingestion.duplicates.signs import (
    figures_of,
    operator_signs,
    page_of,
    stage_of,
    subject_of,
    title_of,
    words_of_page,
)
from backend.schemes.ingestion.duplicates.similarity import Vectors
from backend.schemes.models import Revision, Scheme
from backend.schemes.typography import NBSP

NUMBERS = count(1)
OISE, SOMME, PARIS = (frozenset({f"DEP-{code}"}) for code in ("60", "80", "75"))
FILLING = ("Carte de transport", "Garantie de crédit", "Formation des tuteurs", "Bilan carbone", "Conseil en export")


def sheet(name, source="ailleurs", **fields):
    blank = Sheet(
        pk=next(NUMBERS),
        revision=next(NUMBERS),
        key=f"{source}:{next(NUMBERS)}",
        source=source,
        name=name,
        title=title_of(name),
        subject=subject_of(name),
        kind="",
        stage=stage_of(name, ""),
        page="",
        page_words="",
        operators=frozenset(),
        operator_names=(),
        departments=None,
        figures=frozenset(),
        closes_on=None,
        text=name,
        parent="",
        digest="",
    )
    return replace(blank, **fields)


def compare(one, other):
    vectors = Vectors([one, other, *(sheet(name) for name in FILLING)])
    (candidate,) = weigh(vectors, [(0, 1)], model_in_use())
    return candidate


def run(by):
    return {"operators": operator_signs(by, ""), "operator_names": (by,)}


def reasons_of(candidate):
    return {reason.text.replace(NBSP, " "): reason.weight for reason in candidate.reasons}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Appel à projets 2026 – Économie d’eau dans l’industrie", "economie eau industrie"),
        ("Financer les réseaux de chaleur", "reseaux chaleur"),
        ("Aide aux entreprises", "aide aux entreprises"),  # nothing but noise is kept as it is
    ],
)
def test_a_title_is_read_without_years_accents_or_what_every_title_says(name, title):
    assert title_of(name) == title


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://www.ademe.fr/Aides/Decarboner/?utm_source=lettre", "ademe.fr/aides/decarboner"),
        ("http://guide.fr/spip.php?page=dispositif&id=7&xtor=1", "guide.fr/spip.php?id=7&page=dispositif"),
        ("https://www.ademe.fr/", ""),
        ("", ""),
    ],
)
def test_a_page_is_known_whichever_way_it_is_written_and_a_home_page_says_nothing(url, page):
    assert page_of(url) == page


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Conseil régional d’Occitanie", ""), ("Région Occitanie", ""), True),
        (("Ademe — Direction régionale — Occitanie", ""), ("ADEME", ""), True),
        (("Association pour le droit à l’initiative économique (Adie)", ""), ("ADIE", ""), True),
        (("Banque publique", "320252489"), ("Bpifrance", "320252489"), True),
        (("Conseil régional d’Occitanie", ""), ("Conseil régional de Bretagne", ""), False),
    ],
)
def test_an_operator_is_known_by_its_number_its_name_or_its_acronym(one, other, alike):
    assert bool(operator_signs(*one) & operator_signs(*other)) is alike


@pytest.mark.parametrize(
    ("name", "address", "stage"),
    [
        ("Étude « Chaufferie biomasse »", "", "study"),
        ("Études préalables aux investissements", "", "study"),
        ("Investissement chaleur", "etude chaleur", "works"),  # the title comes first
        ("Chaleur fatale", "realisation installations recuperation chaleur", "works"),
        ("Prêt Croissance", "pret croissance", ""),
    ],
)
def test_the_stage_that_is_paid_is_read_in_the_title_else_in_the_address(name, address, stage):
    assert stage_of(name, address) == stage


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://ademe.fr/aides/financement-dune-etude-de-chaleur", "financement dune etude de chaleur"),
        ("https://ademe.fr/aides/1045", ""),
        ("", ""),
    ],
)
def test_the_words_of_an_address_are_its_last_part_unless_that_is_a_number(url, words):
    assert words_of_page(url) == words


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Jusqu’à 70 % du coût", {"70%"}),
        ("de 10 000 à 75 000 €", {"75000"}),
        ("1,5 M€, 25 k€ ou 3 000 000 euros", {"1500000", "25000", "3000000"}),
        ("Montant variable, en 2026", set()),
    ],
)
def test_rates_and_sums_are_read_out_of_a_sentence_in_one_spelling(text, figures):
    assert figures_of(text) == figures


def test_two_titles_alike_of_one_operator_are_proposed_with_the_reasons():
    found = compare(
        sheet("Prêt Croissance Industrie", source="a", **run("Bpifrance")),
        sheet("Prêt croissance industrie 2026", source="b", **run("Bpifrance")),
    )
    assert found.advice is Advice.SAME
    assert reasons_of(found).keys() >= {"titre de l’une dans celui de l’autre à 100 %", "même porteur : Bpifrance"}


def test_two_places_that_do_not_meet_are_never_one_scheme():
    one = sheet("Étude panneaux photovoltaïques", source="a", departments=OISE, page="x.fr/pv", **run("CMA"))
    same_place, elsewhere = (
        replace(one, key=f"b:{n}", source="b", departments=where) for n, where in enumerate((OISE | SOMME, PARIS))
    )
    assert compare(one, same_place).advice is Advice.SAME
    assert compare(one, elsewhere).advice is Advice.NONE
    assert compare(one, elsewhere).apart == "leurs territoires ne se touchent pas"


def test_a_variant_that_we_know_is_not_proposed_again():
    parent = sheet("Prêt Croissance", source=Scheme.OWN)
    child = replace(parent, key="jonction:local", parent=parent.key)
    assert compare(parent, child).advice is Advice.NONE
    assert compare(parent, replace(child, parent="")).advice is Advice.SAME


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (
            sheet("Fonds A", closes_on=date(2025, 12, 31)),
            sheet("Fonds A", closes_on=date(2026, 12, 31)),
            "dates de fin différentes",
        ),
        (
            sheet("Fonds A", figures=figures_of("50 %")),
            sheet("Fonds A", figures=figures_of("20 000 €")),
            "taux et montants sans un chiffre en commun",
        ),
        (
            sheet("Géothermie de surface"),
            sheet("Géothermie profonde"),
            "chacune tait au moins 59 % de ce que dit le titre de l’autre",
        ),
        (sheet("Étude chaleur"), sheet("Investissement chaleur"), "l’une paie l’étude, l’autre l’investissement"),
        (sheet("A", kind="grant"), sheet("A", kind="loan"), "formes différentes : subvention et prêt"),
        (sheet("A", departments=OISE), sheet("A"), "l’une est limitée à un territoire, l’autre non"),
    ],
)
def test_what_tells_two_sheets_apart_weighs_against(one, other, reason):
    assert reasons_of(compare(one, other))[reason] < 0


def test_what_is_not_known_weighs_nothing():
    reasons = compare(sheet("Prêt", kind="loan", **run("Bpifrance")), sheet("Prêt")).reasons
    assert [reason.weight for reason in reasons if reason.weight < 0] == []


def test_pairs_are_of_two_sources_or_both_ours():
    names = ("Prêt Croissance", "Prêt Croissance")
    theirs, ours = ([sheet(name, source=source) for name in names] for source in ("ailleurs", Scheme.OWN))
    assert pairs_met(Vectors(theirs)) == []
    assert pairs_met(Vectors(ours)) == [(0, 1)]
    assert pairs_met(Vectors([*theirs, *ours])) == [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_sheets_of_one_page_meet_however_far_their_words():
    far = [sheet(f"Carte {n}", source="b", text=f"transport {n}") for n in range(30)]
    one = sheet("Prêt Croissance", source="a", page="x.fr/pret")
    other = sheet("Tout autre titre", source="b", page="x.fr/pret", text="rien de commun")
    assert (0, 31) in pairs_met(Vectors([one, *far, other]))


def test_a_catalogue_of_one_sheet_or_none_has_no_pair():
    assert find_candidates([]) == []
    assert find_candidates([sheet("Prêt")]) == []


@pytest.mark.django_db
def test_our_sheets_are_read_with_their_operators_places_and_years():
    held = {each.key: each for each in sheets_in_force()}
    assert len(held) == Scheme.objects.described().exclude(state=Scheme.State.ARCHIVED).count()
    assert held["jonction:mte-decarb-ind-25"].closes_on == date(2027, 5, 20)
    assert {"50000", "2000000"} <= held["jonction:bpi-pret-industrie"].figures
    placed = held["jonction:hdf-aide-transport-particuliers"]
    assert placed.departments == {"DEP-02", "DEP-59", "DEP-60", "DEP-62", "DEP-80"}
    assert placed.kind == Revision.Kind.GRANT
    assert "hauts" in " ".join(placed.operators)


@pytest.mark.django_db
def test_the_command_refuses_a_source_that_is_not_held_and_counts_what_it_finds():
    with pytest.raises(CommandError, match="--source vaut ailleurs ; attendu : "):
        call_command("find_duplicates", source="ailleurs")
    printed = StringIO()
    call_command("find_duplicates", stdout=printed)
    lines = printed.getvalue().rstrip("\n").split("\n")
    heads = [line for line in lines if not line.startswith("    ")][:-1]
    n_same = sum("même dispositif" in line for line in heads)
    assert lines[-1].endswith(f"{len(heads)} paires : {n_same} proposées, {len(heads) - n_same} à regarder")
    assert heads
