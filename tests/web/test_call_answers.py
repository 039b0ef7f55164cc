"""The call sheet takes all that was answered during one call, at once; what it refuses keeps nothing else back."""

import re

import pytest

from backend.companies.models import Fact
from backend.matchmaking.closing import close_file
from backend.matchmaking.services import correct_submission, decline_question
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MISSING = ("headcount", "turnover", "group", "created_on", "project.started")
UNREADABLE = {"headcount": "beaucoup", "headcount_band": ""}
ANSWERS = {
    "headcount": {"headcount": "35", "headcount_band": ""},
    "project.started": {"started": "no"},
    "project.spend_kinds": {"spend_kinds": ["equipment"]},
    "turnover": {"turnover_band": "2000000,10000000"},
    "created_on": {"created_on": "2009-03-16"},
    "group": {"independent": "yes"},
    "taxes_up_to_date": {"taxes_up_to_date": "yes"},
    "in_difficulty": {"in_difficulty": "no"},
}


@pytest.fixture
def submission():
    return make_submission(needs=("numerique.robot",), without=MISSING, confirmed=True)


@pytest.fixture
def sheet(client, submission):
    client.force_login(make_officer())
    return f"/agent/{submission.pk}/appel/"


def names_on(client, sheet):
    return [one.question.name for one in client.get(sheet).context["asked"]]


def sent(names, *answered, **more):
    """Return what the one form of the page sends: its questions, and the answers to some of them."""
    fields = {"question": names}
    for name in answered:
        fields |= ANSWERS[name]
    return {**fields, **more}


def test_what_was_not_asked_yet_is_told_from_what_the_firm_does_not_know(client, submission, sheet):
    page = text_of(client.get(sheet))
    assert "Pas encore demandé" in page
    assert "L’entreprise ne sait pas, ne plus le demander" in page
    assert "Je ne sais pas" not in page
    refused = client.post(sheet, sent(names_on(client, sheet), "headcount", **UNREADABLE))
    assert refused.status_code == 422
    assert "Je ne sais pas" not in text_of(refused)
    assert "Je ne sais pas" in text_of(client.get(f"/resultat/{link_to(submission)}/"))  # there the firm says it


@pytest.mark.cases(1)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_all_that_was_answered_is_noted_together(client, submission, sheet, headers):
    names = names_on(client, sheet)
    page = client.post(sheet, sent(names, *names), headers=headers, follow=True)
    assert page.status_code == 200
    assert text_of(page).count("C’est noté") == 1
    known = submission.sheet.current()
    assert {known[name].origin for name in names} == {Fact.Origin.OFFICER}
    assert submission.sheet.declined() == set()
    assert not set(names) & {one.question.name for one in page.context["asked"]}


def test_the_page_is_one_form_with_one_button_that_saves(client, sheet):
    page = client.get(sheet).content.decode()
    body = page[page.index('<div id="fiche-appel">') :]
    assert body.count("<form") == 1
    assert body.count("Enregistrer les réponses") == 1
    assert body.count('name="question"') == 3


@pytest.mark.cases(1)
@pytest.mark.parametrize(("button", "page"), [("dossier", ""), ("etape", "partie/etape/")])
def test_a_button_that_leaves_the_sheet_saves_its_answers_first(client, submission, sheet, button, page):
    names, away = names_on(client, sheet), f"/agent/{submission.pk}/{page}"
    assert f'value="{button}"' in client.get(sheet).content.decode()
    refused = client.post(sheet, sent(names, "headcount", puis=button, **UNREADABLE))
    assert (refused.status_code, submission.sheet.values().get("headcount")) == (422, None)
    left = client.post(sheet, sent(names, "headcount", puis=button))
    assert (left.url, submission.sheet.values()["headcount"]) == (away, 35)
    assert "rien n’est noté" not in text_of(client.post(sheet, sent(names, puis=button), follow=True))
    if button == "dossier":
        by_script = client.post(sheet, sent(names, puis=button), headers=HTMX)
        assert by_script["HX-Redirect"] == away


