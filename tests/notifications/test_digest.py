"""The morning's digest: each thing that waits stands once, in its own list, counted, with the address of its file."""

from datetime import date

import pytest
from django.utils import timezone

from backend.matchmaking.emails import enqueue_digest
from backend.matchmaking.follow_up import record_step, refer_file, take_file
from backend.matchmaking.models import Escalation, FollowUp
from backend.notifications.models import Notification
from backend.territories.models import ServedEpci
from tests.factories import CCLO, DAY, make_call, make_lead, make_officer, make_submission
from tests.neighbour import ours
from tests.notifications.complete import complete  # noqa: F401 -- beside every test here

pytestmark = pytest.mark.django_db
Rung, Step = Escalation.Rung, FollowUp.Step


def file(name: str):
    return make_submission(confirmed=True, company_name=name, email=f"{name[:2].lower()}@firm.example")


def wait(rung: str = Rung.OFFICER, **of) -> Escalation:
    return Escalation(starts_on=DAY, rung=rung, **of)


def send(person, *rows, away: tuple = ()) -> Notification:
    enqueue_digest(person, rows, key="morning", is_here=lambda pk: pk not in {each.pk for each in away})
    return ours(Notification).get(dedupe_key="morning")


def lists(email: Notification) -> dict[str, str]:
    """Return the paragraphs of the text by their first line, each as one line."""
    found = {}
    for paragraph in email.text.split("\n\n"):
        head, _, rest = paragraph.partition("\n")
        found[head] = " ".join(rest.split())
    return found


def at(submission) -> str:
    return f"http://127.0.0.1:8000/agent/{submission.pk}/"


def test_each_thing_that_waits_stands_once_in_its_own_list():
    officer, lead = make_officer(), make_lead()
    arrived, waiting, promised, said, offered = map(file, ("Arrivée", "Attend", "Promise", "Ecrite", "Offerte"))
    take_file(submission=waiting, officer=officer)
    waiting.refresh_from_db()
    promise = record_step(submission=promised, officer=officer, step=Step.CALL_BACK, due_on=date(2031, 3, 5))
    word = FollowUp.objects.create(
        submission=said, step=Step.FIRM_SAID, note="Le devis est signé.", recorded_at=timezone.now()
    )
    referral = refer_file(submission=offered, epci=ServedEpci.objects.get(short_name=CCLO), by=officer)
    email = send(
        lead,
        wait(Rung.ARRIVAL, submission=arrived),
        wait(Rung.OFFICER, submission=waiting),
        wait(Rung.EPCI_LEAD, submission=waiting),  # the same wait, told by one rung and the next that morning
        wait(call=make_call()),
        wait(follow_up=promise),
        wait(follow_up=word),
        wait(hand_over=referral),
    )
    assert email.subject == (
        "Ce matin : 1 nouvelle demande, 2 appels, 1 message à lire, 1 dossier à décider, 1 demande en attente"
    )
    assert email.recipient == lead.email
    assert email.about == [file.topic for file in (arrived, waiting, promised, said, offered)]
    found = lists(email)
    assert found["Nouvelles demandes :"].startswith(f"- {arrived.reference}, Arrivée À appeler :")
    assert found["Nouvelles demandes :"].endswith(at(arrived))
    assert found["À rappeler :"] == (
        f"- {promised.reference}, Promise : appel promis pour le 5 mars 2031 {at(promised)} "
        f"- un appel demandé le {found['À rappeler :'].split('demandé le ')[1].split(' (')[0]} "
        "(Agglomération de la Région de Compiègne) http://127.0.0.1:8000/agent/?etat=a-rappeler"
    )
    assert found["Messages à lire :"].startswith(f"- {said.reference}, Ecrite : Le devis est signé., le ")
    assert found["Messages à lire :"].endswith(at(said))
    assert found["À décider, faute de réponse de votre équipe :"].startswith(f"- {offered.reference}, Offerte")
    assert found["À décider, faute de réponse de votre équipe :"].endswith(at(offered))
    assert found["À relire :"] == (
        f"- {waiting.reference}, Attend : attend depuis le 24 novembre 2026, suivie par {officer} {at(waiting)}"
    )
    for submission in (arrived, waiting, promised, said, offered):
        assert email.html.count(f'href="{at(submission)}"') == 1
    assert any(head.startswith("À faire : ouvrez vos demandes") for head in found)


def test_several_of_each_are_counted_in_the_plural_and_what_is_absent_is_not_counted():
    officer = make_officer()
    files = [file(name) for name in ("Une", "Deux")]
    email = send(officer, *(wait(Rung.ARRIVAL, submission=each) for each in files), wait(call=make_call()))
    assert email.subject == "Ce matin : 2 nouvelles demandes, 1 appel"
    steps = [
        FollowUp.objects.create(submission=each, step=Step.FIRM_SAID, note="Oui.", recorded_at=timezone.now())
        for each in files
    ]
    offers = [refer_file(submission=each, epci=ServedEpci.objects.get(short_name=CCLO), by=officer) for each in files]
    ours(Notification).all().delete()
    email = send(
        officer,
        *(wait(submission=each) for each in files),
        *(wait(follow_up=step) for step in steps),
        *(wait(hand_over=offer) for offer in offers),
    )
    assert email.subject == "Ce matin : 2 messages à lire, 2 dossiers à décider, 2 demandes en attente"
    assert email.about == [each.topic for each in files]  # each once


@pytest.mark.parametrize(
    ("followers", "away", "asked"),
    [
        (("other", "other"), (), "demandez à qui les suit où elles en sont"),
        (("other",), (), "demandez à qui la suit où elle en est"),
        (("other", "reader"), (), "ouvrez vos demandes"),
        (("other", "nobody"), (), "ouvrez vos demandes"),
        (("other", "other"), ("other",), "ouvrez vos demandes"),
    ],
)
def test_a_colleague_is_asked_only_where_all_files_are_followed_by_some_who_are_here(followers, away, asked):
    people = {"other": make_officer(), "reader": make_lead(), "nobody": None}
    files = [file(f"{n}e firme") for n, _who in enumerate(followers, 2)]
    for each, who in zip(files, followers, strict=True):
        each.officer = people[who]
    rows = [wait(submission=each) for each in files]
    email = send(people["reader"], *rows, away=[people[who] for who in away])
    assert f"À faire : {asked}" in email.text
