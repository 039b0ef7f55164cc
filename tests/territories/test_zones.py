"""Lists of zones loaded from open files: the difference first, bad rows told, nothing guessed, nothing half done."""

import os
import shutil
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from backend.matchmaking import engine
from backend.matchmaking.condition_views import clear_cache
from backend.schemes.catalogue import wording
from backend.schemes.catalogue.evidence import is_internal
from backend.territories.models import Containment, LoadedFixture, Perimeter, ZoneList
from backend.territories.services import clear_caches, communes_surroundings, geography_state, load_territories
from tests.conftest import ROOT
from tests.factories import DAY
from tests.schemes.people import get_scheme
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
REAL = os.environ.get("JONCTION_REAL_DATA", "")
TERRITORIES = ROOT / "fixtures" / "territories"
FRR = "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2026;\n"
CLASS = "Classement FRR et FRR+ au 10 juillet 2026"
CLASSES = (
    *("--in", f"{CLASS}=FRR socle", "--in", f"{CLASS}=FRR+"),
    *("--partly", f"{CLASS.lower()}=FRR bénéficiaire partiellement"),
)


@pytest.fixture(autouse=True)
def forgotten():
    """Forget what this process read of the geography: before a list changes as well, since other tests read it."""
    forget()
    yield
    forget()


def forget() -> None:
    clear_caches()
    engine.clear_caches()
    clear_cache()
    wording.clear_caches()


def load(tmp_path: Path, name: str, text: str, *options: str, dated: str = "2026-10-01") -> str:
    path, out = tmp_path / "list.csv", StringIO()
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    call_command("load_zones", name, str(path), "--source", "ANCT, liste", "--dated", dated, *options, stdout=out)
    return out.getvalue()


def state():
    tables = (Containment.objects, ZoneList.objects, LoadedFixture.objects, Perimeter.objects.zones())
    return [list(rows.order_by("pk").values_list()) for rows in tables]


def answer(commune: str, zone: str) -> bool | None:
    """Return whether a commune is in a zone, is out, or is not known to be either."""
    found = communes_surroundings([commune], on=DAY)[commune]
    if f"ZONE-{zone}" in found.inside:
        return True
    return None if f"ZONE-{zone}" in (found.possible or ()) else False


def test_the_difference_is_shown_and_nothing_changes_before_it_is_asked(tmp_path):
    before = state()
    said = load(tmp_path, "frr", "insee,commune\n60159,Compiègne\n60665,Venette\n")
    assert "Communes qui entrent : 2, dont 2 du territoire." in said
    assert "Compiègne (60159)" in said
    assert "Communes qui sont dites dehors : 171, dont 0 du territoire." in said
    assert "ajoutez --apply" in said
    assert state() == before


def test_a_list_in_force_answers_for_firms_and_says_where_it_comes_from(tmp_path):
    assert answer("60159", "frr") is False
    digest = geography_state()
    said = load(tmp_path, "frr", "insee\n60159\n", "--apply")
    assert "Liste en vigueur" in said
    assert [answer(code, "frr") for code in ("60159", "60001", "80021")] == [True, False, None]
    assert geography_state() != digest
    zone = Perimeter.objects.get(code="ZONE-frr")
    assert zone.note == "Liste du 01/10/2026. Source : ANCT, liste."
    assert engine.profile({"commune": "60159"}, on=DAY).place.inside >= {"ZONE-frr"}


def test_the_sheet_and_the_answer_say_the_list_and_its_day(client, tmp_path):
    page = text_of(client.get("/dispositifs/acre/"))
    assert "Liste « France ruralités revitalisation » du 10 juillet 2025" in page
    load(tmp_path, "frr", "insee\n60159\n", "--apply")
    wording.clear_caches()
    page = text_of(client.get("/dispositifs/acre/"))
    assert "Liste « France ruralités revitalisation » du 1er octobre 2026 : ANCT, liste." in page


def test_where_no_list_is_held_none_is_named():
    assert wording.zone_lists({"kind": "in_territory", "any_of": ["ZONE-afr-2022-2027"]}) == ""
    assert wording.zone_lists({"kind": "in_territory", "any_of": ["COM-60159"]}) == ""


