"""The e-mails as the services owe them, for the firm of the demonstration."""

import re
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.models import Organisation, User
from backend.accounts.services import invite
from backend.common.days import current_day, day_in_words
from backend.matchmaking.emails import enqueue_receipt
from backend.matchmaking.management.demonstration import read_demonstration
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import Filing, confirm_address, file_submission
from backend.notifications.models import Notification
from backend.notifications.rendering import render
from backend.privacy.consent import withdraw_consent
from tests.factories import DAY, archive_serving, as_sent, decide, led_to, make_submission, next_morning
from tests.neighbour import ours

TYPED = "L’atelier & <b>fils</b> d'Estrées"


@pytest.fixture
def officer(db):
    call_command("load_demo", stdout=StringIO())
    return User.objects.get(email="claire.vasseur@jonction.example")


@pytest.fixture
def submission(officer):
    return file()


def file(**changes):
    content = {**read_demonstration()["submission"], "filing_key": uuid4(), "company_name": TYPED, **changes}
    return file_submission(Filing(**{**content, "needs": tuple(content["needs"])}), on=current_day())


def owed(kind):
    return ours(Notification).get(kind=kind)


def review(submission, officer, *, n_kept, n_rejected, message):
    matches = submission.results.first().matches.filter(addresses=True).select_related("scheme", "revision")
    matches = matches[: n_kept + n_rejected]
    for position, match in enumerate(matches):
        decide(submission, match.scheme, officer, "" if position < n_kept else "not_worth_it")
    end_review(submission=submission, officer=officer, on=DAY, message=message)
    return [match.revision for match in matches]


def assert_well_formed(email):
    assert email.subject == " ".join(email.subject.split())
    for body in (email.text, email.html):
        assert "{{" not in body
        assert "{%" not in body
        assert "None" not in body
    assert not re.search(r"&(#|\w+;)", email.text), "the text part is not HTML"
    assert "<b>" not in email.html, "what was typed is not HTML either"
    assert "style=" in email.html, "the styles are in the tags"


def test_the_confirmation_holds_its_link_and_nothing_that_was_typed(submission):
    email = owed("confirm_address")
    assert_well_formed(email)
    assert "/confirmer/" in as_sent(email).text
    assert "/confirmer/" in as_sent(email).html
    for typed in ("atelier", "Isabelle", "soudeurs", "/resultat/"):
        assert typed not in email.subject + as_sent(email).text + as_sent(email).html
    assert ours(Notification).count() == 1


def test_a_subject_says_which_request_and_names_the_firm_to_its_own_address_only(submission):
    confirmation = owed("confirm_address").subject
    day = day_in_words(timezone.localtime(submission.filed_at), "j F")
    assert confirmation == (
        f"Confirmez votre adresse pour que votre demande du {day} soit lue ({submission.reference})"
    )
    confirm_address(submission=submission)
    named = f"{TYPED} : le lien de votre résultat, et la suite (demande {submission.reference})"
    assert owed("receipt").subject == named
    nameless = make_submission(confirmed=True, company_name="", siret="", siren="")
    receipt = ours(Notification).get(kind="receipt", about=[nameless.topic])
    assert receipt.subject == f"Le lien de votre résultat, et la suite (demande {nameless.reference})"


@pytest.mark.parametrize("days", [None, 2])
def test_the_receipt_says_the_delay_that_was_promised_and_no_other(officer, days):
    Organisation.objects.update(promised_days=days)
    make_submission(confirmed=True)
    email = owed("receipt")
    for body in (email.text, " ".join(email.html.split())):
        assert ("Réponse promise sous 2 jours ouvrés." in body) == bool(days)
        assert "jours ouvrés" not in body or days


@pytest.mark.cases(3)
@pytest.mark.django_db
@pytest.mark.parametrize("needs", [("numerique.robot",), ("creation.transmettre",)])
@pytest.mark.parametrize("phone", ["03 53 01 60 35", ""])
def test_no_email_promises_a_call_without_a_number(officer, needs, phone):
    archive_serving("creation.transmettre")
    confirm_address(submission=make_submission(phone=phone, needs=needs, text="", call_slot="morning"))
    for kind in ("confirm_address", "receipt"):
        email = owed(kind)
        assert_well_formed(email)
        for body in (email.text, " ".join(email.html.split())):
            assert ("vous appelle" in body) == bool(phone)
            assert ("le matin" in body) == bool(phone and kind == "receipt")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phone", "said", "unsaid"),
    [
        ("03 53 01 60 35", "appelons le numéro laissé", "personne ne lit la demande"),
        ("", "personne ne lit la demande", "appelons le numéro laissé"),
    ],
)
def test_the_confirmation_says_who_reads_the_request_meanwhile(phone, said, unsaid):
    make_submission(phone=phone)
    email = owed("confirm_address")
    for body in (email.text, " ".join(email.html.split())):
        assert said in body
        assert unsaid not in body


def test_the_receipt_names_no_scheme_before_somebody_read_the_file_and_says_who_calls(submission):
    confirm_address(submission=submission)
    email = owed("receipt")
    assert_well_formed(email)
    assert TYPED in email.text
    assert led_to(re.search(r"/resultat/\S+", as_sent(email).text).group()) == submission
    for match in submission.results.first().matches.answering().select_related("revision"):
        assert match.revision.name not in email.text + email.html
    assert "pas encore relus" in email.text
    assert "n’est pas encore relue" in email.html
    assert "À qui parler aussi" not in email.text
    n_matches = submission.results.first().matches.answering().count()
    for body in (email.text, email.html):
        assert f"{n_matches} dispositifs peuvent vous concerner" in " ".join(body.split())
        assert "Agglomération de la Région de Compiègne" in body
        assert "03 53 01 10 00" in body
        assert "entre 12 h et 14 h" in body


