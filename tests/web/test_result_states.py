"""What the result page says around its schemes in each state of a file: the whole of it, with its links."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.matchmaking.correspondence import refuse_emails
from backend.matchmaking.follow_up import write_note
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.unverified import whom_to_call
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.schemes.models import Revision
from tests.factories import (
    DAY,
    archive_serving,
    decide,
    first_matches,
    link_to,
    make_officer,
    make_submission,
    rewriting,
)
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
NOTHING = "creation.transmettre"
State, Delivery = Notification.State, Notification.Delivery


@pytest.fixture
def officer():
    return make_officer()


def shown(client, submission):
    """Return the page of a file, its text, and where each of its links leads by what it says."""
    token = link_to(submission)
    response = client.get(reverse("result", args=[token]))
    found = re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), flags=re.DOTALL)
    links = {" ".join(re.sub("<[^>]+>", "", said).split()): to for to, said in found}
    return text_of(response), links, token


def test_a_result_says_what_it_is_of_and_leads_to_what_can_be_done_with_it(client, officer):
    submission = make_submission(confirmed=True)
    text, links, token = shown(client, submission)
    assert f"Demande {submission.reference}, calculée le 24 novembre 2026" in text
    assert "Par quoi commencer, pour Tôlerie des Étangs" in text
    assert "Un développeur économique (Service ARC) la relit, puis vous écrit et vous appelle." in text
    assert links["Pourquoi cet ordre&nbsp;?"] == reverse("transparency")
    assert links["Corriger mes réponses"] == reverse("correct", args=[token])
    assert links["Mes données"] == reverse("own_data", args=[token])


def test_the_number_of_schemes_is_that_of_the_page(client):
    submission = make_submission(confirmed=True)
    response = client.get(reverse("result", args=[link_to(submission)]))
    page = response.context["page"]
    assert page.n_possible > 1
    assert f"Voir les {page.n_possible - 5} autres" in text_of(response)


def test_a_firm_that_refuses_emails_is_told_of_a_call_only(client, officer):
    submission = make_submission(confirmed=True)
    refuse_emails(submission=submission, phone=submission.contact.phone)
    text, _, _ = shown(client, submission)
    assert "Un développeur économique (Service ARC) la relit, puis vous appelle." in text


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Un courriel part dans la minute vers isabelle.morel@tolerie.example ."),
        ({"state": State.SENT}, "Un courriel est parti vers isabelle.morel@tolerie.example ."),
        (
            {"state": State.SENT, "delivery": Delivery.DEAD},
            "Le courriel à isabelle.morel@tolerie.example n’est pas arrivé : cette adresse ne reçoit plus rien.",
        ),
        (
            {"state": State.FAILED},
            "Le courriel à isabelle.morel@tolerie.example n’est pas arrivé : non envoyé : abandonné le ",
        ),
    ],
)
def test_an_unconfirmed_file_says_where_its_email_is(client, changes, said):
    submission = make_submission()
    Notification.objects.filter(about=[submission.topic]).update(**changes, ended_at=timezone.now())
    text, links, _ = shown(client, submission)
    assert said in text
    assert ("C’est envoyé : confirmez votre adresse" in text) is ("n’est pas arrivé" not in said)
    assert "Sans réponse, nous vous appelons après un jour ouvré." in text
    assert "Le recevoir à nouveau" in text
    assert "Le recevoir à nouveau" not in links  # a button


def test_an_unconfirmed_file_without_a_telephone_says_that_nobody_reads_it(client):
    text, _, _ = shown(client, make_submission(phone=""))
    assert "Tant que son lien n’est pas ouvert, personne ne lit votre demande." in text


def test_what_is_left_to_do_is_the_title_until_the_address_is_confirmed(client):
    unconfirmed, confirmed = make_submission(), make_submission(confirmed=True, company_name="Scierie Voisine")
    sent, read_by_officers = (shown(client, submission)[0] for submission in (unconfirmed, confirmed))
    assert "C’est envoyé : confirmez votre adresse" in sent
    assert "Par quoi commencer, pour Tôlerie des Étangs" not in sent
    assert "Par quoi commencer, pour Scierie Voisine" in read_by_officers
    assert "confirmez votre adresse" not in read_by_officers
    assert "Scierie Voisine" not in sent


def test_a_reviewed_file_says_by_whom_and_when_and_how_to_reach_them(client, officer):
    submission = make_submission(confirmed=True)
    decide(submission, first_matches(submission)[0].scheme, officer)
    write_note(submission=submission, author=officer, audience="firm", text="Apportez vos devis.\nMerci.")
    end_review(submission=submission, officer=officer, on=DAY, message="Appelez-moi lundi.")
    text, links, _ = shown(client, submission)
    end = submission.review_ends.get()
    day = timezone.localdate(end.ended_at).year
    assert f"Relu par {officer} le " in text
    assert re.search(rf"Relu par {officer} le \d+(er)? \S+ {day} –", text)
    assert links["03 53 01 10 12"] == "tel:03 53 01 10 12"
    assert links[officer.email] == f"mailto:{officer.email}"
    assert "Appelez-moi lundi." in text
    assert "Apportez vos devis. Merci." in text
    assert re.search(rf"{officer} \(Service ARC\), le \d+(er)? \S+ {day}", text)


def test_a_firm_that_nothing_answers_reads_whom_to_turn_to(client, officer):
    archive_serving(NOTHING)
    submission = make_submission(confirmed=True, needs=(NOTHING,), call_slot="noon")
    text, links, _ = shown(client, submission)
    assert f"{officer} (Service ARC) le sait et vous appelle, si possible entre 12 h et 14 h." in text
    assert links["03 53 01 10 00"] == "tel:0353011000"
    guides = latest_result(submission, on=DAY).guides()
    assert guides
    for revision in (*guides, *whom_to_call(submission)):
        assert links[revision.contact_name or revision.name] == (revision.contact_url or revision.url)


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "said", "to"),
    [
        ({"contact_url": "https://a.example", "contact_name": "Guichet"}, "Guichet", "https://a.example"),
        ({"contact_url": "https://a.example", "contact_name": ""}, "Réseau", "https://a.example"),
        ({"contact_url": "", "url": "https://b.example", "contact_name": "Guichet"}, "Guichet", "https://b.example"),
        ({"contact_url": "", "url": "https://b.example", "contact_name": ""}, "Réseau", "https://b.example"),
        ({"contact_url": "", "url": "", "contact_name": "Guichet"}, "Guichet", None),
        ({"contact_url": "", "url": "", "contact_name": ""}, "Réseau", None),
    ],
)
def test_a_network_is_named_with_its_link_and_said_to_be_unverified(client, changes, said, to):
    submission = make_submission(confirmed=True, needs=("innovation.collaboratif",))
    revision = whom_to_call(submission)[0]
    with rewriting():
        Revision.objects.filter(pk=revision.pk).update(name="Réseau", **changes)
    text, links, _ = shown(client, submission)
    assert "À qui parler" in text
    assert f"{said} Informations non vérifiées" in text
    assert links.get(said) == to


@pytest.mark.cases(2)
@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("asked", [{}, {"needs": (NOTHING,)}, {"needs": (), "text": "refaire mon escalier"}])
def test_no_page_promises_a_call_without_a_number(client, officer, confirmed, refuses, asked):
    archive_serving(NOTHING)
    submission = make_submission(confirmed=confirmed, phone="", **asked)
    if refuses:
        stop(address=submission.contact.email, topic=submission.topic)
    text, _, _ = shown(client, submission)
    for promise in ("vous appelle", "vous rappelle", "vous appelons", "si possible"):
        assert promise not in text
    if confirmed and refuses:
        assert "sur cette page" in text
