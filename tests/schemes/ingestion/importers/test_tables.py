"""Tables are read whole, in the encoding they have, with the mark they have; what is hostile is refused before."""

import struct
import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.files import ImportFileError
from backend.schemes.ingestion.importers.reading import Notice
from backend.schemes.ingestion.importers.tables import MAX_CELL, Expected, find_encoding, open_csv
from backend.schemes.ingestion.importers.workbooks import open_workbook

ANY = Expected(is_header=lambda names: {"id", "nom"} <= set(names), told="id, nom", known=lambda name: name != "autre")
BIG = 101_000_000
SOON = datetime.fromisoformat("2026-12-31T08:30:00")  # workbooks know no time zone


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tableau.csv"


def read(path, content, *, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(open_csv(path, ANY))


def refusal(path, content, **options):
    with pytest.raises(ImportFileError) as caught:
        read(path, content, **options)
    return str(caught.value)


# -- marks and encodings


@pytest.mark.parametrize("separator", list(";,\t|"))
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_cells_are_cut_where_the_names_are(path, separator, line_end):
    cells = [["id", "nom"], ["1", f'"a{separator} b{line_end}c"'], ["2", ""]]
    rows = read(path, line_end.join(separator.join(row) for row in cells) + line_end)
    assert rows == [{"id": "1", "nom": f"a{separator} b{line_end}c"}, {"id": "2", "nom": ""}]


def test_a_mark_that_is_more_frequent_in_the_names_is_not_the_one(path):
    assert read(path, "id;nom;a, b, c, d, e\n1;x;y\n") == [{"id": "1", "nom": "x", "a, b, c, d, e": "y"}]


def test_the_mark_that_excel_writes_first_is_followed(path):
    assert read(path, "sep=|\r\nid|nom\r\n1|a;b\r\n") == [{"id": "1", "nom": "a;b"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_french_is_read_in_each_encoding(path, encoding):
    assert read(path, "id;nom\n1;Été à l’œuvre – 5 €\n", encoding=encoding) == [
        {"id": "1", "nom": "Été à l’œuvre – 5 €"}
    ]


def test_latin_1_is_read_as_what_windows_makes_of_it(path):
    assert read(path, "id;nom\n1;Été à Ÿ\n".replace("Ÿ", "Ô"), encoding="latin-1")[0]["nom"] == "Été à Ô"


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "utf-16-le", "utf-32"])
def test_another_encoding_is_refused_and_never_garbled(path, encoding):
    told = refusal(path, "id;nom\n1;Bénéficiaires à côté, façade, dépôt, théâtre, être\n", encoding=encoding)
    assert "encodage" in told or "n’est " in told
    assert "attendu : UTF-8, ou Windows-1252" in told


def test_utf_8_with_one_wrong_byte_is_refused_and_not_taken_for_windows(path):
    assert "autre encodage" in refusal(path, "id;nom\n1;Été réussi\n".encode() + b"2;\xff\n")


def test_a_file_that_is_in_neither_encoding_is_told_so(path):
    told = refusal(path, "id;nom\n1;Été réussi\n".encode() + b"2;\x81\n")
    assert told == (
        "tableau.csv n’est ni en UTF-8 ni en Windows-1252 (octet 26) ; attendu : UTF-8, ou Windows-1252 comme l’écrit "
        "Excel."
    )


def test_utf_8_read_once_too_often_is_still_utf_8(path):
    assert read(path, "id;nom\n1;Ã‰tÃ©\n")[0]["nom"] == "Ã‰tÃ©"


def test_an_accent_at_the_end_of_a_chunk_is_one_accent(path, monkeypatch):
    monkeypatch.setattr("backend.schemes.ingestion.importers.tables.CHUNK", 7)
    assert read(path, "id;nom\n1;éééééééé\n")[0]["nom"] == "éééééééé"
    path.write_bytes("id;nom\n1;éééééééé\n".encode("cp1252"))
    assert find_encoding(path) == "cp1252"


@pytest.mark.parametrize(
    ("head", "what"), [(b"PK\x03\x04", "archive"), (b"%PDF-1.7", "PDF"), (b"\xd0\xcf\x11\xe0", "classeur")]
)
def test_what_is_no_text_is_named(path, head, what):
    assert what in refusal(path, head + b"id;nom\n")


@pytest.mark.parametrize("content", [b"id;nom\n1;\x00\n", b"id;nom\n1;\x1b[2J\n", b"\x00" * 100])
def test_signs_that_no_table_holds_are_refused(path, content):
    assert "caractère de contrôle" in refusal(path, content)


# -- rows


@pytest.mark.parametrize(
    "content", ["", "\n\n", "id\n1\n", "nom;autre\na;b\n", "<html>\n<p>Panne</p></html>\n", '{"id": 1}']
)
def test_a_table_without_the_names_is_refused(path, content):
    assert "attendu : id, nom" in refusal(path, content)


def test_a_title_above_the_names_is_passed_over(path):
    assert read(path, "Aides 2026;;\n;;\nid;nom;\n1;a;\n") == [{"id": "1", "nom": "a"}]


def test_two_columns_of_one_name_are_refused(path):
    assert "deux colonnes du même nom" in refusal(path, "id;nom;nom\n1;a;b\n")


def test_a_column_that_nobody_reads_is_told_and_one_without_a_name_too(path):
    notice, row = read(path, "id;nom;autre\n1;a;b\n")
    assert isinstance(notice, Notice)
    assert '"autre"' in notice.text
    assert row == {"id": "1", "nom": "a", "autre": "b"}
    assert read(path, "id;;nom\n1;x;a\n") == [{"id": "1", "colonne 2": "x", "nom": "a"}]


def test_empty_lines_are_no_rows(path):
    assert read(path, "id;nom\n;\n1;a\n\n;;;\n") == [{"id": "1", "nom": "a"}]


@pytest.mark.parametrize("line", ["1", "1;a;b"])
def test_a_row_with_too_few_or_too_many_cells_is_told_and_the_others_go_in(path, line):
    wrong, right = read(path, f"id;nom\n{line}\n2;b\n")
    assert isinstance(wrong, RowError)
    assert "2, une par colonne" in str(wrong)
    assert right == {"id": "2", "nom": "b"}


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ('2;"une cellule jamais', "n’est pas fermée"),
        ("2", "s’arrête au milieu d’une ligne (1 cellules sur 2)"),
        ('2;"a" b\n', "un guillemet est de trop"),
    ],
)
def test_a_file_cut_short_is_refused(path, end, told):
    assert told in refusal(path, f"id;nom\n1;a\n{end}")


