"""A firm chooses the telephone, and officers read what became of each e-mail to it."""

import pytest
from django.utils import timezone

from backend.links.models import Kind
from backend.links.services import make_link
from backend.matchmaking.correspondence import SHOWN, latest_email, refuse_emails, refuses_emails
from backend.matchmaking.models import Alert
from backend.notifications.models import Notification
from tests.factories import decide, first_matches, link_to, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
State, Delivery = Notification.State, Notification.Delivery
PHONE = "03 44 23 45 67"


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def file(officer):
    return make_submission(confirmed=True, wants_alerts=True)


@pytest.fixture
def other(officer):
    """The same person of the same firm filed twice: what is refused for one file is not for the other."""
    return make_submission(confirmed=True, wants_alerts=True)


def choose(client, file, follow=True, **sent):
    """Choose with a fresh link, as whoever reads the address can."""
    client.post(f"/acces/{make_link(kind=Kind.ACCESS, object_id=file.pk)}/")
    return client.post(f"/resultat/{link_to(file)}/courriels/", sent, follow=follow)


def end(client, file, officer, *, follow=True):
    client.force_login(officer)
    decide(file, first_matches(file)[0].scheme, officer)
    return client.post(f"/agent/{file.pk}/terminer/", {"message": "Bonjour"}, follow=follow)


def test_the_answer_is_found_behind_all_that_was_written_since(client, file, other, officer):
    end(client, file, officer, follow=False)
    later = Notification.objects.get(kind="reviewed", about__contains=[file.topic])
    for n in range(SHOWN):
        later.pk, later.kind, later.owed_at = None, "officer_wrote", timezone.now()
        later.dedupe_key = later.message_id = f"later:{n}"
        later.save()
    assert latest_email(file, "reviewed")
    assert latest_email(other, "reviewed") is None


# -- refusing


def test_the_choice_is_offered_once_the_address_was_shown_and_nothing_is_typed_in_vain(client, file):
    page = client.get(f"/resultat/{link_to(file)}/").content.decode()
    assert "Prouvez d’abord que cette adresse est la vôtre" in page
    assert "/courriels/" not in page.partition('id="courriels"')[2].partition("</section>")[0]
    client.post(f"/acces/{make_link(kind=Kind.ACCESS, object_id=file.pk)}/")
    assert "Ne plus m’écrire" in text_of(client.get(f"/resultat/{link_to(file)}/"))


def test_a_firm_that_refuses_emails_is_called(client, file, other, officer):
    page = text_of(choose(client, file, phone="0344234567"))
    assert "plus de courriel sur cette demande" in page
    assert f"on vous appelle au {PHONE}" in page
    file.refresh_from_db()
    assert refuses_emails(file)
    assert Alert.objects.get(submission=file).ended_at
    assert not refuses_emails(other)
    assert Alert.objects.get(submission=other).ended_at is None


def test_a_forwarded_result_link_refuses_nothing(client, file):
    answer = client.post(f"/resultat/{link_to(file)}/courriels/", {"phone": PHONE})
    assert answer.status_code == 403
    assert not refuses_emails(file)


def test_what_was_waiting_is_not_sent_and_the_answer_is_not_either(client, file, other, officer):
    refuse_emails(submission=file, phone=PHONE)
    page = text_of(end(client, file, officer))
    assert f"Aucun courriel ne part, l’entreprise n’en veut pas : appelez Isabelle Morel {PHONE}." in page
    assert "Courriel à l’entreprise : non envoyé : le destinataire ne veut pas de courriels" in page
    sent = Notification.objects.about(file.topic)
    assert {email.kind: email.state for email in sent} == dict.fromkeys(
        ("confirm_address", "receipt", "reviewed"), State.STOPPED
    )
    assert not Notification.objects.about(other.topic).filter(state=State.STOPPED).exists()


