"""What happened to a file, in order: each kind of line, who reads which, and nothing of a second firm."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.accounts.models import Membership
from backend.matchmaking import history
from backend.matchmaking.calls import ask_call_of_file, end_call
from backend.matchmaking.closing import close_file, reopen_file
from backend.matchmaking.contents import read_contents
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.correspondence import to_contact
from backend.matchmaking.follow_up import answer_offers, close_step, offer_file, record_step, take_file, write_note
from backend.matchmaking.history import history_of
from backend.matchmaking.models import SchemeEvent, Submission, Survey
from backend.matchmaking.partners import end_as_officer
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.services import correct_submission
from backend.matchmaking.state_aid import declare_aid, take_aid_back
from backend.notifications.models import Notification
from backend.schemes.models import SubNeed
from tests.factories import (
    CCLO,
    DAY,
    decide,
    first_matches,
    make_officer,
    make_submission,
    share_with,
    take_back,
)
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def lines(submission, viewer):
    """Return what is read, the newest first: what, who, details."""
    return [
        (one.what, one.who, one.details) for _day, told in history_of(submission, viewer=viewer).days for one in told
    ]


def whats(submission, viewer):
    return [what for what, _who, _details in lines(submission, viewer)]


def test_a_file_begins_with_its_filing_and_what_it_said_then_is_no_correction(submission, officer):
    assert lines(submission, officer) == [
        ("Adresse confirmée", "l’entreprise", ()),
        ("Demande reçue", "l’entreprise", ()),
    ]


def test_what_officers_and_the_firm_did_is_read_in_order_with_who_did_it(submission, officer):
    kept, aside = [match.scheme for match in first_matches(submission, 2)]
    decide(submission, kept, officer)
    decide(submission, aside, officer, "not_worth_it")
    end_review(submission=submission, officer=officer, on=DAY)
    say(submission=submission, scheme=kept, state=SchemeEvent.State.APPLIED, on=DAY, euros=12_000)
    undo_last(submission=submission, scheme=kept, on=DAY)
    correct_submission(submission=submission, facts={"headcount": (60, 60)}, on=DAY, author=officer)
    call = record_step(
        submission=submission, officer=officer, step="call_back", note="Après la foire.", due_on=DAY + timedelta(7)
    )
    close_step(follow_up=call, officer=officer)
    close_file(submission=submission, officer=officer, reason="helped")
    who = str(officer)
    assert [line for line in lines(submission, officer) if line[0] not in ("Adresse confirmée", "Demande reçue")] == [
        ("Dossier clos", who, ("l’entreprise a été aidée",)),
        ("Fait : rappeler l’entreprise", who, ("pour le 1er décembre 2026", "Après la foire.")),
        ("Rappeler l’entreprise", who, ("pour le 1er décembre 2026", "Après la foire.")),
        ("Réponse corrigée", who, ("Effectif\xa0: 60\xa0salariés",)),
        ("Annulé", "l’entreprise", (f"{kept}\xa0: demande déposée",)),
        ("Demande déposée", "l’entreprise", (f"{kept} (12\xa0000\xa0€), 24 novembre 2026",)),
        ("Relecture terminée", who, ()),
        ("Écarté", who, (f"{aside} (le montant ne vaut pas la démarche)",)),
        ("Retenu", who, (str(kept),)),
    ]


def test_what_is_shared_offered_asked_and_answered_is_read_too(submission, officer):
    colleague = make_officer()
    offer = offer_file(submission=submission, by=officer, to=colleague)
    answer_offers(hand_overs=[offer], to=colleague, accept=False)
    offer_file(submission=submission, by=officer, to=colleague)
    take_file(submission=submission, officer=officer)
    share = share_with(submission, officer)
    end_as_officer(share=share, officer=officer)
    call = ask_call_of_file(submission=submission, phone="03 53 01 60 36", call_slot="morning", on=DAY)
    end_call(call=call, officer=colleague)
    need = SubNeed.objects.get(key="energie.audit")
    correct_need(submission=submission, sub_need=need, change="added", officer=officer, on=DAY)
    aid = declare_aid(
        submission=submission, granted_on=DAY, amount_eur=5_000, regulation="general", title="Chèque", on=DAY
    )
    take_aid_back(submission=submission, aid=aid, author=officer)
    Survey.objects.create(
        submission=submission, kind="satisfaction", asked_on=DAY, grade="yes", answered_at=timezone.now()
    )
    close_file(submission=submission, officer=officer, reason="helped")
    reopen_file(submission=submission, officer=officer, on=DAY)
    read = lines(submission, officer)
    partner = str(share.organisation)
    for line in (
        ("Proposé à un autre", str(officer), (str(colleague),)),
        ("Proposition refusée", str(colleague), (str(colleague),)),
        ("Proposition retirée", "le service", (str(colleague),)),
        ("Partage proposé", str(officer), (partner,)),
        ("Partage accepté", str(officer), (partner,)),
        ("Fin du partage", "arrêté par le développeur économique", (partner,)),
        ("A demandé un appel", "l’entreprise", (call.get_call_slot_display(),)),
        ("Appel demandé : traité", str(colleague), ()),
        ("Besoin ajouté", str(officer), (need.label,)),
        ("Aide de minimis notée", "l’entreprise", ("Chèque",)),
        ("Aide de minimis retirée", str(officer), ("Chèque",)),
        ("A dit si le service était utile", "l’entreprise", ("oui",)),
        ("Dossier rouvert", str(officer), ()),
    ):
        assert line in read


def test_emails_are_read_once_they_left_with_what_came_back(submission, officer):
    assert "Courriel envoyé" not in whats(submission, officer)
    email = to_contact(submission).get(kind="receipt")
    Notification.objects.filter(pk=email.pk).update(state="sent", ended_at=timezone.now(), delivery="dead")
    told = next(line for line in lines(submission, officer) if line[0] == "Courriel envoyé")
    assert told == (
        "Courriel envoyé",
        "le service",
        ("Accusé de réception et lien (cette adresse ne reçoit plus rien)",),
    )


def test_what_one_person_does_in_a_row_is_one_line_and_what_comes_between_ends_it(submission, officer):
    first, second, third = [match.scheme for match in first_matches(submission, 3)]
    decide(submission, first, officer)
    decide(submission, second, officer)
    take_back(submission, second, officer)
    decide(submission, third, officer)
    who = str(officer)
    assert lines(submission, officer)[:3] == [
        ("Retenu", who, (str(third),)),
        ("Avis retiré", who, (str(second),)),
        ("Retenu", who, (str(first), str(second))),
    ]


def test_days_follow_each_other_the_last_one_first(submission, officer):
    Submission.objects.filter(pk=submission.pk).update(filed_at=submission.filed_at - timedelta(3))
    submission.refresh_from_db()
    days = [day for day, _lines in history_of(submission, viewer=officer).days]
    assert days == sorted(days, reverse=True)
    assert (days[0] - days[-1]).days == 3


def test_a_long_history_says_how_much_it_leaves_out(submission, officer, monkeypatch):
    monkeypatch.setattr(history, "MOST", 1)
    read = history_of(submission, viewer=officer)
    assert ([len(told) for _day, told in read.days], read.n_left_out) == ([1], 1)


def test_a_note_that_its_author_keeps_to_an_organisation_is_read_there_alone(submission, officer):
    write_note(submission=submission, author=officer, audience="internal", text="Le patron vend l’an prochain.")
    elsewhere = make_officer(CCLO)
    offer_file(submission=submission, by=officer, to=elsewhere)
    assert ("Note écrite", str(officer), ("Le patron vend l’an prochain.",)) in lines(submission, officer)
    assert "Note écrite" not in whats(submission, elsewhere)


def test_what_was_said_and_taken_back_stays(submission, officer):
    scheme = first_matches(submission)[0].scheme
    say(submission=submission, scheme=scheme, state=SchemeEvent.State.FOLLOWED, on=DAY)
    undo_last(submission=submission, scheme=scheme, on=DAY)
    assert whats(read_contents(Submission.objects.all(), submission.pk), officer)[:2] == ["Annulé", "Ça m’intéresse"]


def test_a_step_that_was_cancelled_is_gone_and_nothing_of_another_file_shows(submission, officer):
    other = make_submission(confirmed=True, company_name="Fonderie du Lac", email="lea@fonderie.example")
    decide(other, first_matches(other)[0].scheme, officer)
    step = record_step(submission=submission, officer=officer, step="contacted", note="Une erreur.")
    assert "Entreprise contactée" in whats(submission, officer)
    close_step(follow_up=step, officer=officer, cancel=True)
    assert whats(submission, officer) == ["Adresse confirmée", "Demande reçue"]


def test_it_is_fetched_in_the_page_of_the_file_by_those_who_open_it(client, submission, officer):
    part = reverse("officer_part", args=[submission.pk, "histoire"])
    client.force_login(officer)
    assert f'hx-get="{part}"' in client.get(reverse("officer_file", args=[submission.pk])).text
    page = text_of(client.get(part))
    assert "Ce qui s’est passé" in page
    assert "Demande reçue l’entreprise, " in page
    client.force_login(make_officer(CCLO))
    assert client.get(part).status_code == 404
    client.force_login(make_officer("", role=Membership.Role.PARTNER, kind="chamber"))
    assert client.get(part).status_code == 404