def test_a_file_cut_in_the_middle_of_an_accent_is_refused(path):
    assert "au milieu d’un caractère" in refusal(path, "id;nom\n1;é\n2;é".encode()[:-1])


def test_the_last_line_may_have_no_end(path):
    assert read(path, "id;nom\n1;a") == [{"id": "1", "nom": "a"}]


def test_a_cell_as_long_as_a_file_is_refused(path):
    assert f"plus de {MAX_CELL} caractères" in refusal(path, 'id;nom\n1;"' + "a" * (MAX_CELL + 1) + '"\n')


def test_what_an_export_escaped_is_read_as_it_was(path):
    assert read(path, "id;nom\n1;'=SOMME(A1)\n2;=SOMME(A1)\n3;'a'\n") == [
        {"id": "1", "nom": "=SOMME(A1)"},
        {"id": "2", "nom": "=SOMME(A1)"},
        {"id": "3", "nom": "'a'"},
    ]


# -- workbooks


def save(path, *rows, **sheets):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in sheets.items():
        sheet = book.create_sheet(title)
        for row in more:
            sheet.append(row)
    book.save(path)
    return path


def refused(path):
    with pytest.raises(ImportFileError) as caught:
        list(open_workbook(path, ANY))
    return str(caught.value)


def test_the_cells_of_a_workbook_are_text(path):
    cells = [True, 12, 12.5, 40.0, date(2026, 12, 31), SOON, None, " a "]
    save(path, ["id", "nom", *"abcdefgh"], ["1", "x", *cells])
    (row,) = open_workbook(path, ANY)
    assert list(row.values())[2:] == ["oui", "12", "12.5", "40", "2026-12-31", "2026-12-31T08:30:00", "", "a"]


@pytest.mark.parametrize(("share", "text"), [(1e300, f"{int(1e302)} %"), (-0.5, "-50 %"), (0, "0 %"), (True, "oui")])
def test_a_share_of_any_size_is_text(path, share, text):
    book = Workbook()
    book.active.append(["id", "nom"])
    book.active.append(["1", share])
    book.active["B2"].number_format = "0%"
    book.save(path)
    assert list(open_workbook(path, ANY)) == [{"id": "1", "nom": text}]


def test_a_formula_is_never_run_and_one_without_a_value_is_told_with_its_place(path):
    save(path, ["Aides"], ["id", "nom", "c"], ["1", "a", "=1+1"], ["2", "b", None], ["3", "=A1", "=B1"])
    wrong, right, twice = open_workbook(path, ANY)  # no spreadsheet has computed it
    assert str(wrong) == (
        'Feuille "Sheet", ligne 3 : la cellule C3 contient une formule sans valeur enregistrée ; attendu : une valeur '
        "(ouvrez le classeur dans un tableur, puis enregistrez-le)."
    )
    assert right == {"id": "2", "nom": "b", "c": ""}
    assert "la cellule B5" in str(twice)


def test_a_formula_in_a_column_that_nobody_reads_refuses_no_row(path):
    save(path, ["id", "nom", "autre"], ["1", "a", "=1+1"], ["2", "b", "#REF!"])
    _, *rows = open_workbook(path, ANY)
    assert [row["nom"] for row in rows] == ["a", "b"]


