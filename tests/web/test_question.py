"""The best question on the firm's page and on the officer's: what it promises, what answering it does."""

import html
import json
import re

import pytest

from backend.companies.models import Fact
from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import Match
from backend.matchmaking.questions import NextQuestion
from backend.matchmaking.standing import asked_of_the_firm
from tests.factories import link_to, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ROBOT = ("numerique.robot",)


@pytest.fixture
def submission():
    missing = ("headcount", "turnover", "group", "created_on", "project.started")
    return make_submission(needs=ROBOT, without=missing, confirmed=True)


def page_of(submission):
    return f"/resultat/{link_to(submission)}/"


def asked_on(client, submission):
    return client.get(page_of(submission)).context["asked"]


def send(client, submission, **answer):
    return client.post(f"{page_of(submission)}question/", answer)


def undecided(submission):
    result = submission.results.first()
    return set(
        result.matches.filter(addresses=True, typed=Match.Verdict.UNDECIDED)
        .exclude(eligibility=Match.Verdict.INELIGIBLE)
        .values_list("scheme__source_key", flat=True)
    )


ANSWERS = {
    "headcount": {"headcount": "35"},
    "project.started": {"started": "no"},
    "turnover": {"turnover_band": "2000000,10000000"},
    "created_on": {"created_on": "2009-03-16"},
    "group": {"independent": "yes"},
    "taxes_up_to_date": {"taxes_up_to_date": "yes"},
    "in_difficulty": {"in_difficulty": "no"},
    "project.spend_kinds": {"spend_kinds": ["equipment"]},
}


HANDLED = {"200": True, "204": False, "302": True, "422": True, "403": False, "404": False, "500": False}


def test_the_page_asks_one_question_says_why_and_what_it_settles(client, submission):
    response = client.get(page_of(submission))
    question = response.context["asked"].question
    text = text_of(response)
    assert "La question la plus utile" in text
    assert question.question in text
    open_to_it = [match for match in submission.results.first().answering if asked_of_the_firm(match)]
    assert f"La réponse peut trancher {question.n_can_settle} des {len(open_to_it)} dispositifs" in text
    assert f"C’est une condition de : {question.why[0]}" in text
    assert 0 < question.n_can_settle <= question.n_undecided == len(open_to_it)
    assert undecided(submission) <= {match.scheme.source_key for match in open_to_it}


@pytest.mark.slow
def test_answering_until_nothing_is_asked_records_facts_and_ends(client, submission):
    seen = []
    while (asked := asked_on(client, submission)) and asked.question.name in ANSWERS:
        name = asked.question.name
        assert name not in seen
        seen.append(name)
        response = send(client, submission, question=name, **ANSWERS[name])
        assert response["Location"].endswith("/#question")
        fact = submission.sheet.current()[name]
        assert fact.origin == Fact.Origin.DECLARED
    assert {"headcount", "group", "turnover"} <= set(seen)
    assert asked is None or asked.question.name.startswith("answer:")
    assert undecided(submission) <= {match.scheme.source_key for match in waiting_for_others(submission)}


def waiting_for_others(submission):
    matches = submission.results.first().matches.filter(typed=Match.Verdict.UNDECIDED).select_related("scheme")
    return [match for match in matches if {"window", "commune"} & set(match.unknown)]


def test_not_knowing_is_kept_and_the_next_question_is_asked(client, submission):
    asked = asked_on(client, submission)
    before = submission.results.first().pk
    response = client.post(
        f"{page_of(submission)}question/", {"question": asked.question.name, "skip": "1"}, follow=True
    )
    assert "C’est noté" in text_of(response)
    assert response.context["asked"].question.name != asked.question.name
    fact = submission.sheet.facts.get(name__startswith=Fact.DECLINED)
    assert (fact.name, fact.origin) == (f"declined:{asked.question.name}", "declared")
    assert fact.name not in submission.sheet.values()
    assert submission.results.first().pk == before


def test_an_answer_is_a_fact_and_an_empty_one_that_one_does_not_know(client, submission):
    first = asked_on(client, submission).question.name
    assert send(client, submission, question=first, **ANSWERS[first])["Location"].endswith("/#question")
    assert submission.sheet.current()[first].origin == Fact.Origin.DECLARED
    second = asked_on(client, submission).question.name
    assert second != first
    send(client, submission, question=second)
    assert submission.sheet.declined() == {second}


def test_a_sole_trader_of_the_register_can_answer_that_it_is_not_under_the_micro_regime(client):
    trader = {"facts": {"legal_category": "1000"}, "without": ("micro_entrepreneur",), "confirmed": True}
    submission = make_submission(needs=("innovation.rd",), **trader)
    other = make_submission(needs=("innovation.rd",), **trader, company_name="Autre", email="autre@firm.example")
    assert "micro_entrepreneur" not in submission.sheet.values()
    send(client, submission, question="legal_category", legal_form="10")
    assert submission.sheet.values()["micro_entrepreneur"] is False
    assert submission.sheet.declined() == set()
    assert "micro_entrepreneur" not in other.sheet.values()