def test_no_source_of_a_list_names_a_file_or_a_copy_of_ours():
    sources = list(ZoneList.objects.values_list("source", flat=True))
    assert len(sources) == Perimeter.objects.zones().count()
    assert not [source for source in sources if is_internal(source) or "ossier" in source or len(source) > 120]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("bassin-seine-normandie", date(2018, 2, 15)),  # SAGE Somme aval, the newer of its two sources
        ("bassin-artois-picardie", date(2018, 2, 15)),
        ("qpv-2024", date(2024, 7, 13)),  # decree 2024-806, which corrects the list of 28/12/2023
        ("afr-2022-2027", date(2022, 6, 30)),
    ],
)
def test_a_list_bears_its_own_day_and_not_that_of_reading(zone, day):
    assert ZoneList.objects.get(zone__code=f"ZONE-{zone}").dated == day


# -- the shapes of open files


def test_a_classification_of_communes_is_read_by_its_classes(tmp_path):
    rows = "60159;60;Compiègne;FRR socle;\n60665;60;Venette;Non classée;\n60402;60;Le Meux;FRR+;\n"
    rows += "60338;60;Lacroix-Saint-Ouen;FRR bénéficiaire partiellement;\n"
    load(tmp_path, "frr", FRR + rows, *CLASSES, "--apply")
    found = [answer(code, "frr") for code in ("60159", "60665", "60402", "60338")]
    assert found == [True, False, True, None]


def test_intercommunalities_stand_for_their_communes(tmp_path):
    rows = "id_ti\tsiren_groupement\nti-3211\t200067965\nti-3211\t246000772\n"
    load(tmp_path, "ti-2023-2027", rows, "--apply")
    assert [answer(code, "ti-2023-2027") for code in ("60159", "60636", "60471")] == [True, True, False]


def test_of_a_file_with_both_the_communes_are_read(tmp_path):
    said = load(tmp_path, "frr", "siren_epci,insee\n200067965,60159\n", "--apply")
    assert "Codes lus dans la colonne « insee »." in said
    assert [answer(code, "frr") for code in ("60159", "60665")] == [True, False]


def test_of_a_zone_of_addresses_a_commune_is_neither_in_nor_out(tmp_path):
    load(tmp_path, "qpv-2024", "insee_com\n60665\n", "--for", "EPCI-200067965", "--apply", dated="2026-11-24")
    assert [answer(code, "qpv-2024") for code in ("60665", "60159", "60471")] == [None, False, None]


def test_a_list_is_complete_where_it_is_said_to_be(tmp_path):
    load(tmp_path, "acv", "insee\n60159\n", "--for", "DEP-60", "--apply")
    assert [answer(code, "acv") for code in ("60159", "60057", "80021")] == [True, False, None]


@pytest.mark.slow
def test_a_list_may_be_complete_for_the_whole_country(tmp_path):
    load(tmp_path, "acv", "insee\n60159\n80021\n", "--for", "FRANCE", "--apply")
    assert [answer(code, "acv") for code in ("60159", "80021", "75056")] == [True, True, False]


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="JONCTION_REAL_DATA is not set")
def test_a_real_classification_of_the_country_has_to_say_which_rows_are_in(tmp_path):
    path = Path(REAL) / "territoires" / "grille_ruralite.csv"
    if not path.exists():
        pytest.skip("that real file is not here")
    text = path.read_text(encoding="utf-8")
    with pytest.raises(CommandError, match="c’est un classement de tout le pays"):
        load(tmp_path, "frr", text, "--apply")
    said = load(tmp_path, "frr", text, "--in", "niveau_ruralite=Les ruralités résidentielles mixtes", "--apply")
    assert "Communes qui entrent" in said
    assert answer("01001", "frr") is True


# -- what cannot be read


def test_a_bad_row_is_told_and_makes_nobody_of_its_department_out(tmp_path):
    said = load(tmp_path, "frr", "insee\n60159\n60999\n80021\n", "--for", "REG-32", "--apply")
    assert "Ligne 3 : « 60999 » n’est le code d’aucune commune" in said
    assert "aucune qui manque au fichier n'est dite dehors, dans : 60." in said
    found = [answer(code, "frr") for code in ("60159", "60665", "80021", "80001")]
    assert found == [True, None, True, False]


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1001", "le zéro du début s’est perdu (attendu : 01001)"),
        ("Compiègne", "« COMPIÈGNE » n’est le code d’aucune commune"),
        (",Compiègne", "le code manque"),
    ],
)
def test_a_row_whose_department_cannot_be_read_makes_nobody_out(tmp_path, row, sentence):
    said = load(tmp_path, "frr", f"insee,nom\n60159,\n{row}\n\n", "--apply")
    assert sentence in said
    assert "n'est dite dehors, nulle part." in said
    assert [answer(code, "frr") for code in ("60159", "60665")] == [True, None]