def rewrite(path, part, old, new):
    """Write a part of a workbook as another program does."""
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as before, zipfile.ZipFile(path, "w") as after:
        for one in before.infolist():
            content = before.read(one)
            if one.filename == part:
                assert old in content
                content = content.replace(old, new)
            after.writestr(one.filename, content)


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (b'<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        (b'<c r="B2"><f>1+1</f><v>0</v></c>', "0"),
        (b'<c r="B2" t="str"><f>IF(1,"","")</f><v></v></c>', ""),  # as Excel keeps a text that is empty
        (b'<c t="str"><f>"a"</f><v>a</v></c>', "a"),
    ],
)
def test_the_value_that_a_spreadsheet_kept_of_a_formula_is_read(path, kept, text):
    save(path, ["id", "nom"], ["1", "=1+1"])
    rewrite(path, "xl/worksheets/sheet1.xml", b'<c r="B2"><f>1+1</f><v /></c>', kept)
    assert list(open_workbook(path, ANY)) == [{"id": "1", "nom": text}]


def test_a_formula_without_a_value_nor_a_place_is_told_too(path):
    save(path, ["id", "nom"], ["1", "=1+1"])
    rewrite(path, "xl/worksheets/sheet1.xml", b'<c r="B2"><f>1+1</f><v /></c>', b"<c><f>1+1</f></c>")
    (wrong,) = open_workbook(path, ANY)
    assert "la cellule B2" in str(wrong)


def test_the_sheet_with_the_names_is_read_and_the_others_are_told(path):
    save(path, ["Mode d’emploi"], Aides=[["Titre"], ["id", "nom"], ["1", "a"]])
    notice, row = open_workbook(path, ANY)
    assert "Aides" in notice.text
    assert row == {"id": "1", "nom": "a"}


def test_an_error_in_a_cell_is_told_of_its_row(path):
    save(path, ["id", "nom"], ["1", "#REF!"], ["2", "b"])
    wrong, right = open_workbook(path, ANY)
    assert "#REF!" in str(wrong)
    assert right == {"id": "2", "nom": "b"}


def test_a_short_row_of_a_workbook_is_a_row(path):
    save(path, ["id", "nom", "c"], ["1", "a"])
    assert list(open_workbook(path, ANY)) == [{"id": "1", "nom": "a", "c": ""}]


def test_a_workbook_without_the_names_is_refused(path):
    assert "attendu : id, nom" in refused(save(path, ["x"], ["1"]))


@pytest.mark.parametrize("content", [b"", b"id;nom\n", b"PK\x03\x04" + b"\0" * 200, b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_what_is_no_workbook_is_refused(path, content):
    path.write_bytes(content)
    assert "n’est pas un classeur .xlsx" in refused(path)


def test_a_workbook_cut_short_is_refused(path):
    save(path, ["id", "nom"], ["1", "a"])
    path.write_bytes(path.read_bytes()[:-400])
    told = (
        "n’est pas un classeur .xlsx que l’on puisse lire : il est incomplet ou abîmé, protégé par un mot de passe, "
    )
    assert refused(path) == f"{path.name} {told}ou d’un autre format."


def test_a_workbook_with_a_damaged_part_is_refused(path):
    save(path, ["id", "nom"], *([str(number), "a" * 50] for number in range(500)))
    content = bytearray(path.read_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + 100
    content[start : start + 20] = bytes(20)
    path.write_bytes(content)
    assert "n’est pas un classeur .xlsx" in refused(path)


def test_an_archive_without_a_workbook_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lisez-moi.txt", "rien")
    assert "archive sans classeur" in refused(path)


def bomb(path, n_bytes):
    """Write a workbook with a part that unpacks to many times its size."""
    save(path, ["id", "nom"], ["1", "a"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/image1.png", "w") as part:
        for _ in range(n_bytes // 1_000_000):
            part.write(bytes(1_000_000))
    return path


def test_a_zip_bomb_is_refused_by_what_it_says_before_it_is_unpacked(path):
    told = refused(bomb(path, BIG))
    assert "se déplie en 101\N{NO-BREAK SPACE}Mo ou plus ; accepté : 100\N{NO-BREAK SPACE}Mo au plus" in told
    assert path.stat().st_size < 200_000


def test_a_part_that_unpacks_hundreds_of_times_is_refused(path):
    assert "aucun tableur n’écrit cela" in refused(bomb(path, 3_000_000))


def test_a_zip_bomb_that_lies_about_its_size_is_refused(path):
    bomb(path, 3_000_000)
    content = bytearray(path.read_bytes())
    true, said = struct.pack("<I", 3_000_000), struct.pack("<I", 30)
    assert content.count(true) >= 1
    path.write_bytes(content.replace(true, said))
    assert "n’est pas un classeur .xlsx" in refused(path)


def test_a_workbook_of_too_many_parts_is_refused(path):
    save(path, ["id", "nom"])
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(1001):
            archive.writestr(f"x/{number}", "")
    assert "parties ; accepté : 1000 au plus" in refused(path)


def test_an_entity_that_a_workbook_declares_is_not_followed(path):
    save(path, ["id", "nom"], ["1", "a"])
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    rewrite(path, "xl/worksheets/sheet1.xml", b"<worksheet ", head + b"<worksheet ")
    assert "n’est pas un classeur .xlsx" in refused(path)


def test_a_workbook_that_counts_days_from_1904_is_refused(path):
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["id", "nom"])
    book.save(path)
    assert "depuis 1904" in refused(path)
