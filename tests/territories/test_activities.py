"""INSEE's table between the two NAF: row by row, and nothing told where a row could not be read."""

from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from backend.matchmaking import engine
from backend.territories.activities import HELD_DATED, ActivityTableError, load_activity_table, load_held_table
from backend.territories.models import ActivityTable, Nomenclature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_activity_table")]
HELD = settings.BASE_DIR / "fixtures" / "naf_2025.csv"
HEADER = "naf_rev2;naf_2025;libellé"
# Invented: 25.62A and 25.62B became one, 25.40Z two.
ROWS = ["25.62A;25.53Y;a", "25.62B;25.53Y;b", "25.40Z;25.30Y;c", "2540Z;3311y;d"]


@pytest.fixture
def load(tmp_path):
    def run(*rows, header=HEADER, encoding="utf-8", dated=date(2026, 12, 15)):
        path = tmp_path / "table.csv"
        path.write_bytes("\n".join([header, *rows]).encode(encoding))
        return load_activity_table(path, source="INSEE (inventée)", dated=dated)

    return run


def of(code, nomenclature):
    return sorted(engine.catalogue().correspondence.of(code, nomenclature))


def test_the_table_of_the_fixtures_is_whole_and_gives_way_to_a_newer_one_alone(load):
    table = load_held_table(HELD)
    assert (table.dated, table.incomplete, table.silent) == (HELD_DATED, {"naf_rev2": [], "naf_2025": []}, [])
    old, new = ({pair[side] for pair in table.pairs} for side in (0, 1))
    assert (len(table.pairs), len(old), len(new)) == (1223, 732, 746)  # as INSEE's table has
    assert sum(one[:5] != other[:5] for one, other in table.pairs) == 650  # to another class
    known = Nomenclature.objects.filter(system="naf_rev2", level="subclass").values_list("code", flat=True)
    assert old == set(known)
    assert of("25.53Y", "naf_2025") == ["C2561Z", "C2562A", "C2562B"]
    assert of("10.71H", "naf_2025") == ["C1071C", "C1086Z"]
    load(*ROWS, dated=HELD_DATED.replace(year=2025))
    assert load_held_table(HELD).pairs == table.pairs
    newer = load(*ROWS).table
    assert load_held_table(HELD) == newer


def test_a_table_is_in_force_at_once_with_its_source_and_date(load):
    assert of("25.53Y", "naf_2025") == []
    loaded = load(*ROWS)
    assert (loaded.faults, loaded.is_new) == ([], True)
    assert (loaded.table.source, loaded.table.dated) == ("INSEE (inventée)", date(2026, 12, 15))
    assert of("25.53Y", "naf_2025") == ["C2562A", "C2562B"]
    assert of("25.40Z", "naf_rev2") == ["C2530Y", "C3311Y"]


def test_the_same_again_changes_nothing_and_another_one_replaces_it(load):
    first = load(*ROWS).table
    again = load(*ROWS)
    assert (again.is_new, again.table) == (False, first)
    load(ROWS[0])
    assert of("25.53Y", "naf_2025") == ["C2562A"]
    assert ActivityTable.objects.count() == 2


@pytest.mark.parametrize(
    "options",
    [
        {"header": "NAF_2025,x,naf_rev2".lower(), "rows": ["25.53Y,a,25.62A"]},
        {"encoding": "cp1252"},
        {"encoding": "utf-8-sig"},
    ],
    ids=["commas in another order", "cp1252", "with a mark"],
)
def test_a_file_is_read_as_excel_or_libreoffice_saves_it(load, options):
    rows = options.pop("rows", [f"{ROWS[0]}, activité"])
    load(*rows, **options)
    assert of("25.53Y", "naf_2025") == ["C2562A"]


@pytest.mark.parametrize(
    ("row", "told", "silenced"),
    [
        ("25.40Z;33.I1Y", "« 33.I1Y » n’est pas une sous-classe de la NAF 2025", {"naf_2025"}),
        ("25.99X;33.11Y", "« 25.99X » n’est pas une sous-classe de la NAF rév. 2", {"naf_rev2"}),
        ("25.4;33.11", "« 25.4 » n’est pas une sous-classe de la NAF rév. 2 ; « 33.11 »", {"naf_rev2", "naf_2025"}),
        ("25.40Z", "« » n’est pas une sous-classe de la NAF 2025", {"naf_2025"}),
        ("Source : INSEE;", "« SOURCE : INSEE »", set()),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_nothing_is_decided_without_it(load, row, told, silenced):
    loaded = load(*ROWS[:3], row)
    ((line, text),) = loaded.faults
    assert line == 5
    assert told in text.replace("«  »", "« »")
    assert set(loaded.table.silent) == silenced
    assert bool(of("25.53Y", "naf_2025")) == ("naf_2025" not in silenced)
    assert bool(of("25.62A", "naf_rev2")) == ("naf_rev2" not in silenced)
    if row.startswith("25.40Z"):
        assert of("25.40Z", "naf_rev2") == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "n’est pas du texte"),
        (b"\0\1\2", "n’est pas du texte"),
        (b"code;libelle\n25.62A;x", "Il manque la colonne naf_rev2 et la colonne naf_2025"),
        (b"naf_rev2;naf_2025\n", "Aucune ligne"),
        (b"naf_rev2;naf_2025\nx;y", "Aucune ligne"),
    ],
)
def test_a_bad_file_changes_nothing(load, tmp_path, content, sentence):
    load(*ROWS)
    path = tmp_path / "mauvais.csv"
    path.write_bytes(content)
    with pytest.raises(ActivityTableError, match=sentence):
        load_activity_table(path, source="INSEE", dated=date(2027, 1, 1))
    with pytest.raises(CommandError, match="Rien n'a été chargé"):
        call_command("load_naf_2025", str(path), "--source", "INSEE", "--dated", "2027-01-01")
    assert of("25.53Y", "naf_2025") == ["C2562A", "C2562B"]


def test_the_command_tells_what_it_did(tmp_path):
    path, output = tmp_path / "table.csv", StringIO()
    path.write_text("\n".join([HEADER, *ROWS, "25.40Z;33.I1Y"]), encoding="utf-8")
    call_command("load_naf_2025", str(path), "--source", "INSEE", "--dated", "2026-12-15", stdout=output)
    told = output.getvalue().splitlines()
    assert told[0].startswith("Ligne 6 : « 33.I1Y »")
    assert "aucun code de la NAF 2025 n'est traduit" in told[1]
    assert told[-1] == "Correspondances chargées : 4 ; lignes refusées : 1"
    with pytest.raises(CommandError, match="n’est pas un jour"):
        call_command("load_naf_2025", str(path), "--source", "INSEE", "--dated", "demain")