def test_an_answer_that_cannot_be_read_is_shown_again_with_what_is_wrong(client, submission):
    skipped = []
    while (asked := asked_on(client, submission)).question.name != "headcount":
        skipped.append(asked.question.name)
        send(client, submission, question=asked.question.name, skip="1")
    response = send(client, submission, question="headcount", headcount="douze")
    assert response.status_code == 422
    assert "Écrivez un nombre de salariés" in text_of(response)
    assert 'value="douze"' in response.content.decode()
    assert "headcount" not in submission.sheet.values()


@pytest.mark.cases(1)
@pytest.mark.parametrize("name", ["", "project.horizon", "answer:unheard_of", "declined:x", "\ud7ff"])
def test_an_answer_to_what_is_not_asked_is_not_taken(client, submission, name):
    n_facts = submission.sheet.facts.count()
    for sent in ({"skip": "1"}, {"value": "yes"}, {"horizon": "later"}):
        assert send(client, submission, question=name, **sent).status_code == 302
        text = text_of(client.get(page_of(submission)))
        assert "Cette question n’est plus posée : rien de plus n’a été noté." in text
        assert "C’est noté" not in text
    assert submission.sheet.facts.count() == n_facts


def test_a_statement_is_put_as_a_question_and_is_the_case_or_is_not(client):
    submission = make_submission(needs=ROBOT, facts={"balance_sheet": [2_000_001, 10_000_000], "group": []})
    while (asked := asked_on(client, submission)).form:
        send(client, submission, question=asked.question.name, skip="1")
    page = client.get(page_of(submission))
    assert re.fullmatch(r"Est-ce exact \? «\s.+[^.]\s»", asked.question.question)
    assert asked.question.question in html.unescape(page.content.decode())
    buttons = re.findall(r'name="value"\s+value="(yes|no)">([^<]+)<', page.content.decode())
    assert set(buttons) == {("yes", "C’est le cas"), ("no", "Ce n’est pas le cas")}


@pytest.mark.slow
def test_once_facts_are_known_the_firm_is_asked_what_only_a_person_can_check(client):
    submission = make_submission(needs=ROBOT, facts={"balance_sheet": [2_000_001, 10_000_000], "group": []})
    seen = []
    while (asked := asked_on(client, submission)) and not asked.question.name.startswith("answer:"):
        seen.append(asked.question.name)
        send(client, submission, question=asked.question.name, skip="1")
    assert asked is not None
    assert asked.form is None
    send(client, submission, question=asked.question.name, value="yes")
    assert submission.sheet.values()[asked.question.name] is True
    after = asked_on(client, submission)
    assert after is None or after.question.name != asked.question.name


def test_an_officer_asks_three_questions_on_the_telephone(client, submission):
    officer = make_officer()
    client.force_login(officer)
    write_note(submission=submission, author=officer, audience="internal", text="Il rappelle mardi.")
    record_step(submission=submission, officer=officer, step="contacted", note="au téléphone")
    sheet = f"/agent/{submission.pk}/appel/"
    assert f'href="{sheet}"' in client.get(f"/agent/{submission.pk}/").content.decode()
    response = client.get(sheet)
    asked = response.context["asked"]
    assert len(asked) == 3
    assert len({one.question.name for one in asked}) == 3
    assert "window" in {question.name for question in response.context["of_others"]}
    asking = [one.question.question for one in asked]
    for said in (submission.contact.phone, "Il rappelle mardi.", "au téléphone", *asking):
        assert said in text_of(response)
    name = asked[0].question.name
    response = client.post(sheet, {"question": name, **ANSWERS[name]})
    assert response["Location"] == sheet
    fact = submission.sheet.current()[name]
    assert (fact.origin, fact.author) == (Fact.Origin.OFFICER, officer)
    after = client.get(sheet)
    assert "C’est noté" in text_of(after)
    assert name not in {one.question.name for one in after.context["asked"]}


