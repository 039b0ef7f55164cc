"""The copy of the State's register: what is loaded of two open files, and what is found in it."""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError

from backend.companies.establishments import (
    MOST,
    SITE_COLUMNS,
    UNIT_COLUMNS,
    StockFileError,
    find_by_name,
    find_by_number,
    load_establishments,
)
from backend.companies.models import RegisterCopy, RegisteredEstablishment
from backend.companies.registered import Registered

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
FILES = [str(ROOT / "fixtures" / "register" / name) for name in ("etablissements.csv", "unites.csv")]
ON = date(2026, 11, 24)
COMPIEGNE, BEAUVAIS = "60159", "60057"
HEADER = ",".join(SITE_COLUMNS)
OTHER = "99999107800018"  # a second firm, in each file
SITE = {
    "siret": "99999995600017",
    "statutDiffusionEtablissement": "O",
    "dateDernierTraitementEtablissement": "2026-10-31T06:12:00",
    "etablissementSiege": "true",
    "codeCommuneEtablissement": COMPIEGNE,
    "dateDebut": "2009-03-16",
    "etatAdministratifEtablissement": "A",
    "activitePrincipaleEtablissement": "25.62B",
    "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
    "activitePrincipaleNAF25Etablissement": "25.62Y",
}
UNIT = {
    "siren": "999999956",
    "statutDiffusionUniteLegale": "O",
    "dateCreationUniteLegale": "2009-03-16",
    "trancheEffectifsUniteLegale": "12",
    "anneeEffectifsUniteLegale": "2024",
    "categorieEntreprise": "PME",
    "anneeCategorieEntreprise": "2023",
    "denominationUniteLegale": "CHAUDRONNERIE DU BAC",
    "categorieJuridiqueUniteLegale": "5710",
}


def write(path: Path, columns: Iterable[str], *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, [*columns, "ignored"], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def load(tmp_path):
    """Return a function that loads one firm, changed as it is told, with another one beside it."""

    def loaded(site=None, unit=None, *, sites=(), units=(), last=SITE["dateDernierTraitementEtablissement"]):
        second = {**SITE, "siret": OTHER, "dateDernierTraitementEtablissement": last}
        firms = {**UNIT, "siren": OTHER[:9], "denominationUniteLegale": "TOLERIE DE L'OISE"}
        return load_establishments(
            write(tmp_path / "sites.csv", SITE_COLUMNS, {**SITE, **(site or {})}, second, *sites),
            write(tmp_path / "units.csv", UNIT_COLUMNS, {**UNIT, **(unit or {})}, firms, *units),
            communes=[COMPIEGNE, "60665"],
            on=ON,
        )

    return loaded


def the_firm() -> Registered:
    (found,) = find_by_number(SITE["siret"])
    return found


def test_a_firm_is_found_with_what_it_would_else_type(load):
    load()
    found = the_firm()
    assert found.facts() == {
        "commune": COMPIEGNE,
        "naf": "25.62B",
        "naf_2025": "25.62Y",
        "legal_category": "5710",
        "micro_entrepreneur": False,
        "created_on": "2009-03-16",
        "headcount": [20, 49],
        "insee_category": {"category": "PME", "year": 2023},
    }
    assert (found.name, found.headcount_year, found.read_on) == ("CHAUDRONNERIE DU BAC", 2024, "2026-10-31")
    assert Registered.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("site", "unit", "missing"),
    [
        ({"activitePrincipaleEtablissement": "99.99Z"}, {}, {"naf"}),
        ({"nomenclatureActivitePrincipaleEtablissement": "NAFRev1"}, {}, {"naf"}),
        ({"activitePrincipaleNAF25Etablissement": "[ND]"}, {}, {"naf_2025"}),
        ({}, {"trancheEffectifsUniteLegale": "NN", "anneeEffectifsUniteLegale": ""}, {"headcount"}),
        ({}, {"trancheEffectifsUniteLegale": "00"}, {"headcount"}),
        ({}, {"categorieEntreprise": ""}, {"insee_category"}),
        ({}, {"dateCreationUniteLegale": "1900-01-01"}, {"created_on"}),
        ({}, {"dateCreationUniteLegale": ""}, {"created_on"}),
        ({}, {"categorieJuridiqueUniteLegale": ""}, {"legal_category", "micro_entrepreneur"}),
        ({}, {"categorieJuridiqueUniteLegale": "1000"}, {"micro_entrepreneur"}),
    ],
)
def test_what_the_register_does_not_say_is_unknown(load, site, unit, missing):
    load()
    everything = set(the_firm().facts())
    load(site, unit)
    assert everything - set(the_firm().facts()) == missing


