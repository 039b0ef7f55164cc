"""E-mails of files that change hands: to whom, who reads the reply, of which files, and what is to be done."""

import re

import pytest

from backend.matchmaking.emails import enqueue_assigned, enqueue_offer_answer
from backend.matchmaking.follow_up import answer_offers, offer_file, refer_file
from backend.matchmaking.models import Submission
from backend.matchmaking.portfolios import offer_files
from backend.matchmaking.referrals import open_referral
from backend.notifications.models import Notification
from backend.territories.models import ServedEpci
from tests.factories import CCLO, make_officer, make_submission
from tests.neighbour import ours
from tests.notifications.complete import complete  # noqa: F401 -- beside every test here

pytestmark = pytest.mark.django_db
QUEUE = "http://127.0.0.1:8000/agent/"


@pytest.fixture
def officer(db):
    return make_officer(first_name="Odile", last_name="Ferrand")


@pytest.fixture
def there(db):
    """An officer of the next intercommunality."""
    return make_officer(CCLO, first_name="Noé", last_name="Lambert")


def file(name: str = "Tôlerie") -> Submission:
    return make_submission(confirmed=True, company_name=name, email=f"{name[0].lower()}@firm.example")


def cclo() -> ServedEpci:
    return ServedEpci.objects.get(short_name=CCLO)


def lines(email: Notification) -> list[str]:
    """Return what the text says before its foot, and that the HTML leads to the same list."""
    assert f'href="{QUEUE}"' in email.html
    return [line for line in email.text.partition("\n-- \n")[0].split("\n") if line]


def owed(*, to, of) -> Notification:
    """Return the only e-mail to an account, which is of some files and of no other."""
    email = ours(Notification).get(kind="handed_over", recipient=to.email)
    assert email.about == [each.topic for each in of]
    return email


def test_the_officers_of_an_intercommunality_are_told_of_a_file_that_is_offered_to_it(officer, there):
    submission = file()
    refer_file(submission=submission, epci=cclo(), by=officer, note="Leur usine est chez vous.")
    email = owed(to=there, of=[submission])
    assert (email.subject, email.reply_to) == (
        f"La demande {submission.reference} vous est proposée",
        officer.email,
    )
    assert lines(email)[1:] == [
        f"Odile Ferrand propose la demande {submission.reference} à votre intercommunalité.",
        "Son mot : Leur usine est chez vous.",
        f"- {submission.reference} : Tôlerie",
        "À faire : ouvrez-la, puis acceptez ou refusez. Sans réponse après deux jours ouvrés, c’est à votre "
        "responsable de décider.",
        QUEUE,
    ]
    assert not ours(Notification).filter(kind="handed_over").exclude(recipient=there.email).exists()


def test_a_file_whose_firm_corrected_its_commune_is_offered_by_nobody(there):
    submission = file()
    open_referral(submission=submission, epci=cclo(), by=None, note="")
    email = owed(to=there, of=[submission])
    assert email.reply_to == ""
    assert lines(email)[1] == (
        f"L’entreprise a corrigé sa commune : nous proposons la demande {submission.reference} à votre "
        "intercommunalité."
    )


@pytest.mark.parametrize(
    ("accept", "does", "next_step"),
    [
        (True, "prend", "Rien à faire : Noé Lambert la suit désormais."),
        (False, "ne prend pas", "À faire : elle reste dans vos demandes : ouvrez-la pour la suite."),
    ],
)
def test_who_sent_a_file_to_an_intercommunality_reads_its_answer(officer, there, accept, does, next_step):
    submission = file()
    offer = refer_file(submission=submission, epci=cclo(), by=officer)
    answer_offers(hand_overs=[offer], to=there, accept=accept, answer="Le site est à nous.")
    email = owed(to=officer, of=[submission])
    assert (email.subject, email.reply_to) == (f"Noé Lambert {does} la demande {submission.reference}", there.email)
    assert lines(email)[1:] == [
        f"Noé Lambert ({cclo().usual_name}) {does} la demande {submission.reference}.",
        "Son mot : Le site est à nous.",
        f"- {submission.reference} : Tôlerie",
        next_step,
        QUEUE,
    ]


def test_a_colleague_reads_which_file_is_offered_and_who_offered_it_that_it_is_declined(officer):
    submission, colleague = file(), make_officer(first_name="Ada", last_name="Petit")
    offer = offer_file(submission=submission, by=officer, to=colleague, note="Je pars.")
    email = owed(to=colleague, of=[submission])
    assert (email.subject, email.reply_to) == (
        f"Odile Ferrand vous propose la demande {submission.reference}",
        officer.email,
    )
    assert lines(email)[1:3] == [
        f"Odile Ferrand vous propose de suivre la demande {submission.reference} à sa place.",
        "Son mot : Je pars.",
    ]
    answer_offers(hand_overs=[offer], to=colleague, accept=False)
    email = owed(to=officer, of=[submission])
    assert email.subject == f"Ada Petit ne prend pas la demande {submission.reference}"
    assert lines(email)[1] == f"Ada Petit ne prend pas la demande {submission.reference}."


def test_several_files_are_one_email(officer):
    files, colleague = [file("Tôlerie"), file("Scierie")], make_officer()
    offer_files(submissions=files, by=officer, to=colleague)
    email = owed(to=colleague, of=files)
    assert email.subject == "Odile Ferrand vous propose 2 dossiers"
    assert [line for line in lines(email) if line.startswith("- ")] == [
        f"- {each.reference} : {name}" for each, name in zip(files, ("Tôlerie", "Scierie"), strict=True)
    ]


def test_files_that_a_lead_gives_are_followed_from_now_on(officer):
    submission, lead = file(), make_officer(role="epci_lead", first_name="Rose", last_name="Blin")
    enqueue_assigned([submission], to=officer, by=lead, key="k")
    email = owed(to=officer, of=[submission])
    assert (email.subject, email.reply_to) == (
        f"Rose Blin vous confie la demande {submission.reference}",
        lead.email,
    )
    assert lines(email)[1:] == [
        f"Rose Blin vous confie la demande {submission.reference} : vous la suivez désormais.",
        f"- {submission.reference} : Tôlerie",
        "À faire : ouvrez vos demandes, et prenez la première.",
        QUEUE,
    ]


@pytest.mark.parametrize(
    ("state", "does", "next_step"),
    [("accepted", "prend", "ada petit les suit désormais"), ("declined", "ne prend pas", "ils restent")],
)
def test_several_files_are_counted_in_subject_and_body_whatever_becomes_of_them(officer, state, does, next_step):
    files, colleague = [file("Tôlerie"), file("Scierie")], make_officer(first_name="Ada", last_name="Petit")
    enqueue_assigned(files, to=colleague, by=officer, key="k")
    email = owed(to=colleague, of=files)
    assert email.subject == "Odile Ferrand vous confie 2 dossiers"
    for body in (email.text, email.html):
        assert "Odile Ferrand vous confie 2 dossiers" in said(body)
        assert "vous les suivez désormais" in said(body).lower()
    offers = [offer_file(submission=each, by=officer, to=colleague) for each in files]
    for offer in offers:
        offer.state, offer.answered_by = state, colleague
    ours(Notification).filter(kind="handed_over").delete()
    enqueue_offer_answer(offers, to=officer)
    email = owed(to=officer, of=files)
    assert email.subject == f"Ada Petit {does} 2 dossiers"
    for body in (email.text, email.html):
        assert f"Ada Petit {does} 2 dossiers" in said(body)
        assert next_step in said(body).lower()


def said(body: str) -> str:
    """Return the words of a body on one line, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", body).replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ").split())
