"""The command that brings another site's records in: good rows go in, bad rows are told, no firm sees any."""

import json
import re
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from backend.matchmaking import engine
from backend.matchmaking.answers import answer
from backend.matchmaking.match_input import Question
from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.editing.archiving import archive
from backend.schemes.models import Revision, Scheme
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.schemes.ingestion.importers.made_up import SOURCE, current, make_programme, run, with_texts
from tests.schemes.people import make_approver
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    return tmp_path / "programs.json"


def last_line(output):
    return output.rstrip("\n").split("\n")[-1]


def imported():
    return Scheme.objects.of_source(SOURCE)


# -- what a record becomes


def test_a_programme_becomes_a_draft_of_its_own_source_with_its_data_and_its_words_apart(path):
    programme = with_texts(
        "Votre toit regarde le sud.",
        company={"maxEmployees": "249", "allowedRegion": ["Hauts-de-France"], "allowedNafSections": ["C", "E"]},
        validity={"start": "01/01/2025", "end": "31/12/2026"},
        **{"début de validité": "01/01/2025", "fin de validité": "31/12/2026"},
    )
    output = run(path, [programme])
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 0"
    revision = current()
    assert (revision.scheme.state, revision.confidence) == (Scheme.State.DRAFT, Revision.Confidence.TO_VERIFY)
    assert (revision.window_state, revision.opens_on, revision.closes_on) == (
        "dated",
        date(2025, 1, 1),
        date(2026, 12, 31),
    )
    assert revision.targeted_naf == ["C", "E"]
    assert revision.level == Revision.Level.REGIONAL
    rows = [(row.definition["kind"], row.from_text, row.excerpt) for row in revision.criteria.all()]
    assert rows == [
        ("headcount", False, ""),
        ("in_territory", False, ""),
        ("manual", True, "Votre toit regarde le sud."),
    ]


def test_a_programme_names_its_page_on_the_site_and_the_day_of_the_file(path):
    run(path, [make_programme()], dated="2026-06-12")
    source = current().sources.get()
    assert source.url == "https://mission-transition-ecologique.beta.gouv.fr/aides-entreprise/essai"
    assert (source.dated, current().as_of) == ("2026-06-12", date(2026, 6, 12))


def test_without_another_day_the_file_is_of_the_day_it_was_last_changed(path):
    run(path, [make_programme()], dated=None)
    assert current().as_of >= date(2026, 1, 1)


@pytest.mark.parametrize("contact", ["mailto:prenom.nom@etat.example", "formulaire", "prenom.nom@etat.example"])
def test_nobody_s_address_is_kept_as_a_contact(path, contact):
    steps = [{"description": "Écrivez à prenom.nom@etat.example ou à M. Prénom Nom."}]
    run(path, [make_programme(**{"contact question": contact, "objectifs": steps})])
    record = json.dumps(read_record(current()), ensure_ascii=False)
    assert "@" not in record
    assert "Prénom" not in record
    assert current().contact_url == "https://mission-transition-ecologique.beta.gouv.fr/aides-entreprise/essai"


def test_what_is_shown_of_a_programme_is_clean_and_what_is_no_condition_is_noted(path):
    programme = make_programme(
        titre="  Aide\u200b &amp; <b>essai</b> ",
        description="**Gras** [lien](https://a.example)\\\nsuite",
        **{
            "ouvert aux administrations publiques": "oui",
            "coût de l'accompagnement": "Gratuit",
            "autres opérateurs": ["CCI", "ADEME"],
            "champs conditionnels": [{"une de ces conditions": ["région = Corse"], "Montant du dispositif": "350 €"}],
        },
    )
    programme["eligibilityData"]["priorityObjectives"] = ["energy", "water"]
    run(path, [programme])
    revision = current()
    assert revision.name == "Aide & essai"
    assert revision.summary == "Essayez une aide\n\nGras lien\nsuite"
    assert revision.amount_text == "Coût pour l’entreprise : Gratuit"
    assert [role.operator.name for role in revision.roles.all()] == ["ADEME", "CCI"]
    assert "Ouvert aussi aux administrations publiques." in revision.notes
    assert "performance énergétique, consommation d’eau" in revision.notes
    assert "région = Corse – Montant du dispositif\u00a0: 350 €" in revision.notes
    assert not revision.criteria.exists()


def test_what_an_imported_revision_says_can_be_read_again(path):
    run(path, [with_texts("Être loin.", company={"maxEmployees": "49"})])
    record = read_record(current())
    assert normalise(record) == record
    assert differences(record, record) == []
    assert [row.get("from_text") for row in record["criteria"]] == [None, True]


def test_what_comes_from_the_text_only_is_marked_where_two_versions_are_compared(path):
    run(path, [with_texts("Être loin.")])
    record = read_record(current())
    as_data = {**record, "criteria": [{**row, "from_text": False} for row in record["criteria"]]}
    (difference,) = differences(as_data, record)
    assert difference.after[0].endswith("[tiré du seul texte]")


