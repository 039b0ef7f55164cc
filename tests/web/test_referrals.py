"""« Proposer ce dossier à une autre intercommunalité », from the pages, and what a firm reads that moved away."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import Membership
from backend.links.models import Kind
from backend.matchmaking.follow_up import refer_file
from backend.matchmaking.models import HandOver, Review, Submission
from backend.territories.models import ServedEpci
from tests.factories import CC2V, CCLO, DAY, decide, first_matches, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of
from tests.web.test_correct import WHOLE, typed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def desk(client):
    client.force_login(make_officer())
    return client


def epci(name: str) -> ServedEpci:
    return ServedEpci.objects.get(short_name=name)


def refer(client, submission, **sent):
    return client.post(f"/agent/{submission.pk}/intercommunalite/", sent, follow=True)


def test_a_file_is_offered_read_accepted_and_gone_from_the_sender_s_page(desk, client, submission):
    page = refer(desk, submission, epci=epci(CCLO).pk, note="Leur atelier est à Attichy.")
    assert "Il ne change pas de mains avant la réponse" in text_of(page)
    assert "Personne ne suit encore ce dossier" in text_of(page)
    assert "Vous le suivez" not in text_of(page)
    assert "Retirer la proposition" in text_of(page)
    reader = make_officer(CCLO)
    client.force_login(make_officer(CC2V))
    assert client.get(f"/agent/{submission.pk}/").status_code == 404
    client.force_login(reader)
    offers = text_of(client.get("/agent/?etat=offerts"))
    assert "Leur atelier est à Attichy." in offers
    assert "Quifarnel" not in offers
    assert "Accepter ce dossier" in text_of(client.get(f"/agent/{submission.pk}/"))
    client.post("/agent/propositions/", {"offer": [ours(HandOver).get().pk], "answer": "accept"})
    submission.refresh_from_db()
    assert (submission.epci.short_name, submission.officer) == (CCLO, reader)


def test_the_list_says_to_whom_a_file_is_offered(desk, submission):
    refer(desk, submission, epci=epci(CCLO).pk)
    page = text_of(desk.get("/agent/?etat=a-lire"))
    assert page.count("Proposée à une autre intercommunalité") == 1
    assert "Proposée à un collègue" not in page
    refer(desk, submission, withdraw="1")
    sent = {"to": make_officer(first_name="Inès").pk}
    desk.post(f"/agent/{submission.pk}/transmettre/", sent)
    page = text_of(desk.get("/agent/?etat=a-lire"))
    assert page.count("Proposée à un collègue") == 1
    assert "Proposée à une autre intercommunalité" not in page


def test_a_refusal_without_a_word_says_so_and_with_one_is_read_on_the_file(desk, client, submission):
    refer(desk, submission, epci=epci(CCLO).pk)
    sender, reader, offer = desk.session["_auth_user_id"], make_officer(CCLO), ours(HandOver).get()
    client.force_login(reader)
    sent = {"offer": [offer.pk], "answer": "decline", "why": "\0"}
    assert "en une phrase" in text_of(client.post("/agent/propositions/", sent, follow=True))
    nothing = {"answer": "decline", "why": "Le siège est chez vous."}
    page = client.post("/agent/propositions/", nothing, follow=True)
    assert "Cochez au moins un dossier" in text_of(page)
    assert 'value="Le siège est chez vous."' in page.content.decode()  # what was typed stays
    assert f'value="{offer.pk}" checked' in " ".join(page.content.decode().split())  # the only one
    assert "Le siège est chez vous." not in client.get("/agent/?etat=offerts").content.decode()
    assert "Dossiers refusés : 1" in text_of(
        client.post("/agent/propositions/", {**sent, "why": "Le siège est chez vous."}, follow=True)
    )
    gone = client.post("/agent/propositions/", {"offer": [offer.pk], "answer": "accept"}, follow=True)
    assert "ne vous est plus proposé" in text_of(gone)
    client.force_login(type(reader).objects.get(pk=sender))
    assert "a refusé ce dossier" in text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Le siège est chez vous." in text_of(client.get(f"/agent/{submission.pk}/"))


def test_one_refused_answer_among_several_says_so_and_the_others_hold(client, submission):
    sender, reader = make_officer(), make_officer(CCLO)
    second = make_submission(confirmed=True, email="suivante@firm.example", siret="", siren="")
    make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    late, fresh = (refer_file(submission=one, epci=epci(CCLO), by=sender) for one in (submission, second))
    long_ago = timezone.make_aware(datetime.combine(DAY - timedelta(days=10), time(9)))
    HandOver.objects.filter(pk=late.pk).update(offered_at=long_ago)
    client.force_login(reader)
    sent = {"offer": [late.pk, fresh.pk], "answer": "decline", "why": "Le siège est chez vous."}
    page = text_of(client.post("/agent/propositions/", sent, follow=True))
    assert f"{submission.reference} attend depuis trop longtemps" in page
    assert "Dossiers refusés : 1" in page
    assert "Quifarnel" not in page
    fresh.refresh_from_db()
    late.refresh_from_db()
    assert (late.state, fresh.state, fresh.answer) == ("offered", "declined", "Le siège est chez vous.")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choisissez une intercommunalité dans la liste."),
        ({"epci": "99999"}, "n’est pas dans la liste"),
        ({"epci": "x"}, "n’est pas dans la liste"),
    ],
)
def test_what_cannot_be_read_keeps_the_note(desk, submission, sent, sentence):
    response = refer(desk, submission, note="Mon mot à moi", **sent)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "Mon mot à moi" in response.content.decode()
    assert not ours(HandOver).exists()


@pytest.mark.slow
def test_a_second_offer_says_that_one_is_open_and_it_is_taken_back(desk, submission):
    refer(desk, submission, epci=epci(CCLO).pk)
    response = refer(desk, submission, epci=epci(CC2V).pk)
    assert (response.status_code, "déjà proposé à" in text_of(response)) == (422, True)
    assert "le dossier reste ici" in text_of(refer(desk, submission, withdraw="1"))
    assert not ours(HandOver).waiting().exists()


def test_who_is_not_in_charge_offers_nothing(client, submission):
    refer_file(submission=submission, epci=epci(CCLO), by=make_officer())
    client.force_login(make_officer(CCLO))
    assert "Proposer ce dossier" not in text_of(client.get(f"/agent/{submission.pk}/"))
    assert refer(client, submission, epci=epci(CC2V).pk).status_code == 403
    assert refer(client, submission, withdraw="1").status_code == 403


@pytest.mark.slow
def test_a_review_that_once_sent_a_file_elsewhere_still_reads_well(desk, submission):
    officer = make_officer()
    review = decide(submission, first_matches(submission)[0].scheme, officer)
    Review.objects.create(
        submission=submission,
        scheme=review.scheme,
        match=review.match,
        officer=officer,
        verdict=Review.Verdict.REFERRED,
        reason="outside_perimeter",
        rerouted_to=epci(CCLO),
        decided_at=review.decided_at + (DAY - DAY).resolution,
    )
    page = text_of(desk.get(f"/agent/{submission.pk}/"))
    assert f"Dossier transmis par {officer}" in page
    assert "outside_perimeter" not in page
    assert "Quifarnel" not in page
    firm = f"/resultat/{link_to(submission)}/"
    assert "outside_perimeter" not in text_of(desk.get(firm))
    kept = desk.get(f"{firm}mes-donnees/json/").content.decode()
    assert submission.reference in kept
    assert "outside_perimeter" not in kept
    assert "Quifarnel" not in kept
    assert not Review.objects.labels().filter(verdict=Review.Verdict.REFERRED).exists()
    assert "outside_perimeter" not in Review.Reason.values
    assert len(Review.Reason.values) == 11


def test_a_firm_that_moves_away_is_asked_first_then_reads_whom_to_call(client):
    submission = make_submission(confirmed=True, facts=WHOLE, text="Je cherche deux soudeurs.")
    address = f"/resultat/{link_to(submission)}/corriger/"
    sent = {
        **typed_in(client, submission),
        "project-project_place": "elsewhere",
        "project-project_commune": "Beauvais",
    }
    for forwarded in (sent, {**sent, "leaves": "1"}):  # a forwarded link closes nothing
        first = client.post(address, forwarded)
        assert first.status_code == 422
        assert "Cette commune est juste" not in text_of(first)
        assert "un lien de 30 minutes" in text_of(first)
    other = make_submission(confirmed=True, email="quelqu.un@ailleurs.example")
    client.post(f"/acces/{link_to(other, Kind.ACCESS)}/")  # that of another address opens nothing here
    assert client.post(address, {**sent, "leaves": "1"}).status_code == 422
    client.post(f"/acces/{link_to(submission, Kind.ACCESS)}/")
    first = client.post(address, sent)
    assert first.status_code == 422
    assert "Cette commune est juste" in text_of(first)
    submission.refresh_from_db()
    assert submission.closed_at is None
    page = text_of(client.post(address, {**sent, "leaves": "1"}, follow=True))
    assert "Votre projet se fait à Beauvais" in page
    assert "Votre demande est fermée" in page
    assert "nouveau résultat" not in page
    assert "Conseillers-entreprises" in page
    assert "habilité" not in page
    assert "Quifarnel" not in page
    assert ours(Submission).get(pk=submission.pk).closed_reason == Submission.Closing.OUTSIDE