def test_what_was_not_answered_is_asked_again_and_the_rest_is_noted(client, submission, sheet):
    first, *others = names_on(client, sheet)
    client.post(sheet, sent([first, *others], first))
    assert first in submission.sheet.values()
    assert submission.sheet.declined() == set()


@pytest.mark.cases(1)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_wrong_answer_is_refused_beside_its_field_and_the_others_are_noted(client, headers):
    submission = make_submission(confirmed=True, without=("headcount", "created_on", "turnover"))
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    names = names_on(client, sheet)
    good = [name for name in names if name in ANSWERS and name != "headcount"]
    assert "headcount" in names
    assert good
    page = client.post(sheet, sent(names, *good, **UNREADABLE), headers=headers)
    assert page.status_code == 422
    text = text_of(page)
    assert text.count("Écrivez un nombre de salariés") == 1
    n = len(good)
    assert f"{n} réponse{'s' * (n > 1)} notée{'s' * (n > 1)}, 1 à corriger." in text
    assert 'value="beaucoup"' in page.content.decode()
    known = submission.sheet.values()
    assert set(good) <= known.keys()
    assert "headcount" not in known
    assert "headcount" not in submission.sheet.declined()


def test_the_firm_may_know_one_answer_and_not_another(client, submission, sheet):
    known, unknown, *_others = names_on(client, sheet)
    page = client.post(sheet, sent([known, unknown], known, unknown=unknown), follow=True)
    assert "C’est noté" in text_of(page)
    assert known in submission.sheet.values()
    assert submission.sheet.declined() == {unknown}
    assert unknown not in names_on(client, sheet)


def test_a_condition_is_a_yes_a_no_or_not_known(client, submission):
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    conditions = []
    while len(conditions) < 2:
        names = names_on(client, sheet)
        conditions = [name for name in names if name.startswith("answer:")]
        client.post(sheet, {"question": names, "unknown": [name for name in names if name not in conditions]})
    yes, unknown = conditions[:2]
    client.post(sheet, {"question": [yes, unknown], yes: "yes", unknown: "unknown"})
    assert submission.sheet.values()[yes] is True
    assert submission.sheet.declined() >= {unknown}
    assert unknown not in submission.sheet.values()


def test_nothing_answered_notes_nothing_and_says_so(client, submission, sheet):
    n_facts = submission.sheet.facts.count()
    page = client.post(sheet, sent(names_on(client, sheet)), follow=True)
    assert "Aucune réponse n’est remplie : rien n’est noté." in text_of(page)
    assert submission.sheet.facts.count() == n_facts


def test_one_more_row_keeps_all_that_was_typed_and_notes_nothing(client, submission, sheet):
    names = names_on(client, sheet)
    assert "group" in names
    assert "headcount" in names
    fields = sent(names, add_row="1", independent="no", headcount="35")
    page = client.post(sheet, fields, headers=HTMX)
    assert page.status_code == 200
    assert 'value="35"' in page.content.decode()
    assert not {"group", "headcount"} & submission.sheet.values().keys()


def test_a_commune_outside_is_refused_and_the_other_answers_are_noted(client):
    submission = make_submission(facts={}, without=("commune", "headcount"), confirmed=True)
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    page = client.post(sheet, sent(["commune", "headcount"], "headcount", commune="Beauvais (60057)"))
    assert page.status_code == 422
    assert "Cette commune est hors du territoire : cette réponse n’est pas notée." in text_of(page)
    known = submission.sheet.values()
    assert known["headcount"] == 35
    assert "commune" not in known


@pytest.mark.cases(1)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_answer_and_that_it_is_not_known_are_refused_together_and_kept(client, submission, sheet, headers):
    names = names_on(client, sheet)
    assert "headcount" in names
    page = client.post(sheet, sent(names, "headcount", unknown="headcount"), headers=headers)
    assert page.status_code == 422
    text = text_of(page)
    assert text.count("Une réponse, et « L’entreprise ne sait pas » : gardez l’une des deux.") == 1
    assert "Aucune réponse notée, 1 à corriger." in text
    (asked,) = [one for one in page.context["asked"] if one.question.name == "headcount"]
    assert asked.is_unknown
    assert asked.form["headcount"].value() == "35"
    assert "headcount" not in submission.sheet.values()
    assert "headcount" not in submission.sheet.declined()


