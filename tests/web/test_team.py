"""The page of a team: absences, stand-ins, who holds what, and what its lead moves."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import Absence, Membership, User
from backend.accounts.services import off_board
from backend.common.days import current_day
from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.follow_up import FollowUpError, offer_file, take_file
from backend.matchmaking.models import HandOver, ReviewEnd, Submission
from backend.matchmaking.portfolios import assign_portfolio
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from tests.factories import ARC, CCLO, DAY, make_lead, make_officer, make_submission, rewriting
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
TEAM = "/agent/equipe/"


def days(start: int, end: int) -> dict[str, str]:
    today = current_day()
    return {"starts_on": f"{today + timedelta(days=start)}", "ends_on": f"{today + timedelta(days=end)}"}


@pytest.fixture
def people():
    officer = make_officer(ARC, first_name="Odile", last_name="Ferrand")
    colleague = make_officer(ARC, first_name="Noé", last_name="Lambert")
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD, first_name="Inès", last_name="Roche")
    far = make_officer(CCLO, first_name="Zoé", last_name="Lointain")
    return officer, colleague, lead, far


def shown(client, user) -> str:
    client.force_login(user)
    return text_of(client.get(TEAM))


@pytest.mark.shows_both("the neighbour may be of the same intercommunality")
def test_a_lead_reads_what_waits_beyond_the_first_delay_the_oldest_first(client, people):
    officer, _colleague, lead, _far = people
    names = {20: "Forge du Pont", 9: "Scierie du Bac", 0: "Vernis du Jour"}
    files = {n: make_submission(confirmed=True, company_name=name) for n, name in names.items()}
    elsewhere = make_submission(confirmed=True, company_name="Fonderie du Voisin", facts={"commune": "60025"})
    for n, file in [*files.items(), (20, elsewhere)]:
        confirmed = datetime.combine(current_day() - timedelta(days=n), time(9))
        Submission.objects.filter(pk=file.pk).update(confirmed_at=timezone.make_aware(confirmed))
    take_file(submission=files[9], officer=officer)
    page = shown(client, lead)
    late = page[page.index("En attente depuis trop longtemps") : page.index("Qui suit quoi")]
    assert "À partir de 3 jours ouvrés pour un dossier à relire" in late
    assert late.index("Forge du Pont : à relire depuis") < late.index("Scierie du Bac : à relire depuis")
    assert "personne ne le suit" in late.split("Scierie du Bac")[0]
    assert "suivi par Odile Ferrand" in late.split("Scierie du Bac")[1]
    assert "Vernis du Jour" not in late
    assert "Voisin" not in page


def test_an_officer_says_when_he_is_away_and_who_stands_in(client, people):
    officer, colleague, _lead, far = people
    page = shown(client, officer)
    assert "Odile Ferrand" in page
    assert "Noé Lambert" not in page.split("Déclarer une absence")[0]  # each says it of oneself
    sent = {"user": officer.pk, "stand_in": colleague.pk, **days(0, 6)}
    page = text_of(client.post(f"{TEAM}absence/", sent, follow=True))
    assert "Absent du" in page
    assert "remplacé par Noé Lambert" in page
    letter = Notification.objects.get(kind="stand_in_named")
    assert (letter.recipient, letter.reply_to) == (colleague.email, officer.email)
    assert "Odile Ferrand est absent du" in letter.text
    client.post(f"{TEAM}suppleant/", {"user": officer.pk, "stand_in": colleague.pk})
    officer.refresh_from_db()
    assert officer.stand_in == colleague
    client.post(f"{TEAM}absence/{Absence.objects.get().pk}/annuler/")
    assert "Absent du" not in shown(client, officer)
    assert "Odile" not in shown(client, far)


def test_a_stand_in_finds_the_files_of_who_is_away_above_the_list_until_the_absence_ends(client, people):
    officer, colleague, _lead, far = people
    held, reviewed, own = (make_submission(confirmed=True, company_name=f"Forge {n}") for n in "ABC")
    for file, who in ((held, officer), (reviewed, officer), (own, colleague)):
        take_file(submission=file, officer=who)
    end_review(submission=reviewed, officer=officer, on=DAY, message="Bonjour.")
    today = current_day()
    away = Absence(user=officer, declared_by=officer, declared_at=timezone.now(), starts_on=today, ends_on=today)
    away.stand_in = colleague
    away.save()

    def listed(user, query):
        client.force_login(user)
        page = client.get(f"/agent/?{query}")
        return text_of(page), [row.submission for row in page.context["rows"]]

    page, files = listed(colleague, "etat=a-lire&a_qui=suppleees")
    assert "Vous suppléez Odile Ferrand jusqu’au" in page
    assert "À lire 1" in page.split("Vous suppléez Odile")[1]
    assert files == [held]
    assert listed(colleague, "etat=suivis&a_qui=suppleees")[1] == [reviewed]
    for user in (officer, far):
        page, files = listed(user, "etat=tous&a_qui=suppleees")
        assert ("Vous suppléez" in page, files) == (False, [])
    Absence.objects.update(stand_in=None)
    assert listed(colleague, "a_qui=suppleees")[1] == []
    User.objects.filter(pk=officer.pk).update(stand_in=colleague)  # whom an absence without one falls to
    assert listed(colleague, "a_qui=suppleees")[1] == [held]
    Absence.objects.update(starts_on=today - timedelta(days=2), ends_on=today - timedelta(days=1))
    page, files = listed(colleague, "a_qui=suppleees")
    assert ("Vous suppléez" in page, files) == (False, [])


@pytest.mark.shows_both("the neighbour may be of the same intercommunality")
def test_what_a_lead_does_not_give_away_is_named_beside_what_somebody_follows(client, people):
    officer, colleague, lead, _far = people
    here, nowhere = make_submission(confirmed=True), make_submission(confirmed=True)
    Submission.objects.filter(pk=nowhere.pk).update(epci=None)
    for file in (here, nowhere):
        take_file(submission=Submission.objects.get(pk=file.pk), officer=officer)
    page = shown(client, lead)
    assert "2 dossiers suivis (1 de commune inconnue), dont 2 à relire" in page
    assert "Odile Ferrand – 1 dossier " in page
    assert "Ceux de commune inconnue restent à qui les suit." in page
    client.post(f"{TEAM}confier/", {"holder": officer.pk, "to": colleague.pk})
    assert "1 dossier suivi (1 de commune inconnue)" in shown(client, lead)


def test_who_is_away_too_is_said_to_be_and_stands_in_for_nobody_meanwhile(client, people):
    officer, colleague, lead, far = people
    for person, (first, last) in ((colleague, (1, 6)), (far, (0, 9))):
        Absence.objects.create(user=person, declared_by=lead, declared_at=timezone.now(), **days(first, last))
    today = current_day()
    page = shown(client, officer)
    said = f"absent du {today + timedelta(days=1):%d/%m/%Y} au {today + timedelta(days=6):%d/%m/%Y}"
    assert page.count(f"Noé Lambert – {said}") == 2  # as a stand-in for this absence, and as the usual one
    assert "Lointain" not in page
    sent = {"user": officer.pk, "stand_in": colleague.pk}
    refused = client.post(f"{TEAM}absence/", {**sent, **days(2, 6)})
    assert f"Noé Lambert est {said} : choisissez quelqu’un qui est là." in text_of(refused)
    assert client.post(f"{TEAM}absence/", {**sent, **days(2, 9)}).status_code == 302  # for some of the days is enough


@pytest.mark.slow
def test_an_absence_without_a_stand_in_is_noted_and_says_what_nobody_looks_after(client, people):
    officer, colleague, _lead, _far = people
    client.force_login(officer)

    def declared(**changes):
        sent = {"user": officer.pk, "stand_in": "", **days(1, 6), **changes}
        page = text_of(client.post(f"{TEAM}absence/", sent, follow=True))
        assert "Absence notée" in page
        Absence.objects.all().delete()
        return page

    assert "sans suppléant" not in declared()
    reviewed, *waiting = (make_submission(confirmed=True) for _ in range(3))
    for file in (reviewed, *waiting):
        take_file(submission=file, officer=officer)
    end_review(submission=reviewed, officer=officer, on=DAY, message="Bonjour.")
    page = declared()
    last = current_day() + timedelta(days=6)
    assert f"2 dossiers à relire restent sans suppléant jusqu’au {last:%d/%m/%Y}." in page
    assert "2 dossiers à relire sans suppléant" in page  # beside the absence too, for as long as it stands
    assert "sans suppléant" not in declared(stand_in=colleague.pk)
    User.objects.filter(pk=officer.pk).update(stand_in=colleague)
    assert "sans suppléant" not in declared()
    off_board(user=colleague)
    assert "2 dossiers à relire restent sans suppléant" in declared()


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ends_on": "2020-01-01"}, "est passé"),
        (days(9, 5), "avant de commencer"),
        ({"user": ""}, "Choisissez une personne"),
        ({"ends_on": "demain"}, "« demain » n’est pas une date"),
        ({"starts_on": ""}, "Dites le premier jour"),
        ({"ends_on": "2999-01-01"}, "un an au plus"),
        ({"user": "x"}, "n’est pas dans la liste"),
        ({"stand_in": "self"}, "n’est pas dans la liste"),
        ({"stand_in": "far"}, "n’est pas dans la liste"),
    ],
)
def test_an_absence_that_cannot_be_says_why_and_keeps_what_was_typed(client, people, changes, told):
    officer, _colleague, _lead, far = people
    client.force_login(officer)
    who = {"self": officer.pk, "far": far.pk}
    changes = {name: who.get(value, value) for name, value in changes.items()}
    sent = {"user": officer.pk, "stand_in": "", **days(1, 3), **changes}
    response = client.post(f"{TEAM}absence/", sent)
    assert response.status_code == 422
    assert told in text_of(response)
    assert str(sent["starts_on"]) in response.content.decode()
    assert not Absence.objects.exists()


def test_two_absences_at_once_are_refused_and_the_same_one_twice_is_one(client, people):
    officer = people[0]
    client.force_login(officer)
    for _ in range(2):
        assert client.post(f"{TEAM}absence/", {"user": officer.pk, **days(1, 5)}).status_code == 302
    assert Absence.objects.count() == 1
    refused = client.post(f"{TEAM}absence/", {"user": officer.pk, **days(5, 8)})
    assert "est déjà noté absent" in text_of(refused)


def test_only_oneself_and_ones_lead_may_say_it(client, people):
    officer, colleague, lead, far = people
    sent = {"user": officer.pk, **days(1, 2)}
    for other in (colleague, far):
        client.force_login(other)
        assert client.post(f"{TEAM}absence/", sent).status_code == 422
        assert not Absence.objects.exists()
    for one in (lead, make_lead()):
        client.force_login(one)
        assert client.post(f"{TEAM}absence/", sent).status_code == 302
        Absence.objects.all().delete()


def test_a_lead_moves_the_files_of_who_left_and_of_nobody_elsewhere(client, people):
    officer, colleague, lead, far = people
    here = make_submission(confirmed=True)
    offered = make_submission(confirmed=True)
    elsewhere = make_submission(confirmed=True, facts={"commune": "60025"})
    for file, holder in ((here, officer), (offered, officer), (elsewhere, far)):
        take_file(submission=file, officer=holder)
    offer_file(submission=offered, by=officer, to=far)
    closed = make_submission(confirmed=True)
    take_file(submission=closed, officer=officer)
    withdraw_consent(submission=closed)
    off_board(user=officer)
    page = shown(client, lead)
    assert "Odile Ferrand (compte fermé) – 2 dossiers" in page
    assert "Odile Ferrand Compte fermé" in page
    assert "2 dossiers suivis" in page
    assert "Lointain" not in page.split("Déclarer une absence")[0]
    response = client.post(f"{TEAM}confier/", {"holder": officer.pk, "to": colleague.pk})
    assert response.status_code == 302
    assert set(Submission.objects.filter(officer=colleague)) == {here, offered}
    assert HandOver.objects.get(submission=offered).state == HandOver.State.WITHDRAWN
    letter = Notification.objects.get(kind="handed_over", recipient=colleague.email)
    assert "vous confie 2 dossiers" in letter.text
    assert here.reference in letter.text
    assert elsewhere.reference not in letter.text
    events = AuditEvent.objects.filter(kind=Kind.FILE_ASSIGNED)
    assert {(event.submission_id, event.actor, event.account) for event in events} == {
        (here.pk, lead, colleague),
        (offered.pk, lead, colleague),
    }
    for file, holder in ((elsewhere, far), (closed, officer)):
        file.refresh_from_db()
        assert file.officer == holder
    assert closed.reference not in letter.text
    assert client.post(f"{TEAM}confier/", {"holder": far.pk, "to": colleague.pk}).status_code == 422


def test_a_lead_of_all_cannot_name_a_stand_in_who_does_not_see_the_files_or_is_away_too(client, people):
    officer, _colleague, _lead, far = people
    client.force_login(make_lead())
    for stand_in, told in ((far, "ne voit pas les dossiers"), (officer, "On ne se supplée pas soi-même")):
        refused = client.post(f"{TEAM}suppleant/", {"user": officer.pk, "stand_in": stand_in.pk})
        assert refused.status_code == 422
        assert told in text_of(refused)


def test_files_go_to_nobody_of_another_place(client, people):
    officer, _colleague, lead, far = people
    take_file(submission=make_submission(confirmed=True), officer=officer)
    client.force_login(lead)
    refused = client.post(f"{TEAM}confier/", {"holder": officer.pk, "to": far.pk})
    assert refused.status_code == 422
    with pytest.raises(FollowUpError, match="ne relit pas les demandes de votre intercommunalité"):
        assign_portfolio(holder=officer, to=far, by=lead)
    assert Submission.objects.filter(officer=officer).count() == 1


def test_only_files_that_their_new_officer_may_open_move(people):
    officer, colleague, lead, far = people
    Membership.objects.create(
        user=lead, organisation=far.memberships.get().organisation, role=Membership.Role.EPCI_LEAD
    )
    here = make_submission(confirmed=True)
    elsewhere = make_submission(confirmed=True, facts={"commune": "60025"})
    for file in (here, elsewhere):
        Submission.objects.filter(pk=file.pk).update(officer=officer)
    assert assign_portfolio(holder=officer, to=colleague, by=lead) == 1
    assert list(Submission.objects.filter(officer=colleague)) == [here]


def test_who_moved_to_another_place_is_shown_with_the_files_still_held_here(client, people):
    officer, _colleague, lead, far = people
    take_file(submission=make_submission(confirmed=True), officer=officer)
    elsewhere = make_submission(confirmed=True, facts={"commune": "60025"})
    Submission.objects.filter(pk=elsewhere.pk).update(officer=officer)
    officer.memberships.update(organisation=far.memberships.get().organisation)
    page = shown(client, lead)
    assert "Odile Ferrand" in page
    assert "1 dossier suivi, dont 1 à relire" in page  # and nothing of what is held elsewhere
    assert f'value="{current_day()}"' in client.get(TEAM).content.decode()  # as a calendar reads it


def test_an_officer_alone_reads_their_own_delay(client, people, neighbour, monkeypatch):
    officer, colleague, lead, _far = people
    assert "Vos relectures (vous seul lisez ce chiffre) : aucune en 90 jours" in shown(client, officer)
    monkeypatch.setattr("backend.matchmaking.delays.LEAST", 1)
    submission = make_submission(confirmed=True)
    end_review(submission=submission, officer=colleague, on=DAY, message="Bonjour.")
    moment = timezone.make_aware(datetime.combine(current_day(), time(10)))
    with rewriting():
        ReviewEnd.objects.filter(submission=submission).update(ended_at=moment)
    Submission.objects.filter(pk=submission.pk).update(filed_at=moment, confirmed_at=moment, first_answered_at=moment)
    assert (
        "Vos relectures (vous seul lisez ce chiffre) : 1 demande en 90 jours, une sur deux relue le jour même"
        in shown(client, colleague)
    )
    assert "Vos relectures (vous seul lisez ce chiffre) : aucune en 90 jours" in shown(client, officer)
    with neighbour.shown():  # whose officer is of the team too
        assert "Vos relectures (vous seul lisez ce chiffre) : aucune en 90 jours" in shown(client, lead)