@pytest.mark.shows_both("an officer's queue lists all files")
def test_officers_read_whom_not_to_write_to_before_they_end(client, file, other, officer):
    refuse_emails(submission=file, phone=PHONE)
    client.force_login(officer)
    page = text_of(client.get(f"/agent/{file.pk}/"))
    assert "Pas de courriels : appeler" in page
    assert f"Aucun courriel ne partira, l’entreprise n’en veut pas : appelez le {PHONE}." in page
    assert "Il sera sur la page de son résultat" in page
    assert "Pas de courriels" not in text_of(client.get(f"/agent/{other.pk}/"))
    assert text_of(client.get("/agent/")).count(f"Pas de courriels : appeler le {PHONE}") == 1


def test_a_firm_accepts_emails_again_and_asks_for_alerts_apart(client, file):
    choose(client, file, phone=PHONE, follow=False)
    assert "nous pouvons à nouveau vous écrire" in text_of(choose(client, file, accept="1"))
    assert not refuses_emails(file)
    assert Alert.objects.get(submission=file).ended_at


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("typed", "said"), [("", "Donnez un numéro"), ("douze", "« douze » n’est pas un numéro de téléphone")]
)
def test_without_a_number_nothing_is_refused(client, file, typed, said):
    answer = choose(client, file, phone=typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not refuses_emails(file)


def test_a_link_that_is_asked_for_comes_whatever_was_refused(client, file):
    choose(client, file, phone=PHONE, follow=False)
    client.post("/espace/", {"email": file.contact.email})
    again = Notification.objects.about(file.topic).get(kind="access_link")
    assert again.state == State.DUE


# -- telling the truth


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"state": State.DUE, "attempt": 1, "error": "451"}, "pas encore parti : nouvel essai prévu"),
        ({"state": State.SENT, "delivery": Delivery.DEAD}, "à 11:00 (cette adresse ne reçoit plus rien)"),
        ({"state": State.DUE}, "à envoyer"),
        ({"state": State.SENT}, "envoyé le 3 mars 2026 à 11:00 (pas de retour)"),
        ({"state": State.SENT, "delivery": Delivery.COMPLAINED}, "(signalé comme indésirable par le destinataire)"),
        (
            {"state": State.FAILED, "delivery": Delivery.REFUSED},
            "non envoyé : abandonné le 3 mars 2026 à 11:00 (refusé par le serveur du destinataire)",
        ),
    ],
)
def test_an_officer_reads_the_row_of_the_answer(client, file, other, officer, row, said):
    end(client, file, officer, follow=False)
    ended_at = timezone.datetime(2026, 3, 3, 10, tzinfo=timezone.get_fixed_timezone(0))
    done = row["state"] in (State.SENT, State.FAILED)
    Notification.objects.filter(kind="reviewed").update(ended_at=ended_at if done else None, **row)
    page = text_of(client.get(f"/agent/{file.pk}/"))
    assert said in page.split("Courriel à l’entreprise : ", 1)[1][:120]
    assert "prévenue" not in page
    emails = text_of(client.get(f"/agent/{file.pk}/partie/courriels/"))
    for label in ("Confirmation de l’adresse : à envoyer", "Accusé de réception et lien : à envoyer", "Réponse : "):
        assert emails.count(label) == 1


@pytest.mark.slow
def test_the_first_of_a_month_is_written_as_french_writes_it(client, file, other, officer):
    end(client, file, officer, follow=False)
    evening = timezone.datetime(2026, 10, 31, 23, 30, tzinfo=timezone.get_fixed_timezone(0))  # the next day in Paris
    Notification.objects.filter(kind="reviewed").update(state=State.SENT, ended_at=evening)
    assert "envoyé le 1er novembre 2026 à 00:30" in text_of(client.get(f"/agent/{file.pk}/"))


def test_nobody_is_said_to_have_been_told_before_the_row_says_so(client, file, officer):
    page = text_of(end(client, file, officer))
    assert "Courriel à envoyer : il part dans la minute." in page
    assert "Courriel à l’entreprise : à envoyer" in page