def test_a_legal_category_that_is_listed_no_more_is_its_form(load):
    load(unit={"categorieJuridiqueUniteLegale": "5720"})
    assert the_firm().facts()["legal_category"] == "57"


@pytest.mark.parametrize("begin", [{"statutDiffusionEtablissement": "P"}, {}, {"statutDiffusionEtablissement": "N"}])
def test_who_opposes_is_removed_with_the_next_load(load, begin):
    load()
    assert find_by_number(SITE["siret"])
    unit = {} if begin else {"statutDiffusionUniteLegale": "P"}
    loaded = load(begin, unit)
    assert (loaded.removed, loaded.opposed, loaded.held) == (1, 1, 1)
    assert not find_by_number(SITE["siret"])
    assert not find_by_name("chaudronnerie")
    assert find_by_number(OTHER)


def test_the_name_of_a_person_is_not_copied(load):
    person = {"categorieJuridiqueUniteLegale": "1000", "denominationUniteLegale": "DUPONT MARIE"}
    load({}, person)
    assert the_firm().name == ""
    assert not find_by_name("dupont")
    load({"enseigne1Etablissement": "SERRURERIE DU BAC"}, person)
    assert the_firm().name == "SERRURERIE DU BAC"
    assert "dupont" not in str(RegisteredEstablishment.objects.values_list()).casefold()


def test_only_the_territory_and_what_is_open_or_closed_lately_is_kept(load):
    assert load({"codeCommuneEtablissement": BEAUVAIS}).held == 1
    assert load({"etatAdministratifEtablissement": "F", "dateDebut": "2021-06-30"}).held == 1
    assert load({"etatAdministratifEtablissement": "F", "dateDebut": "2026-02-27"}).held == 2
    assert (the_firm().is_open, the_firm().closed_on) == (False, "2026-02-27")


def test_a_load_tells_what_it_changed(load):
    first = load()
    assert (first.held, first.added, first.changed, first.removed) == (2, 2, 0, 0)
    again = load()
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    third = {**SITE, "siret": "99999995600025", "codeCommuneEtablissement": "60665", "etablissementSiege": "false"}
    more = load(unit={"denominationUniteLegale": "CHAUDRONNERIE DU PONT"}, sites=[third])
    assert (more.held, more.added, more.changed, more.removed) == (3, 1, 1, 0)
    assert load(site={"codeCommuneEtablissement": BEAUVAIS}).removed == 2
    assert RegisterCopy.objects.count() == 4
    assert RegisterCopy.objects.all()[0].dated == date(2026, 10, 31)


def test_a_copy_gives_way_to_none_that_is_older(load):
    load()
    older = "2026-09-30T06:12:00"
    with pytest.raises(StockFileError, match=r"au 30/09/2026, plus ancien que celui qui .* chargé \(31/10/2026\)"):
        load({"dateDernierTraitementEtablissement": older}, last=older)
    assert RegisterCopy.objects.get().dated == date(2026, 10, 31)
    assert find_by_number(OTHER)


def test_more_is_found_than_is_shown_where_there_is_more(load):
    sites = [{**SITE, "siret": f"999999956{n:05}", "etablissementSiege": "false"} for n in range(30, 41)]
    load(sites=sites[:9])
    assert len(find_by_name("chaudronnerie")) == len(find_by_number("999999956")) == MOST
    load(sites=sites)
    assert len(find_by_name("chaudronnerie")) == len(find_by_number("999999956")) == MOST + 1