def test_what_a_colleague_answered_meanwhile_is_named_and_what_was_typed_stays_in_sight(client, submission, sheet):
    colleague = make_officer(first_name="Sophie", last_name="Carlier")
    names = names_on(client, sheet)
    assert "headcount" in names
    correct_submission(submission=submission, facts={"headcount": 12.0}, on=DAY, author=colleague)
    page = client.post(sheet, sent(names, "headcount"), follow=True)
    text = text_of(page)
    assert "Effectif : Sophie Carlier a noté 12 salariés ; vous aviez 35 salariés." in " ".join(text.split())
    assert f'/agent/{submission.pk}/partie/fait/?fait=headcount"' in page.content.decode()
    assert submission.sheet.values()["headcount"] == 12


@pytest.mark.slow
def test_what_was_not_typed_or_is_the_same_is_not_said_to_be_late(client, submission, sheet):
    colleague = make_officer(first_name="Sophie", last_name="Carlier")
    names = names_on(client, sheet)
    correct_submission(submission=submission, facts={"headcount": 35.0}, on=DAY, author=colleague)
    blank = {"headcount": "", "headcount_band": ""}
    for typed in (sent(names, "headcount"), sent(names, **blank)):
        assert "Sophie Carlier" not in text_of(client.post(sheet, typed, follow=True))


def test_that_it_is_not_known_is_said_to_be_late_too(client, submission, sheet):
    colleague = make_officer(first_name="Sophie", last_name="Carlier")
    names = names_on(client, sheet)
    decline_question(submission=submission, question="headcount", on=DAY, author=colleague)
    text = text_of(client.post(sheet, sent(names, "headcount"), follow=True))
    assert "Effectif : Sophie Carlier a noté que l’entreprise ne sait pas ; vous aviez 35 salariés." in text


@pytest.mark.cases(1)
@pytest.mark.parametrize("name", ["answer:rien", "scheme:own:rien", "rien"])
def test_an_answer_to_what_never_was_a_question_notes_nothing(client, submission, sheet, name):
    n_facts = submission.sheet.facts.count()
    page = client.post(sheet, {"question": name, name: "yes", "unknown": name}, follow=True)
    assert page.status_code == 200
    assert submission.sheet.facts.count() == n_facts


def test_a_wrong_figure_of_the_group_is_said_once(client, submission, sheet):
    names = names_on(client, sheet)
    assert "group" in names
    row = {f"group-0-{name}": "" for name in ("name", "share", "headcount", "turnover", "balance_sheet")}
    page = client.post(sheet, sent(names, independent="no", **row | {"group-0-headcount": "beaucoup"}))
    assert page.status_code == 422
    assert text_of(page).count("Écrivez un nombre") == 1


def test_only_what_reads_otherwise_is_said_to_change(client, submission, sheet):
    names = names_on(client, sheet)
    text = text_of(client.post(sheet, sent(names, names[0]), follow=True))
    changes = re.findall(r" : ([^:;→]+) → ([^;.]+)", text)
    assert all(was.strip() != is_now.strip() for was, is_now in changes)


@pytest.mark.cases(1)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_sheet_of_a_closed_file_says_that_an_answer_opens_it_again(client, submission, sheet, headers):
    colleague = make_officer(first_name="Sophie", last_name="Carlier")
    assert "Noter une réponse le rouvre" not in text_of(client.get(sheet))
    close_file(submission=submission, officer=colleague, reason="helped")
    assert "Dossier clos par Sophie Carlier" in text_of(client.get(sheet))
    names = names_on(client, sheet)
    page = client.post(sheet, sent(names), headers=headers, follow=True)
    assert "Noter une réponse le rouvre" in text_of(page)  # nothing was noted
    page = client.post(sheet, sent(names, names[0]), headers=headers, follow=True)
    assert "Le dossier est rouvert." in text_of(page)
    assert "Noter une réponse le rouvre" not in text_of(page)
    submission.refresh_from_db()
    assert submission.closed_at is None
