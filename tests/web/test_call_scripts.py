"""The call script and the answers sheet of a scheme that is followed: what will be asked, and what is known."""

import html
import re

import pytest

from backend.matchmaking.call_scripts import TO_COMPLETE, answers_of, script_of
from backend.matchmaking.cards import cards_of
from backend.matchmaking.reading import known_of
from backend.matchmaking.results import latest_result
from backend.matchmaking.scheme_events import say
from backend.matchmaking.shortlist import told_card
from backend.schemes.models import Scheme
from tests.factories import DAY, first_matches, link_to, make_submission, publish_revision
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PAPERS = ["Kbis de moins de trois mois", "devis « daté »; signé, <par> l’artisan"]
OPEN, WEIGHED = "Le projet réduit la consommation d’eau.", "Un chef de projet est nommé."


@pytest.fixture
def submission():
    return make_submission(confirmed=True, text="Nous cherchons deux soudeurs.")


@pytest.fixture
def scheme(submission):
    """Return a scheme that the firm follows, whose sheet names papers."""
    scheme = first_matches(submission)[0].scheme
    publish_revision(scheme, documents=PAPERS)
    say(submission=submission, scheme=scheme, state="followed", on=DAY)
    return scheme


def page_of(client, submission, scheme):
    response = client.get(f"/resultat/{link_to(submission)}/dispositif/{scheme.pk}/")
    assert response.status_code == 200
    return response


def sheet_on(response):
    """Return the text that one copies."""
    return html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", response.content.decode(), re.DOTALL)[1])


def test_a_followed_scheme_has_a_script_and_a_sheet_and_another_has_none(client, submission, scheme):
    response = page_of(client, submission, scheme)
    assert "Préparer l’appel" in text_of(response)
    sheet = sheet_on(response)
    assert sheet.startswith("Tôlerie des Étangs – SIREN 999999956\n")
    for known in ("Nous cherchons deux soudeurs.", "projet 180 000 €", *PAPERS):
        assert known in sheet
    assert all(sheet.count(paper) == 1 for paper in PAPERS)  # a line of the sheet is not a question beside it
    other = first_matches(submission, 2)[1].scheme
    assert "Préparer l’appel" not in text_of(page_of(client, submission, other))
    say(submission=submission, scheme=scheme, state="applied", on=DAY)
    assert "Préparer l’appel" not in text_of(page_of(client, submission, scheme))


def test_another_firm_that_follows_the_same_scheme_reads_its_own_sheet(client, submission, scheme):
    other = make_submission(
        confirmed=True, email="autre@voisine.example", company_name="Fonderie", facts={"project.spend": 61_000.0}
    )
    say(submission=other, scheme=scheme, state="followed", on=DAY)
    mine, theirs = (sheet_on(page_of(client, file, scheme)) for file in (submission, other))
    assert "61 000 €" in theirs
    assert "61 000 €" not in mine
    assert "soudeurs" not in theirs


@pytest.mark.slow
def test_every_scheme_of_the_catalogue_gives_three_to_five_questions_and_plain_text(submission):
    result = latest_result(submission, on=DAY)
    matches = list(result.matches.select_related("scheme", "need"))
    assert len(matches) > 100
    for card in cards_of(matches, known_of(submission, result), {}, DAY):
        script = script_of(card, result.facts)
        assert 3 <= len(script) <= 5, card.revision.name
        assert len({question.text for question in script}) == len(script)
        text = answers_of(submission, result, card)
        assert "None" not in text
        assert not re.search(r"&\w+;|<\w+>", text.replace("<par>", ""))
        for question in script:
            asked = f"{question.text}\n   {question.known or TO_COMPLETE}"
            assert (re.sub("[\xa0\u202f]", " ", asked) in text) is not question.is_listed
        assert not re.search("[\xa0\u202f]", text)


@pytest.mark.slow
def test_what_is_open_weighed_paid_and_given_is_asked_one_of_each_first(submission, scheme):
    for position, (nature, sentence) in enumerate(
        (("condition", OPEN), ("condition", "Deux."), ("appraisal", WEIGHED))
    ):
        named = {} if nature == "condition" else {"nature": nature}
        definition = {"kind": "manual", "fact": f"essai.{position}", "sentence": sentence, "ask": "operator", **named}
        scheme.current.criteria.create(position=90 + position, definition=definition)
    publish_revision(Scheme.objects.get(pk=scheme.pk))
    result = latest_result(submission, on=DAY)
    script = script_of(told_card(submission, result, scheme.pk), result.facts)
    assert [question.text.split(" ?")[0] for question in script] == [
        "Est-ce le cas",
        "Que pouvez-vous montrer de ceci",
        "Combien coûte le projet, et combien demandez-vous",
        "Avez-vous ces pièces, et pour quand",
        "Est-ce le cas",
    ]
    assert script[1].text.endswith(WEIGHED)
    assert "180" in script[2].known
    assert PAPERS[0] in script[3].text


def test_what_is_not_known_is_left_to_complete(client):
    submission = make_submission(confirmed=True, without=("project.spend", "headcount", "turnover"), text="")
    scheme = first_matches(submission)[0].scheme
    say(submission=submission, scheme=scheme, state="followed", on=DAY)
    response = page_of(client, submission, scheme)
    assert "À préparer." in text_of(response)
    assert TO_COMPLETE in sheet_on(response)
    assert "«" not in sheet_on(response).split("L’ENTREPRISE")[0]