def test_a_programme_is_filed_as_its_site_files_it_and_projects_stay_without_their_file(path, tmp_path):
    projects = tmp_path / "projects.json"
    projects.write_text(json.dumps([{"slug": "velo", "programs": ["essai", "autre"]}, {"slug": "friches"}]))
    programme = make_programme()
    programme["eligibilityData"]["priorityObjectives"] = ["mobility"]
    run(path, [programme], projects=projects)
    assert imported().get().labels == ["nature:étude", "objective:mobility", "project:velo"]
    run(path, [make_programme()])
    assert imported().get().labels == ["nature:étude", "project:velo"]
    projects.write_text("[]")
    run(path, [make_programme()], projects=projects)
    assert imported().get().labels == ["nature:étude"]


def test_a_strange_objective_never_keeps_a_programme_out(path):
    programme = make_programme()
    programme["eligibilityData"]["priorityObjectives"] = ["x" * 500, "nul\0"]
    assert last_line(run(path, [programme])) == "created 1, updated 0, unchanged 0, rejected 0"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('["velo"]', 'projet 1 : le projet est "velo"'),
        ('[{"slug": "velo"}, {"programs": []}]', "projet 2 : « slug » vaut null"),
        ('[{"slug": "velo", "programs": "essai"}]', 'projet 1 : « programs » vaut "essai"'),
        ("{}", "attendu : une liste"),
    ],
)
def test_projects_that_cannot_be_read_change_nothing(content, told, path, tmp_path):
    projects = tmp_path / "projects.json"
    projects.write_text(content)
    with pytest.raises(CommandError, match=re.escape(told)):
        run(path, [make_programme()], projects=projects)
    assert not imported().exists()


# -- again, changed, gone


def test_the_same_file_changes_nothing_even_on_another_day(path):
    run(path, [make_programme(), with_texts("Être loin.") | {"id": "deux"}])
    output = run(path, [with_texts("Être loin.") | {"id": "deux"}, make_programme()], dated="2026-09-01")
    assert last_line(output) == "created 0, updated 0, unchanged 2, rejected 0"
    assert Revision.objects.filter(scheme__source=SOURCE).count() == 2


def test_a_record_that_changed_makes_a_revision(path):
    run(path, [make_programme(), make_programme("deux")])
    output = run(path, [make_programme(titre="Autre"), make_programme("deux")])
    assert last_line(output) == "created 0, updated 1, unchanged 1, rejected 0"
    assert (current().number, current().name) == (2, "Autre")


def test_a_record_that_left_the_file_stays_and_is_told(path):
    run(path, [make_programme(), make_programme("deux")])
    output = run(path, [make_programme()], yes=True)
    assert "Absentes du fichier, gardées (1) : deux" in output
    assert imported().count() == 2


def test_a_record_that_became_unreadable_keeps_its_last_revision_and_is_not_gone(path):
    run(path, [make_programme()])
    output = run(path, [make_programme(company={"maxEmployees": "vingt"})])
    assert "Absentes du fichier" not in output
    assert current().number == 1


def test_an_archived_record_stays_so(path):
    run(path, [make_programme()])
    archive(scheme=imported().get(), approver=make_approver(), reason="Terminé.")
    run(path, [make_programme(titre="Autre")])
    assert imported().get().state == Scheme.State.ARCHIVED


def test_a_dry_run_tells_and_keeps_nothing(path):
    output = run(path, [make_programme(), 12], dry_run=True)
    assert "Essai : rien n’a changé dans le catalogue ; seul ce compte rendu est gardé." in output
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 1"
    assert not imported().exists()


# -- bad rows and bad files


@pytest.mark.cases(6)
@pytest.mark.parametrize(
    ("row", "told"),
    [
        (12, "fiche 2 : La fiche est 12 ; attendu : un objet JSON."),
        (None, "La fiche est null"),
        ({}, "« id » vaut null ; attendu : des lettres minuscules"),
        (make_programme(" "), "« id » vaut"),
        ({**make_programme(), "id": 7}, "« id » vaut 7"),
        (make_programme("a" * 121), "« id » vaut"),
        (make_programme("bon"), 'fiche 2 (bon) : « id » vaut "bon", déjà donné à la fiche 1'),
        (make_programme(titre=""), '« titre » vaut "" ; attendu : un texte.'),
        (make_programme(titre="x" * 300), "name : "),
        (make_programme(**{"nature de l'aide": "don"}), "attendu : « étude » ou « financement »"),
        (make_programme(company={"allowedRegion": ["Atlantide"]}), 'contient "Atlantide", un nom inconnu'),
        (make_programme(company={"maxEmployees": "vingt"}), 'maxEmployees » vaut "vingt"'),
        (make_programme(validity={"end": "31/02/2026"}), 'vaut "31/02/2026" ; attendu : une date qui existe'),
        (make_programme(validity={"start": "02/01/2026", "end": "01/01/2026"}), "Dates inversées"),
        (make_programme(eligibilityData=None), "« eligibilityData » vaut null"),
        (make_programme(objectifs=["x"]), "« objectifs » vaut"),
        (make_programme(description=12), "« description » vaut 12"),
        (make_programme(**{"opérateur de contact": "\u200b"}), "« opérateur de contact » vaut"),
        (make_programme(**{"autres opérateurs": ["x" * 201]}), "attendu : un nom de 200 caractères au plus"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_bad_row_is_told_with_its_number_and_the_others_go_in(path, row, told):
    output = run(path, [make_programme("bon"), row, make_programme("bon-aussi")])
    assert told in output
    assert "fiche 2" in output
    assert last_line(output) == "created 2, updated 0, unchanged 0, rejected 1"
    assert sorted(imported().values_list("source_key", flat=True)) == ["bon", "bon-aussi"]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "n’est pas du JSON : il est incomplet ou mal formé dès le début."),
        ("{", "n’est pas du JSON"),
        ("[{}", "n’est pas du JSON : il est incomplet ou mal formé après la fiche 1. Rien n’a été changé."),
        ('{"id": "a"}', "attendu : une liste de fiches"),
        ("null", "attendu : une liste de fiches"),
        ("[" * 100_000, "n’est pas du JSON"),
        ("[" + "9" * 5000 + "]", "n’est pas du JSON"),
    ],
    ids=lambda value: value[:20],
)
def test_a_bad_file_changes_nothing(path, content, told):
    run(path, [make_programme()])
    with pytest.raises(CommandError, match="Rien n’a été changé") as caught:
        run(path, content)
    assert told in str(caught.value)
    assert current().number == 1