def test_names_are_found_by_the_beginnings_of_words(load):
    shop = {
        **SITE,
        "siret": "99999995600025",
        "enseigne1Etablissement": "L'Atelier-Café",
        "etablissementSiege": "false",
    }
    load(unit={"sigleUniteLegale": "CDB"}, sites=[shop])
    for typed in ("chaud", "bac chaudronnerie", "Chaudronnérie", " CDB", "du bac"):
        assert [site.siret for site in find_by_name(typed)] == [SITE["siret"], shop["siret"]], typed
    assert [site.siret for site in find_by_name("atelier cafe")] == [shop["siret"]]
    assert [site.siret for site in find_by_name("l’oise")] == [OTHER]
    for typed in ("ch", "", "  ' ", "ronnerie", "chaud%", "c_aud"):
        found = [site.siret for site in find_by_name(typed)]
        assert found == ([SITE["siret"], shop["siret"]] if typed == "chaud%" else []), typed


def test_a_file_may_be_zipped(tmp_path):
    sites = write(tmp_path / "s.csv", SITE_COLUMNS, SITE)
    units = write(tmp_path / "u.csv", UNIT_COLUMNS, UNIT)
    with ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.write(sites, "StockEtablissement_utf8.csv")
    assert load_establishments(tmp_path / "s.zip", units, communes=[COMPIEGNE], on=ON).held == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "n’a pas la colonne siret"),
        ("siret,dateDebut\n1,2\n", "n’a pas la colonne statutDiffusionEtablissement"),
        (f"{HEADER}\n1,2\n", "ligne 2 : 2 valeurs, 14 attendues"),
        (f"{HEADER}\n", "ne dit d’aucun établissement quand il a été mis à jour"),
        (f"{HEADER}\n{SITE['siret']},O,2026-10-31{',' * 11}\n", "n’a aucun établissement des 1 communes"),
        (f"{HEADER}\n\ud800{',' * 13}\n", "ne se lit pas comme un CSV"),
        (f"{HEADER}\n123,O,2026-10-31,true,{COMPIEGNE}{',A' * 9}\n", "a un SIRET qui n’en est pas un"),
    ],
)
def test_a_wrong_file_changes_nothing(load, tmp_path, content, sentence):
    load()
    (tmp_path / "bad.csv").write_text(content, errors="surrogatepass")
    with pytest.raises(StockFileError, match=sentence):
        load_establishments(
            tmp_path / "bad.csv",
            write(tmp_path / "u.csv", UNIT_COLUMNS, UNIT),
            communes=[COMPIEGNE],
            on=ON,
        )
    assert RegisteredEstablishment.objects.count() == 2
    (tmp_path / "bad.zip").write_bytes(b"PK no")
    with pytest.raises(StockFileError, match="n’est pas une archive zip"):
        load_establishments(tmp_path / "bad.zip", tmp_path / "u.csv", communes=[COMPIEGNE], on=ON)


def test_the_command_says_what_it_did_and_how_old_the_register_is():
    said = StringIO()
    call_command("load_establishments", *FILES, stdout=said)
    assert said.getvalue().startswith(
        "Registre au 31/10/2026 (il y a 24 jours) : 51 établissements du territoire, 51 nou"
    )
    assert "1 opposés" in said.getvalue()
    with pytest.raises(CommandError, match="Rien n’a été chargé"):
        call_command("load_establishments", *reversed(FILES))


@pytest.mark.cases(2)
@pytest.mark.parametrize(("days", "told"), [(39, True), (38, False), (0, False)])
def test_a_copy_that_nobody_renewed_is_told(load, settings, days, told):
    """The register is of 31 October; the day of the tests is 24 days later."""
    load()
    settings.FIXED_DAY = ON + timedelta(days=days)
    found = [check.msg for check in run_checks(include_deployment_checks=True) if check.id == "jonction.I003"]
    assert found == ([f"The copy of the State's register is {24 + days} days old."] if told else [])


def test_a_copy_that_was_never_loaded_is_told():
    found = [check.msg for check in run_checks(include_deployment_checks=True) if check.id == "jonction.I003"]
    assert found == ["No copy of the State's register is loaded."]


def test_those_of_the_demonstration_are_invented():
    call_command("load_establishments", *FILES, stdout=StringIO())
    assert not RegisteredEstablishment.objects.exclude(siret__startswith="99999").exists()
    assert not find_by_name("garage foret")
    closed = find_by_name("verrerie matz")
    assert [(site.is_open, site.closed_on) for site in closed] == [(False, "2026-05-29")]