BAD_FILES = [  # the zone, the file, options, what is told
    ("zrr", "insee\n60159\n", (), "« zrr » n’est pas une zone ; attendu : acv, afr-2022-2027"),
    ("frr", "", (), "n’est pas du texte"),
    ("frr", "\0\0insee\n60159\n", (), "n’est pas du texte"),
    ("frr", "commune\nCompiègne\n", (), "Aucune colonne de codes dans la première ligne, qui est « commune »"),
    ("frr", "insee\nabc\n", (), "(colonne « insee »). Ligne 2 : « ABC » n’est le code d’aucune commune"),
    ("frr", "insee,com\n60159,60159\n", (), "Les colonnes « insee » et « com » peuvent porter les codes"),
    (
        "frr",
        "insee,classe\n60159,FRR socle\n60665,Non classée\n",
        ("--in", "classe=FRR socle", "--in", "classe=FRR plus"),
        "Aucune ligne n’a « frr plus » dans la colonne « classe » ; ses valeurs : « FRR socle », « Non classée ».",
    ),
    (
        "frr",
        "insee,classe\n60159,FRR socle\n",
        ("--partly", "classe=partiel"),
        "Aucune ligne n’a « partiel » dans la colonne « classe »",
    ),
    ("frr", "insee\n", (), "Aucune ligne de ce fichier"),
    ("frr", 'insee\n"60159\n' + "x" * 200_000, (), "mal formé"),
    ("frr", "insee\n60159\n", ("--in", "classe=A"), "ne dit pas COLONNE=VALEUR ; colonnes de ce fichier : insee"),
    (
        "frr",
        "insee\n60159\n",
        ("--for", "Oise"),
        "n’est pas un périmètre ; attendu : un code comme DEP-60",
    ),
    ("frr", "insee\n60159\n", ("--for", "ZONE-frr"), "« ZONE-frr » n’est pas un périmètre"),
]
BAD_DAYS = {"10/07/2025": "n’est pas un jour", "2024-01-01": "plus récente", "2026-12-25": "n’est pas encore venu"}


def test_a_bad_file_or_day_changes_nothing_and_gets_a_sentence(tmp_path):
    before = state()
    for name, text, options, sentence in BAD_FILES:
        with pytest.raises(CommandError) as refused:
            load(tmp_path, name, text, "--apply", *options)
        assert sentence in str(refused.value)
        assert str(refused.value).startswith("Rien n'a changé."), sentence
    for dated, sentence in BAD_DAYS.items():
        with pytest.raises(CommandError, match=sentence):
            load(tmp_path, "frr", "insee\n60159\n", "--apply", dated=dated)
    assert state() == before


def test_the_same_list_again_and_an_older_one_change_nothing(tmp_path):
    load(tmp_path, "frr", "insee\n60159\n", "--apply", dated="2026-10-01")
    before = state()
    assert "déjà en vigueur" in load(tmp_path, "frr", "insee\n60159\n", "--apply")
    with pytest.raises(CommandError, match="du 01/10/2026, est plus récente"):
        load(tmp_path, "frr", "insee\n60665\n", "--apply", dated="2025-12-01")
    assert state() == before


# -- beside the reviewed file


def reload(tmp_path: Path, **changes) -> None:
    copy = Path(shutil.copytree(TERRITORIES, tmp_path / "territories", dirs_exist_ok=True))
    zones = yaml.safe_load((copy / "zones.yaml").read_text())
    for zone in zones["zones"]:
        if zone["code"] == "frr":
            zone.update(changes)
    (copy / "zones.yaml").write_text(yaml.safe_dump(zones))
    load_territories(copy)


@pytest.mark.slow
def test_a_loaded_list_stands_until_a_reviewed_one_of_a_later_day(tmp_path):
    load(tmp_path, "frr", "insee\n60159\n", "--apply")
    reload(tmp_path, why="Une autre phrase.")
    assert (answer("60159", "frr"), answer("60001", "frr")) == (True, False)
    assert "ANCT, liste" in Perimeter.objects.get(code="ZONE-frr").note
    reload(tmp_path, dated=date(2026, 11, 1))
    assert (answer("60159", "frr"), answer("60001", "frr")) == (False, True)
    assert "ANCT, liste" not in Perimeter.objects.get(code="ZONE-frr").note


@pytest.mark.slow
def test_the_answer_to_a_firm_says_the_list_too(client):
    fill(client, upto="projet")
    page = text_of(client.get(f"/demande/reponse/{get_scheme('vte-territoires-industrie').pk}/"))
    assert "Liste « Territoires d'industrie, phase 2 (2023-2027) » du 4 juillet 2024" in page