def test_an_answer_on_the_telephone_changes_the_words_in_place(client, submission):
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    before = client.get(sheet).context
    name = before["asked"][0].question.name
    response = client.post(sheet, {"question": name, **ANSWERS[name]}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "C’est noté" in text_of(response)
    words = {card.match.scheme_id: card.standing for card in response.context["firm_reads"].cards}
    assert words == {card.match.scheme_id: card.standing for card in client.get(sheet).context["firm_reads"].cards}
    assert name not in {one.question.name for one in response.context["asked"]}


@pytest.mark.slow
def test_what_one_does_not_know_is_not_asked_again(client, submission):
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    first, *others = [one.question.name for one in client.get(sheet).context["asked"]]
    client.post(sheet, {"question": first, "unknown": first})
    left = [one.question.name for one in client.get(sheet).context["asked"]]
    assert left[: len(others)] == others
    assert first not in left


def test_an_answer_that_cannot_be_read_comes_back_with_what_was_typed(client):
    submission = make_submission(confirmed=True, without=("headcount",))
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    assert "headcount" in [one.question.name for one in client.get(sheet).context["asked"]]
    response = client.post(sheet, {"question": "headcount", "headcount": "beaucoup", "headcount_band": ""})
    assert response.status_code == 422
    assert 'value="beaucoup"' in response.content.decode()


@pytest.mark.cases(1)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_answer_to_what_was_asked_before_says_that_it_is_not_taken(client, submission, headers):
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    name = client.get(sheet).context["asked"][0].question.name
    client.post(sheet, {"question": name, "unknown": name}, headers=headers, follow=True)
    n_facts = submission.sheet.facts.count()
    page = client.post(sheet, {"question": name, **ANSWERS[name]}, headers=headers, follow=True)
    assert "vous avez noté que l’entreprise ne sait pas ; vous aviez " in text_of(page)
    assert "C’est noté" not in text_of(page)
    assert submission.sheet.facts.count() == n_facts


def test_a_refused_answer_on_the_telephone_is_a_part_that_htmx_puts_in_place(client):
    submission = make_submission(confirmed=True, without=("headcount",))
    client.force_login(make_officer())
    sheet = f"/agent/{submission.pk}/appel/"
    meta = re.search(r"name=\"htmx-config\"\s+content='([^']+)'", client.get(sheet).content.decode())
    handling = json.loads(meta[1])["responseHandling"]
    taken = {code: next(one for one in handling if re.fullmatch(one["code"], code)) for code in HANDLED}
    assert {code: one["swap"] for code, one in taken.items()} == HANDLED
    sent = {"question": "headcount", "headcount": "beaucoup", "headcount_band": ""}
    response = client.post(sheet, sent, headers={"HX-Request": "true"})
    assert response.status_code == 422
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="fiche-appel">')
    assert "Écrivez un nombre de salariés" in text_of(response)
    assert 'value="beaucoup"' in page


def test_an_answer_after_the_session_ended_leads_the_whole_page_to_sign_in(client, submission):
    sheet = f"/agent/{submission.pk}/appel/"
    response = client.post(sheet, {"question": "headcount", "unknown": "headcount"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/compte/connexion/?next=/agent/non-envoye/"
    assert not response.content


def test_an_officer_of_elsewhere_answers_nothing(client, submission):
    client.force_login(make_officer("CC2V"))
    n_facts = submission.sheet.facts.count()
    sent = {"question": "headcount", "headcount": "12"}
    assert client.post(f"/agent/{submission.pk}/appel/", sent).status_code == 404
    assert client.get(f"/agent/{submission.pk}/appel/").status_code == 404
    assert submission.sheet.facts.count() == n_facts


def test_a_no_says_what_would_change_it(client):
    submission = make_submission(needs=("cyber.equipement",), facts={"project.spend": 900.0, "group": []})
    path = page_of(submission)
    rows = client.get(f"{path}tous/", {"voir": "tout", "statut": "ineligible"}).context["page"].paginator.object_list
    pages = [
        client.get(f"{path}dispositif/{row.match.scheme_id}/")
        for row in rows
        if row.match.addresses and row.standing == "ineligible"
    ]
    told = [page.context["card"] for page in pages if page.context["card"].possible_if]
    assert told
    for page in pages:
        if change := page.context["card"].possible_if:
            assert " ".join(f"Vous pourriez y prétendre {change}.".split()) in text_of(page)
    assert any("si le projet coûtait au moins" in card.possible_if for card in told)


@pytest.mark.parametrize(
    ("n_can_settle", "n_waiting", "n_undecided", "expected"),
    [
        (1, 1, 1, "La réponse peut trancher le dernier dispositif à préciser."),
        (6, 7, 9, "La réponse peut trancher 6 des 9 dispositifs à préciser."),
        (0, 3, 9, "La réponse compte pour 3 des 9 dispositifs à préciser."),
    ],
)
def test_a_question_promises_what_it_can_settle_and_no_more(n_can_settle, n_waiting, n_undecided, expected):
    question = NextQuestion(
        name="headcount",
        question="?",
        ask="firm",
        why=(),
        n_waiting=n_waiting,
        n_can_settle=n_can_settle,
        n_undecided=n_undecided,
    )
    assert question.promise == expected