def test_a_file_that_is_absent_or_not_in_utf_8_is_refused(path):
    with pytest.raises(CommandError, match="ne peut pas être lu"):
        call_command("import_schemes", SOURCE, path)
    path.write_bytes(b'[{"id": "\xe9"}]')
    with pytest.raises(CommandError, match="n’est pas en UTF-8"):
        call_command("import_schemes", SOURCE, path)


def test_a_source_that_nobody_reads_is_refused(path):
    with pytest.raises(CommandError, match="nulle-part"):
        call_command("import_schemes", "nulle-part", path)


def test_a_day_that_is_none_is_refused(path):
    with pytest.raises(CommandError, match="--dated vaut 12/06/2026"):
        run(path, [], dated="12/06/2026")


def test_a_file_without_records_is_read(path):
    assert last_line(run(path, [])) == "created 0, updated 0, unchanged 0, rejected 0"


def test_contradictions_are_told_by_record_and_kept_for_officers(path):
    programme = with_texts("Toutes tailles", heading="taille de l'entreprise", company={"maxEmployees": "499"})
    told = "« Toutes tailles », mais les données disent au plus 499 ; les données décident."
    assert f"À vérifier (1 fiche) :\n  essai : {told}" in run(path, [programme])
    assert told in current().notes.replace("\u00a0", " ")


# -- who sees it


@pytest.fixture
def record(path):
    """Import a programme that any firm may have, under a name that stands nowhere else."""
    run(path, [make_programme(titre="Zzz importée", description="Xylophone importé.", validity={"end": "31/12/2099"})])
    return imported().get()


def test_an_imported_record_is_ranked_in_its_own_source_only(record):
    ((match,),) = engine.rank([engine.Request(facts={}, on=DAY)], compiled=engine.catalogue(SOURCE))
    assert (match.scheme_key, match.typed, match.targeted) == (f"{SOURCE}:essai", "eligible", "yes")
    (ours,) = engine.rank([engine.Request(facts={}, on=DAY)])
    assert match.scheme_key not in [item.scheme_key for item in ours]


def test_no_firm_sees_an_imported_record(record, client, settings):
    submission = make_submission(needs=(), text="Zzz importée xylophone")
    assert not submission.results.get().matches.filter(scheme=record).exists()
    assert "Zzz importée" not in text_of(client.get(f"/resultat/{link_to(submission)}/"))


def test_the_public_api_does_not_know_an_imported_record(record, client):
    listed = client.get("/api/v1/schemes/", {"search": "Zzz", "page_size": 100})
    assert listed.status_code == 200
    assert "importée" not in listed.content.decode()
    for key in (record.source_key, record.key):
        assert client.get(f"/api/v1/schemes/{key}/").status_code == 404
    question = Question(id=None, on=DAY, facts={}, needs=(), text="")
    cards = answer(question, limit=1000).cards
    assert len(cards) > 100
    assert record.key not in [card.match.scheme.key for card in cards]


def test_officers_neither_find_nor_add_an_imported_record(record, client, settings):
    submission = make_submission(confirmed=True)
    client.force_login(make_officer())
    assert "Zzz importée" not in text_of(client.get("/agent/catalogue/", {"q": "Zzz"}))
    assert client.get(f"/agent/catalogue/{record.pk}/").status_code == 404
    assert "Xylophone" not in text_of(client.get(f"/agent/{submission.pk}/ajouter/", {"q": "Zzz"}))
    client.post(f"/agent/{submission.pk}/avis/{record.pk}/", {"verdict": "kept"})
    assert not submission.reviews.filter(scheme=record).exists()
