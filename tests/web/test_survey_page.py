"""The page behind the link of a question: buttons, no JavaScript, and nothing that opening it changes."""

import pytest
from django.urls import reverse

from backend.matchmaking.closing import close_file
from backend.matchmaking.models import SchemeEvent, Survey
from backend.matchmaking.scheme_events import say
from backend.privacy.consent import withdraw_consent
from tests.factories import DAY, first_matches, make_officer, make_submission, survey_link
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def file():
    return make_submission(confirmed=True)


@pytest.fixture
def schemes(file):
    """Two schemes that the firm follows and asked for, in a file that was closed since."""
    found = [match.scheme for match in first_matches(file, 2)]
    for scheme, state in zip(found, ("followed", "applied"), strict=True):
        say(submission=file, scheme=scheme, state=state, on=DAY)
    close_file(submission=file, officer=make_officer(), reason="helped")
    return found


@pytest.fixture
def outcome(file, schemes):
    return reverse("survey", args=[survey_link(file, "6_months")])


@pytest.fixture
def rating(file):
    return reverse("survey", args=[survey_link(file)])


def test_opening_a_question_changes_nothing(client, file, schemes, outcome, rating):
    before = list(ours(SchemeEvent).values()), list(ours(Survey).values())
    for path in (outcome, rating, f"{outcome}?answer=granted&scheme={schemes[0].pk}", f"{rating}?grade=no"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    file.refresh_from_db()
    assert (list(ours(SchemeEvent).values()), list(ours(Survey).values())) == before
    assert file.closed_at


def test_a_firm_rates_and_changes_its_mind(client, file, rating):
    assert "Vous avons-nous été utiles" in text_of(client.get(rating))
    page = client.post(rating, {"grade": "partly", "comment": "Un peu long."}, follow=True)
    assert "Vous avez répondu « en partie »" in text_of(page)
    assert "Un peu long." in page.content.decode()
    client.post(rating, {"grade": "yes", "comment": ""})
    assert list(ours(Survey).values_list("grade", "comment")) == [("yes", "")]
    client.force_login(make_officer())
    assert "Utile à l’entreprise : oui" in text_of(client.get(f"/agent/{file.pk}/"))


def test_a_firm_says_what_it_obtained_one_scheme_after_another(client, file, schemes, outcome):
    page = text_of(client.get(outcome))
    assert all(str(scheme) in page for scheme in schemes)
    page = client.post(outcome, {"scheme": schemes[0].pk, "answer": "granted", "euros": "12 500"}, follow=True)
    assert "C’est noté" in text_of(page)
    assert str(schemes[0]) not in text_of(page)
    assert str(schemes[1]) in text_of(page)
    page = client.post(outcome, {"scheme": schemes[1].pk, "answer": "refused"}, follow=True)
    assert "Il ne reste rien à dire" in text_of(page)
    said = ours(SchemeEvent).filter(submission=file).order_by("pk").values_list("state", "euros")
    assert list(said) == [
        ("followed", None),
        ("applied", None),
        ("applied", None),
        ("granted", 12_500),
        ("refused", None),
    ]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choisissez une des réponses proposées."),
        ({"answer": "perdu"}, "Choisissez une des réponses proposées."),
        ({"answer": "granted", "euros": "beaucoup"}, "Écrivez un montant en euros"),
        ({"answer": "granted", "euros": "-3"}, "ne peut pas être négatif"),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_what_was_typed_stays(client, schemes, outcome, sent, sentence):
    n = ours(SchemeEvent).count()
    page = client.post(outcome, {"scheme": schemes[0].pk, **sent})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{sent.get("euros", "")}"' in page.content.decode()
    assert ours(SchemeEvent).count() == n


@pytest.mark.slow
def test_the_same_button_twice_is_one_answer(client, file, schemes, outcome):
    sent = {"scheme": schemes[1].pk, "answer": "granted", "euros": "12 500"}
    for _ in range(2):
        page = client.post(outcome, sent, follow=True)
        assert page.status_code == 200
        assert "C’est noté" in text_of(page)
    assert ours(SchemeEvent).filter(submission=file, state="granted").count() == 1
    assert client.post(outcome, {**sent, "euros": "13 000"}).status_code == 422


@pytest.mark.slow
def test_what_is_refused_of_a_scheme_that_is_not_shown_any_more_says_so(client, schemes, outcome):
    client.post(outcome, {"scheme": schemes[0].pk, "answer": "granted"})
    page = client.post(outcome, {"scheme": schemes[0].pk, "answer": "refused"})
    assert page.status_code == 422
    assert "n’attend plus de réponse ici" in text_of(page)
    assert page.content.decode().count('role="alert"') == 1


@pytest.mark.parametrize("sent", [{"grade": ""}, {"grade": "bof"}, {"grade": "yes", "comment": "x" * 501}])
def test_a_rating_that_cannot_be_gets_a_sentence(client, rating, sent):
    page = client.post(rating, {"comment": "Gardé.", **sent})
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert sent.get("comment", "Gardé.") in page.content.decode()
    assert not ours(Survey).exclude(grade="").exists()


def test_a_scheme_of_another_firm_is_not_answered_here(client, outcome):
    other = make_submission(confirmed=True, email="b@b.example")
    scheme = first_matches(other, 4)[3].scheme
    say(submission=other, scheme=scheme, state="applied", on=DAY)
    page = client.post(outcome, {"scheme": scheme.pk, "answer": "granted"})
    assert page.status_code == 422
    assert client.post(outcome, {"scheme": "999999999", "answer": "granted"}).status_code == 404
    assert not SchemeEvent.objects.filter(scheme=scheme, state="granted", submission=other).exists()


def test_a_withdrawn_file_and_another_question_open_nothing(client, file, outcome):
    withdraw_consent(submission=file)
    assert client.get(outcome).status_code == 404
    assert client.post(outcome, {"answer": "granted"}).status_code == 404


def test_the_public_page_says_what_is_asked_once_a_file_is_closed(client):
    text = text_of(client.get("/donnees-personnelles/"))
    assert "une fois votre dossier clos" in text
    assert "un lien dans chaque courriel arrête ces questions" in text
