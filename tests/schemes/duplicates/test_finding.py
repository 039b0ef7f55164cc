"""Candidates: which sheets are worth comparing, and what weighs for and against one scheme."""

from dataclasses import replace
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command

from backend.schemes.duplicates.finding import Comparer, find_candidates
from backend.schemes.duplicates.scoring import Advice
from backend.schemes.duplicates.sheets import (
    Sheet,
    operator_signs,
    page_of,
    sheets_in_force,
    stages_of,
    title_of,
    years_of,
)
from backend.schemes.models import Revision, Scheme
from backend.schemes.wording import NBSP

NUMBERS = count(1)
OISE, SOMME, PARIS = (frozenset({f"DEP-{code}"}) for code in ("60", "80", "75"))
FILLING = ("Carte de transport", "Garantie de crédit", "Formation des tuteurs", "Bilan carbone", "Conseil en export")


def sheet(name, source="ailleurs", **fields):
    blank = Sheet(
        pk=next(NUMBERS),
        key=f"{source}:{next(NUMBERS)}",
        source=source,
        name=name,
        title=title_of(name),
        years=years_of(name),
        kind="",
        stages=stages_of(name),
        page="",
        operators=frozenset(),
        operator_names=(),
        departments=None,
        text=name,
        parent="",
    )
    return replace(blank, **fields)


def weigh(one, other):
    sheets = [one, other, *(sheet(name) for name in FILLING)]
    (candidate,) = Comparer(sheets).compare([(0, 1)])
    return candidate


def run(by):
    return {"operators": operator_signs(by, ""), "operator_names": (by,)}


def reasons_of(candidate):
    return {reason.text.replace(NBSP, " "): reason.points for reason in candidate.reasons}


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


def test_two_titles_alike_of_one_operator_are_proposed_with_the_reasons():
    found = weigh(
        sheet("Prêt Croissance Industrie", source="a", **run("Bpifrance")),
        sheet("Prêt croissance industrie 2026", source="b", **run("Bpifrance")),
    )
    assert found.advice is Advice.SAME
    assert reasons_of(found).keys() >= {"titres proches à 100 %", "même porteur : Bpifrance"}


def test_two_places_that_do_not_meet_are_never_one_scheme():
    one = sheet("Étude panneaux photovoltaïques", source="a", departments=OISE, page="x.fr/pv", **run("CMA"))
    same_place, elsewhere = (
        replace(one, key=f"b:{n}", source="b", departments=where) for n, where in enumerate((OISE | SOMME, PARIS))
    )
    assert weigh(one, same_place).advice is Advice.SAME
    assert weigh(one, elsewhere).advice is Advice.NONE
    assert weigh(one, elsewhere).apart == "leurs territoires ne se touchent pas"


def test_a_variant_that_we_know_is_not_proposed_again():
    parent = sheet("Prêt Croissance", source=Scheme.OWN)
    child = replace(parent, key="jonction:local", parent=parent.key)
    assert weigh(parent, child).advice is Advice.NONE
    assert weigh(parent, replace(child, parent="")).advice is Advice.SAME


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (sheet("Fonds A 2023"), sheet("Fonds A 2026"), "années différentes : 2023 et 2026"),
        (sheet("Étude chaleur"), sheet("Investissement chaleur"), "l’une paie l’étude, l’autre l’investissement"),
        (sheet("A", **run("ADEME")), sheet("A", **run("Bpifrance")), "porteurs différents"),
        (sheet("A", kind="grant"), sheet("A", kind="loan"), "formes différentes : subvention et prêt"),
        (sheet("A", departments=OISE), sheet("A"), "l’une est limitée à un territoire, l’autre non"),
    ],
)
def test_what_tells_two_sheets_apart_weighs_against(one, other, reason):
    assert reasons_of(weigh(one, other))[reason] < 0


def test_what_is_not_known_weighs_nothing():
    reasons = weigh(sheet("Prêt", kind="loan", **run("Bpifrance")), sheet("Prêt")).reasons
    assert [reason.points for reason in reasons if reason.points < 0] == []


def test_pairs_are_of_two_sources_or_both_ours():
    names = ("Prêt Croissance", "Prêt Croissance")
    theirs, ours = ([sheet(name, source=source) for name in names] for source in ("ailleurs", Scheme.OWN))
    assert Comparer(theirs).pairs() == []
    assert Comparer(ours).pairs() == [(0, 1)]
    assert Comparer([*theirs, *ours]).pairs() == [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_sheets_of_one_page_meet_however_far_their_words():
    far = [sheet(f"Carte {n}", source="b", text=f"transport {n}") for n in range(30)]
    one = sheet("Prêt Croissance", source="a", page="x.fr/pret")
    other = sheet("Tout autre titre", source="b", page="x.fr/pret", text="rien de commun")
    assert (0, 31) in Comparer([one, *far, other]).pairs()


def test_a_catalogue_of_one_sheet_or_none_has_no_pair():
    assert find_candidates([]) == []
    assert find_candidates([sheet("Prêt")]) == []


@pytest.mark.django_db
def test_our_sheets_are_read_with_their_operators_places_and_years():
    held = {each.key: each for each in sheets_in_force()}
    assert len(held) == Scheme.objects.described().exclude(state=Scheme.State.ARCHIVED).count()
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