def test_the_receipt_says_so_when_nothing_fits(officer):
    submission = file(needs=[], text="Je passe aux prud’hommes mardi contre mon ancien magasinier.")
    confirm_address(submission=submission)
    email = owed("receipt")
    assert_well_formed(email)
    guides = submission.results.first().guides()
    assert guides
    for body in (email.text, email.html):
        assert "Aucun dispositif" in body
        for guide in guides:
            assert (guide.contact_url or guide.url) in body.replace("&amp;", "&")


def test_each_officer_in_charge_gets_the_morning_s_digest_without_the_firm_s_secret_link(submission):
    confirm_address(submission=submission)
    confirm_address(submission=submission)
    next_morning()
    notices = ours(Notification).filter(kind="waiting_digest")
    assert {notice.recipient for notice in notices} == {
        "claire.vasseur@jonction.example",
        "sophie.carlier@jonction.example",
    }
    for email in notices:
        assert_well_formed(email)
        assert "Isabelle Morel" in email.text
        assert "03 53 01 60 35" in email.text
        assert f"/agent/{submission.pk}/" in email.html
        assert "/resultat/" not in as_sent(email).text + as_sent(email).html


def test_the_officers_of_the_four_are_told_where_the_commune_is_unknown(officer):
    content = read_demonstration()["submission"]
    facts = {name: value for name, value in content["facts"].items() if name != "commune"}
    confirm_address(submission=file(facts=facts))
    next_morning()
    notices = ours(Notification).filter(kind="waiting_digest")
    assert len(notices) == 5
    assert all("quatre intercommunalités" in email.text for email in notices)
    assert "développeur économique du territoire" in owed("receipt").text


def test_the_end_of_a_review_names_the_officer_and_what_was_kept(submission, officer):
    confirm_address(submission=submission)
    kept = review(submission, officer, n_kept=2, n_rejected=3, message="Appelez-moi.\nC'est <b>simple</b>.")[:2]
    email = owed("reviewed")
    assert_well_formed(email)
    assert email.reply_to == officer.email
    assert "Claire Vasseur" in email.subject
    assert "2 dispositifs" in email.subject
    for body in (email.text, email.html):
        assert "03 53 01 10 12" in body
        assert "3 autres ont été écartés" in body
    for revision in kept:
        assert revision.name in email.text
    assert "C'est <b>simple</b>." in email.text


def test_the_end_of_a_review_that_keeps_nothing(submission, officer):
    confirm_address(submission=submission)
    review(submission, officer, n_kept=0, n_rejected=1, message="")
    email = owed("reviewed")
    assert_well_formed(email)
    assert "Aucun dispositif n’est retenu" in email.text
    assert "Un autre a été écarté" in email.text
    assert "Son message" not in email.text


def test_correspondence_is_refused_on_the_page_and_notices_on_the_account(submission, officer):
    confirm_address(submission=submission)
    next_morning()
    review(submission, officer, n_kept=1, n_rejected=0, message="")
    emails = ours(Notification).all()
    assert {email.kind for email in emails} == {"confirm_address", "receipt", "waiting_digest", "reviewed"}
    for email in emails:
        for body in (email.text, email.html):
            assert "/arreter/" not in body
            assert ("/compte/courriels/" in body) is (email.kind == "waiting_digest")
            assert ("Vous préférez le téléphone" in body) is (email.kind in ("receipt", "reviewed"))


def test_a_firm_that_gave_no_name_is_called_your_firm(officer):
    confirm_address(submission=file(company_name=""))
    receipt = owed("receipt")
    for body in (receipt.text, receipt.html):
        assert "pour votre entreprise est" in " ".join(body.split())


def test_an_invitation_and_a_new_password_come_with_their_link(officer):
    invite(user=officer)
    email = owed("invitation")
    assert_well_formed(email)
    assert "/compte/mot-de-passe/nouveau/" in as_sent(email).text
    assert "Claire" in email.text
    message = render("password_reset", {"url": "http://127.0.0.1/x?a=1&b=2", "user": officer})
    assert "http://127.0.0.1/x?a=1&b=2" in message.text
    assert "claire.vasseur@jonction.example" in message.html
    assert "arreter" not in message.text


def test_a_receipt_that_is_written_later_says_where_the_file_is(submission, officer):
    confirm_address(submission=submission)
    review(submission, officer, n_kept=1, n_rejected=0, message="")
    submission.refresh_from_db()
    enqueue_receipt(submission, latest_result(submission, on=DAY), key="receipt:read")
    withdraw_consent(submission=submission)
    submission.refresh_from_db()
    enqueue_receipt(submission, latest_result(submission, on=DAY), key="receipt:closed")
    for key, said in (("receipt:read", "a été relue"), ("receipt:closed", "est fermée")):
        email = Notification.objects.get(dedupe_key=key)
        assert_well_formed(email)
        for body in (email.text, email.html):
            assert said in body
            assert "pas encore relue" not in body.lower()
            assert "vous appelle," not in body
