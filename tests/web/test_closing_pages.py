"""Closing a file in its page, and what its firm reads of it; nothing of the other firm shows."""

from datetime import date

import pytest
from django.urls import reverse

from backend.matchmaking.closing import close_done_files, close_file
from backend.matchmaking.follow_up import offer_file, record_step
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from tests.factories import DAY, decide, first_matches, link_to, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file():
    return make_submission(confirmed=True, wants_alerts=True)


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def close(desk, file, **sent):
    return desk.post(reverse("officer_done", args=[file.pk]), sent)


def test_an_officer_closes_in_place_and_undoes_it(desk, file, officer):
    page = f"/agent/{file.pk}/"
    assert "Clore le dossier" in text_of(desk.get(page))
    response = close(desk, file, reason="helped", note="Bravo pour votre four.")
    assert response.status_code == 302
    text = text_of(desk.get(page))
    assert f"Dossier clos par {officer}" in text
    assert "l’entreprise a été aidée" in text
    assert "Bravo pour votre four." in text
    assert "Clore le dossier" not in text
    desk.post(reverse("officer_close", args=[file.pk]), {"reopen": "1"})
    text = text_of(desk.get(page))
    assert "La demande est rouverte." in text
    assert "Clore le dossier" in text
    file.refresh_from_db()
    assert file.closed_at is None


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Dites comment ce dossier se termine"),
        ({"reason": "perdu"}, "perdu"),
        ({"reason": "withdrawn"}, "withdrawn"),
        ({"reason": "helped", "note": "x" * 501}, "500"),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_what_was_typed_stays(desk, file, sent, sentence):
    response = close(desk, file, **{"note": "Un mot gardé.", **sent})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert sent.get("note", "Un mot gardé.") in response.content.decode()
    assert Submission.objects.filter(closed_at__isnull=False).count() == 0


def test_a_file_closed_by_somebody_else_meanwhile_says_so(desk, file, officer):
    close_file(submission=file, officer=officer, reason="not_helped")
    response = close(desk, file, reason="helped")
    assert response.status_code == 422
    assert "déjà clos" in text_of(response)


def test_the_officer_goes_on_in_a_closed_file_which_opens_again(desk, file, officer):
    close_file(submission=file, officer=officer, reason="helped")
    scheme = first_matches(file)[0].scheme
    response = desk.post(reverse("officer_review", args=[file.pk, scheme.pk]), {"verdict": "kept"})
    assert response.status_code in (200, 302)
    file.refresh_from_db()
    assert file.closed_at is None


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("reason", "said"),
    [("helped", "l’a clos le"), ("not_helped", "l’a clos le"), ("unreachable", "n’a pas réussi à vous joindre")],
)
def test_the_firm_reads_that_its_file_is_closed_and_keeps_its_result(client, file, officer, reason, said):
    close_file(submission=file, officer=officer, reason=reason, note="Revenez quand vous voulez.")
    text = text_of(client.get(reverse("result", args=[link_to(file)])))
    assert "Votre dossier est clos" in text
    assert str(officer) in text
    assert said in text
    assert "Revenez quand vous voulez." in text
    assert first_matches(file)[0].revision.name in text
    assert "vos alertes continuent" in text


def test_the_firm_reads_why_its_file_closed_by_itself(client, file, officer):
    scheme = first_matches(file)[0].scheme
    decide(file, scheme, officer)
    end_review(submission=file, officer=officer, on=DAY)
    client.post(reverse("firm_state", args=[link_to(file), scheme.pk]), {"state": "given_up"})
    close_done_files(on=DAY)
    assert "Chaque dispositif retenu ou suivi a une issue" in text_of(
        client.get(reverse("result", args=[link_to(file)]))
    )
    client.post(reverse("firm_state", args=[link_to(file), scheme.pk]), {"state": "applied"})
    assert "Votre dossier est clos" not in text_of(client.get(reverse("result", args=[link_to(file)])))


def test_all_files_mark_a_closed_one(desk, file, officer):
    close_file(submission=file, officer=officer, reason="helped")
    assert "Close" in text_of(desk.get("/agent/?etat=tous"))
    assert str(file.sheet) not in text_of(desk.get("/agent/?etat=a-lire"))


def test_the_form_says_what_closing_cancels(desk, file, officer):
    form = reverse("officer_part", args=[file.pk, "clore"])
    assert "annule aussi" not in text_of(desk.get(form))
    record_step(submission=file, officer=officer, step="call_back", due_on=date(2027, 1, 15), note="devis")
    colleague = make_officer("CCLO")
    offer_file(submission=file, by=officer, to=colleague)
    for text in (text_of(desk.get(form)), text_of(close(desk, file))):
        assert "annule aussi" in text
        assert "Rappeler l’entreprise le 15 janvier 2027 : devis" in text
        assert f"La proposition en cours ({colleague})" in text
    close(desk, file, reason="helped")
    assert not file.follow_ups.to_do().exists()
    assert not file.hand_overs.waiting().exists()
