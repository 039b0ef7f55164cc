"""A table saved by a spreadsheet in French is read as it was meant; columns that nobody knows are told."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.words import load_words
from backend.schemes.models import ImportRun, Revision, Scheme
from tests.schemes.ingestion.importers.rows import as_csv, current, import_file, last_line, make_row

pytestmark = pytest.mark.django_db
TABLES = Path(__file__).parent / "tables"
NAMES = ("Identifiant", "Nom", "Description", "Porteurs")
ROW = ("essai", "Aide d’essai", "Une aide inventée.", "Région Hauts-de-France")


@pytest.fixture
def run(tmp_path):
    def run(*rows, names=NAMES, **options):
        path = tmp_path / "tableau.csv"
        path.write_bytes("".join(f"{';'.join(row)}\r\n" for row in (names, *rows)).encode("cp1252"))
        return import_file("csv", path, **options)

    return run


def read(run, name, value):
    """Import a row with one more column."""
    output = run((*ROW, value), names=(*NAMES, name))
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 0", output
    return current("csv", "essai")


# -- files that LibreOffice saved in French (tests/schemes/ingestion/importers/tables)


@pytest.mark.parametrize("source", ["csv", "xlsx"])
def test_what_libreoffice_saved_in_french_is_read(source):
    path = TABLES / f"libreoffice.{source}"
    output = import_file(source, path)
    assert last_line(output) == "created 2, updated 0, unchanged 0, rejected 0"
    assert 'Colonnes non lues (1) : "Contact interne".' in output
    revision = current(source, "renovation-1")
    assert revision.name == "Aide à la rénovation – œuvre « été »"
    assert revision.summary == "L’aide finance 40 % des travaux ; à partir de 12 500 €."
    assert (revision.opens_on, revision.closes_on) == (date(2026, 1, 5), date(2026, 12, 31))
    assert (float(revision.spend_min_eur), float(revision.rate_max_pct)) == (12500.5, 40)
    assert [row.definition for row in revision.criteria.filter(from_text=False)] == [
        {"kind": "headcount", "at_most": 249},
        {"kind": "in_territory", "any_of": ["DEP-60"]},
    ]
    assert revision.criteria.filter(from_text=True).count() == 2
    formula = current(source, "formule")
    assert (formula.name, formula.summary) == ("=SOMME(A1;A2)", "+33 n’est pas un calcul")
    assert float(formula.ceiling_eur) == 1234567.89
    assert last_line(import_file(source, path)) == "created 0, updated 0, unchanged 2, rejected 0"


def test_the_fixture_is_what_windows_writes():
    content = (TABLES / "libreoffice.csv").read_bytes()
    assert "œuvre « été »".encode("cp1252") in content
    assert b";05/01/2026;31/12/2026;249;12500,5;" in content


# -- the template


def test_the_template_is_read_as_it_is(tmp_path, capsys):
    call_command("import_schemes", "csv", template=True)
    path = tmp_path / "modele.csv"
    path.write_text(capsys.readouterr().out, encoding="utf-8", newline="")
    output = import_file("csv", path)
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 0"
    assert "Colonnes non lues" not in output
    revision = current("csv", "pass-robot")
    assert (revision.kind, revision.preparation_days, revision.documents) == ("grant", 15, ["devis", "bilan"])
    assert (float(revision.ceiling_eur), float(revision.spend_min_eur), revision.duration) == (
        50000,
        12500.5,
        "12 mois",
    )
    assert revision.roles.get().operator.siren == "200053742"


def test_only_a_plain_table_has_a_template():
    with pytest.raises(CommandError, match="csv ou xlsx"):
        call_command("import_schemes", "schema-national", template=True)
    with pytest.raises(CommandError, match="Il manque le fichier"):
        call_command("import_schemes", "csv")


def test_no_name_is_that_of_two_columns():
    rows = load_words("tableau")["columns"]
    names = [name for row in rows for name in set(map(spelling, (row["name"], *row["also"])))]
    assert sorted(names) == sorted(set(names))
    assert len({row["into"] for row in rows}) == len(rows)


# -- columns


@pytest.mark.parametrize(
    "names", [("id", "Intitulé", "Résumé", "financeur"), ("CODE", "nom-du-dispositif", "Objet", "Organisme")]
)
def test_columns_may_have_other_names(run, names):
    assert last_line(run(ROW, names=names)) == "created 1, updated 0, unchanged 0, rejected 0"


def test_a_table_without_the_columns_that_are_needed_is_refused(run):
    with pytest.raises(CommandError, match=r"au moins Identifiant, Nom, Porteurs .*--template"):
        run(("a", "b"), names=("Nom", "Porteurs"))


def test_two_columns_that_say_one_thing_otherwise_are_told(run):
    output = run((*ROW, "Autre texte"), names=(*NAMES, "Résumé"))
    assert "Deux colonnes disent « Description »" in output
    assert last_line(output) == "created 0, updated 0, unchanged 0, rejected 1"


def test_a_file_of_the_national_schema_is_no_plain_table(tmp_path):
    path = tmp_path / "national.csv"
    path.write_text(as_csv([make_row()]))
    with pytest.raises(CommandError, match="schema-national"):
        import_file("csv", path)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2026", date(2026, 12, 31)),
        ("2026-12-31", date(2026, 12, 31)),
        ("46387", date(2026, 12, 31)),
        ("1er mai 2026", date(2026, 5, 1)),
    ],
)
def test_days_are_read_as_spreadsheets_write_them(run, text, day):
    revision = read(run, "Date de clôture", text)
    assert (revision.window_state, revision.closes_on) == (Revision.WindowState.DATED, day)


def test_without_an_end_the_window_is_not_known(run):
    assert read(run, "Date d’ouverture", "01/01/2026").window_state == Revision.WindowState.UNKNOWN


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12500,50", 12500.5),
        ("12 500,50 €", 12500.5),
        ("12\N{NO-BREAK SPACE}500", 12500),
        ("12.5", 12.5),
        ("0,5", 0.5),
    ],
)
def test_amounts_are_read_as_french_writes_them(run, text, amount):
    assert float(read(run, "Plafond (€)", text).ceiling_eur) == amount


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Plafond (€)", "beaucoup", '« Plafond (€) » vaut "beaucoup" ; attendu : un nombre'),
        ("Taux maximal (%)", "120", "100"),
        ("Taux maximal (%)", "40 €", "« Taux maximal (%) » vaut"),
        ("Plafond (€)", "40 %", "« Plafond (€) » vaut"),
        ("Effectif maximal", "dix", "« Effectif maximal »"),
        ("Date de clôture", "31/02/2026", "« Date de clôture »"),
        ("Territoire", "Atlantide", "« Territoire » contient"),
        ("Bénéficiaires", "particuliers", "Pas pour les entreprises"),
        ("Délai de préparation (jours)", "1,5", "un nombre entier de jours"),
        ("SIREN du porteur", "1", "n’existe pas"),
        ("Durée", "x" * 201, "200 caractères au plus"),
    ],
)
def test_what_cannot_be_read_is_told_by_the_name_of_its_column(run, name, value, told):
    assert told in run((*ROW, value), names=(*NAMES, name))


@pytest.mark.parametrize(
    ("text", "codes"),
    [("Oise", ["DEP-60"]), ("Hauts-de-France | Bretagne", ["REG-32", "REG-53"]), ("COM-60159", ["COM-60159"])],
)
def test_places_are_named_or_coded(run, text, codes):
    (row,) = read(run, "Territoire", text).criteria.exclude(definition__kind="manual")
    assert row.definition == {"kind": "in_territory", "any_of": codes}


def test_what_a_table_does_not_say_is_asked_and_never_taken_for_everywhere_or_everybody(run):
    run(ROW)
    asked = [row.definition for row in current("csv", "essai").criteria.all()]
    assert [row["kind"] for row in asked] == ["manual", "manual"]
    assert "à qui elle s’adresse" in asked[0]["sentence"]
    assert "ne dit pas où" in asked[1]["sentence"]
    run((*ROW, "France entière"), names=(*NAMES, "Territoire"))
    assert [row.definition["sentence"] for row in current("csv", "essai").criteria.all()] == [asked[0]["sentence"]]


def test_a_second_run_changes_nothing_and_a_changed_cell_makes_a_revision(run):
    run(ROW)
    assert last_line(run(ROW, dated="2026-09-01")) == "created 0, updated 0, unchanged 1, rejected 0"
    assert last_line(run(("essai", "Autre", *ROW[2:]))) == "created 0, updated 1, unchanged 0, rejected 0"


def test_a_workbook_that_people_wrote_is_read(tmp_path):
    book = Workbook()
    book.active.append(["Aides de 2026"])
    book.active.append([*NAMES, "Date de clôture", "Plafond (€)", "SIREN"])
    book.active.append([*ROW, date(2026, 12, 31), 1234.5, 200053742])
    path = tmp_path / "aides.xlsx"
    book.save(path)
    assert last_line(import_file("xlsx", path)) == "created 1, updated 0, unchanged 0, rejected 0"
    revision = current("xlsx", "essai")
    assert (revision.closes_on, float(revision.ceiling_eur)) == (date(2026, 12, 31), 1234.5)
    assert revision.roles.get().operator.siren == "200053742"


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("share", "number_format", "rate"),
    [
        (0.4, "0%", 40),
        (0.4, "0.00\\ %", 40),
        (0.07, "0.0%;[Red]-0.0%", 7),
        (0.125, "0%", 12.5),
        (1 / 3, "0.00%", 33.33),
        (1, "0%", 100),
        (40, '0"%"', 40),
        (40, "0\\%", 40),
        (0.4, "General", 0.4),
        ("40 %", "0%", 40),
    ],
)
def test_a_share_is_read_as_its_cell_shows_it(tmp_path, share, number_format, rate):
    book = Workbook()
    book.active.append([*NAMES, "Taux maximal (%)", "Montant"])
    book.active.append([*ROW, share, share])
    for cell in book.active[2][len(ROW) :]:
        cell.number_format = number_format
    path = tmp_path / "taux.xlsx"
    book.save(path)
    assert last_line(import_file("xlsx", path)) == "created 1, updated 0, unchanged 0, rejected 0"
    revision = current("xlsx", "essai")
    assert float(revision.rate_max_pct) == rate
    if "%" in number_format.replace('"%"', "").replace("\\%", ""):
        assert revision.amount_text.replace("\N{NO-BREAK SPACE}", " ") == f"{rate:g} %".replace(".", ",")


def test_what_is_shown_in_percent_is_no_number_of_people_nor_of_euros(tmp_path):
    book = Workbook()
    book.active.append([*NAMES, "Effectif maximal", "Plafond (€)"])
    book.active.append([*ROW, 0.4, None])
    book.active.append(["deux", *ROW[1:], None, 0.4])
    book.active["E2"].number_format = book.active["F3"].number_format = "0%"
    path = tmp_path / "taux.xlsx"
    book.save(path)
    output = import_file("xlsx", path)
    assert '« Effectif maximal » vaut "40 %"' in output
    assert '« Plafond (€) » vaut "40 %"' in output
    assert last_line(output) == "created 0, updated 0, unchanged 0, rejected 2"


def test_a_formula_without_a_value_refuses_its_row_and_the_others_go_in(tmp_path):
    book = Workbook()
    book.active.title = "Aides"
    book.active.append([*NAMES, "Taux maximal (%)"])
    book.active.append([*ROW, "=20*2"])
    book.active.append(["deux", *ROW[1:], 40])
    path = tmp_path / "formules.xlsx"
    book.save(path)
    output = import_file("xlsx", path)
    assert 'Feuille "Aides", ligne 2 : la cellule E2 contient une formule sans valeur enregistrée' in output
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 1"
    assert float(current("xlsx", "deux").rate_max_pct) == 40


def test_persons_named_in_a_workbook_are_left_out_and_that_is_told(tmp_path):
    book = Workbook()
    book.active.append([*NAMES, "Première démarche", "Remarques", "Conditions"])
    written = (
        "Écrire à prenom[at]domaine",
        "Votre interlocuteur : Jeanne Martin",
        "Voir Paul Durand, chargé de mission.",
    )
    book.active.append([*ROW, *written])
    book.active.append(["deux", *ROW[1:], "Écrire à la Région", "", ""])
    path = tmp_path / "personnes.xlsx"
    book.save(path)
    output = import_file("xlsx", path)
    assert "Nom, adresse ou téléphone de personnes non repris (1) : essai\n" in output
    revision = current("xlsx", "essai")
    kept = " ".join([revision.next_step, revision.notes, *(str(row.definition) for row in revision.criteria.all())])
    for name in ("prenom", "domaine", "Jeanne", "Martin", "Durand"):
        assert name not in kept
        assert name not in str(ImportRun.objects.get().report)
    assert "(nom non repris)" in revision.notes


def test_a_hostile_file_changes_nothing(run, tmp_path):
    run(ROW)
    path = tmp_path / "tableau.csv"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CommandError, match="Rien n’a été changé"):
        import_file("csv", path)
    assert Scheme.objects.of_source("csv").get().current.number == 1
