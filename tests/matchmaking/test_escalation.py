"""The clock that forgets nobody: each rung once, on its working day, to those who are there."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from operator import attrgetter

import pytest
from django.utils import timezone

from backend.accounts.absences import declare_absence, name_stand_in
from backend.accounts.models import Membership, User
from backend.common.days import add_working_days, is_working_day
from backend.common.work import SomeFailed
from backend.matchmaking.calls import end_call
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.follow_up import answer_offers, close_step, record_step
from backend.matchmaking.models import CallRequest, Escalation, FollowUp, Submission
from backend.matchmaking.reviews import end_review, reopen_review
from backend.matchmaking.services import confirm_address, correct_submission
from backend.notifications.models import Notification
from tests.factories import ARC, CCLO, COMMUNES, failing, make_call, make_lead, make_officer, make_submission

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9)))


def working(n: int, after: date = MONDAY) -> date:
    return add_working_days(after, n)


def told(on: date) -> dict[str, list[str]]:
    """Return what left on a morning, by address: what each e-mail is about."""
    before = set(Notification.objects.values_list("pk", flat=True))
    tell_who_waits(on=on)
    letters = Notification.objects.filter(kind="waiting_digest").exclude(pk__in=before)
    return {letter.recipient: sorted(letter.about) for letter in letters}


def last_letter(person: User) -> Notification:
    return Notification.objects.filter(kind="waiting_digest", recipient=person.email).latest("pk")


@pytest.fixture
def people():
    """The officers of one intercommunality, none of another's."""
    officer, stand_in = make_officer(ARC), make_officer(ARC)
    lead, territory = make_officer(ARC, role=Membership.Role.EPCI_LEAD), make_lead()
    make_officer(CCLO)
    name_stand_in(user=officer, stand_in=stand_in, by=officer)
    return officer, stand_in, lead, territory


def filed(officer=None, *, on: date = MONDAY, **changes) -> Submission:
    submission = make_submission(on=on, **changes)
    confirm_address(submission=submission)
    Submission.objects.filter(pk=submission.pk).update(officer=officer, filed_at=at(on), confirmed_at=at(on))
    submission.refresh_from_db()
    return submission


def test_each_rung_is_told_once_on_its_working_day(people):
    officer, stand_in, lead, territory = people
    submission = filed(officer)
    days: dict[date, list[str]] = {}
    around = {working(n) + timedelta(days=by) for n in (1, 3, 9, 21, 45) for by in (-1, 0, 1)}
    for day in sorted(around - {MONDAY}):
        for address, about in told(day).items():
            if submission.topic in about:
                days.setdefault(day, []).append(address)
    assert days == {
        working(1): [officer.email],
        working(3): [officer.email],
        working(9): [stand_in.email],
        working(21): [lead.email],
        working(45): [territory.email],
    }
    assert working(3) == date(2026, 11, 26)
    assert working(21) == date(2026, 12, 22)
    assert working(45) == date(2027, 1, 27)  # Christmas and New Year's Day do not count
    last = {person: last_letter(person) for person in (officer, stand_in, lead)}
    for words in (attrgetter("text"), attrgetter("html")):
        said = {person: " ".join(words(letter).split()) for person, letter in last.items()}
        assert "uvrez vos demandes, et prenez la première." in said[officer]
        for other in (stand_in, lead):
            assert "emandez à qui la suit où elle en est, ou reprenez-la." in said[other]
            assert "prenez la première" not in said[other]


def test_an_email_that_fails_keeps_no_other_back_and_is_owed_by_the_next_run_of_the_day(people):
    officer, stand_in, lead, _territory = people
    followed, new = filed(officer), filed(None, siret="", siren="", email="autre@firm.example")
    with failing("matchmaking_escalation", followed), pytest.raises(SomeFailed, match=r"1 sur \d+"):
        tell_who_waits(on=working(1))
    letters = Notification.objects.filter(kind="waiting_digest", about__contains=[new.topic])
    assert {letter.recipient for letter in letters} == {stand_in.email, lead.email}
    again = told(working(1))
    assert again == {officer.email: sorted([followed.topic, new.topic])}
    assert told(working(1)) == told(working(2)) == {}


def test_a_file_is_told_the_morning_after_it_came_with_whom_to_call_and_waits_apart(people):
    officer, stand_in, lead, _territory = people
    far = User.objects.get(memberships__organisation__epci__short_name=CCLO)
    elsewhere = filed(far, company_name="Fonderie du Voisin", facts={"commune": COMMUNES[CCLO]})
    older = filed(officer, siret="", siren="", email="ancienne@firm.example")
    told(working(1))
    newer = filed(None, on=working(2), company_name="Tôlerie du Clocher", text="Le laser est en panne.")
    assert told(working(3)) == {
        far.email: [elsewhere.topic],
        officer.email: [older.topic, newer.topic],
        stand_in.email: [newer.topic],
        lead.email: [newer.topic],
    }
    letter = Notification.objects.filter(kind="waiting_digest", recipient=officer.email).latest("pk")
    assert letter.subject == "Ce matin : 1 nouvelle demande, 1 demande en attente"
    new, waiting = letter.text.split("À relire :")
    for said in (newer.reference, "Tôlerie du Clocher", newer.contact.name, "03 53 01 60 35", "Recruter du personnel"):
        assert said in new
    assert older.reference in waiting
    assert older.reference not in new
    assert "laser" not in letter.text + letter.html  # her words are read behind the sign-in
    assert "Voisin" not in letter.text + letter.html
    assert elsewhere.reference not in letter.text + letter.html


def test_the_morning_is_run_twice_and_the_second_changes_nothing(people):
    filed(people[0])
    assert told(working(3))
    assert told(working(3)) == {}
    assert told(working(4)) == {}


def test_a_morning_that_was_missed_is_made_up_for(people):
    submission = filed(people[0])
    later = told(working(12))
    assert later == {people[0].email: [submission.topic], people[1].email: [submission.topic]}


def test_nobody_is_told_on_a_day_off(people):
    filed(people[0])
    saturday = date(2026, 11, 28)
    assert not is_working_day(saturday)
    assert told(saturday) == {}
    assert told(date(2026, 11, 30))


def test_a_file_that_nobody_took_is_told_to_all_officers_of_its_place(people):
    submission = filed(None)
    assert told(working(3)) == {each.email: [submission.topic] for each in people[:3]}


def test_an_absent_officer_is_told_nothing_and_the_stand_in_is_that_morning(people):
    officer, stand_in, lead, _territory = people
    submission = filed(officer)
    declare_absence(user=officer, starts_on=MONDAY, ends_on=working(30), stand_in=stand_in, by=officer)
    assert told(working(3)) == {stand_in.email: [submission.topic]}
    assert "prenez la première" in last_letter(stand_in).text  # nobody is there to be asked
    declare_absence(user=stand_in, starts_on=working(5), ends_on=working(30), stand_in=None, by=lead)
    assert told(working(9)) == {lead.email: [submission.topic]}


def test_who_left_is_told_nothing_and_the_lead_is_that_morning(people):
    officer, _stand_in, lead, _territory = people
    submission = filed(officer)
    User.objects.filter(pk=officer.pk).update(is_active=False, stand_in=None)
    assert told(working(3)) == {lead.email: [submission.topic]}
    assert "prenez la première" in last_letter(lead).text


def test_a_file_that_went_elsewhere_is_told_there_and_not_to_who_had_it(people):
    officer, _stand_in, _lead, _territory = people
    there = make_officer(CCLO)
    submission = filed(officer, siret="", siren="")
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, on=MONDAY)
    answer_offers(hand_overs=submission.hand_overs.all(), to=there, accept=True)
    Submission.objects.filter(pk=submission.pk).update(officer=officer)  # who has it in hand, and sees it no more
    assert not Submission.objects.visible_to(officer).filter(pk=submission.pk).exists()
    letters = told(working(3))
    assert there.email in letters
    assert not letters.keys() & {person.email for person in people}


def test_a_stand_in_who_does_not_see_the_file_any_more_is_told_nothing(people):
    officer, stand_in, lead, _territory = people
    submission = filed(officer)
    told(working(3))
    stand_in.memberships.all().delete()
    assert told(working(9)) == {lead.email: [submission.topic]}


def test_a_file_placed_nowhere_is_told_to_the_leads_of_all(people):
    elsewhere = make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    submission = filed(None, without=("commune",))
    assert submission.epci is None
    officers = User.objects.filter(memberships__role__in=Membership.REVIEWING)
    assert told(working(1)) == {each.email: [submission.topic] for each in officers}  # the first who calls takes it
    assert told(working(3)) == {each.email: [submission.topic] for each in (people[2], elsewhere)}


def test_a_file_that_is_placed_nowhere_any_more_arrives_for_those_of_other_places(people):
    far = User.objects.get(memberships__organisation__epci__short_name=CCLO)
    submission = filed(None)
    assert far.email not in told(working(1))
    Submission.objects.filter(pk=submission.pk).update(epci=None)
    assert told(working(2)) == {far.email: [submission.topic]}
    assert far.email not in told(working(3))


def test_where_nobody_is_there_the_rung_waits_for_somebody(people):
    submission = filed(people[0])
    for person in people:
        declare_absence(
            user=person, starts_on=MONDAY, ends_on=working(3), stand_in=None, by=people[3]
        ) if person != people[3] else type(person).objects.filter(pk=person.pk).update(is_active=False)
    assert told(working(3)) == {}
    assert told(working(4)) == {people[0].email: [submission.topic]}


def test_the_end_of_the_review_stops_the_clock_and_opening_it_again_starts_another(people):
    officer = people[0]
    submission = filed(officer)
    assert told(working(3))
    end = end_review(submission=submission, officer=officer, on=working(4), message="À bientôt.")
    assert told(working(9)) == {}
    Notification.objects.filter(dedupe_key=end.email_key).update(
        state=Notification.State.SENT, ended_at=timezone.now()
    )
    reopen_review(submission=submission, officer=officer)
    assert Submission.objects.filter(pk=submission.pk, reopened_at__isnull=False).update(reopened_at=at(working(10)))
    assert told(working(11)) == {officer.email: [submission.topic]}  # it came back
    assert told(working(12)) == {}
    assert told(working(13)) == {officer.email: [submission.topic]}


def test_a_call_waits_a_day(people):
    call = make_call(ARC, company_name="Menuiserie du Pont")
    CallRequest.objects.filter(pk=call.pk).update(asked_at=at(MONDAY))
    first = told(working(1))
    assert set(first) == {each.email for each in people[:3]}
    letter = Notification.objects.filter(kind="waiting_digest").first()
    assert call.phone not in letter.text  # who called is read behind the sign-in
    assert call.name not in letter.text
    assert call.company_name
    assert call.company_name not in letter.text + letter.html  # and what names nobody need not be erased with a file
    assert set(told(working(2))) == {people[2].email}
    end_call(call=call, officer=people[0])
    assert told(working(3)) == {}


def test_a_call_that_was_promised_is_told_on_its_morning_then_to_who_comes_next(people):
    officer, stand_in, lead, _territory = people
    submission, other = filed(officer), filed(people[1], siret="", siren="")
    for file in (submission, other):
        end_review(submission=file, officer=officer, on=MONDAY, message="Je vous rappelle.")
    promise = record_step(submission=submission, officer=officer, step="call_back", due_on=working(5), note="devis")
    assert told(working(4)) == {}
    assert told(working(5)) == {officer.email: [submission.topic]}
    letter = Notification.objects.filter(kind="waiting_digest").latest("pk")
    assert "appel promis pour le" in letter.text
    assert submission.reference in letter.text
    assert other.reference not in letter.text
    assert "devis" not in letter.text + letter.html
    assert told(working(6)) == {stand_in.email: [submission.topic]}
    assert told(working(7)) == {lead.email: [submission.topic]}
    close_step(follow_up=promise, officer=officer)
    assert told(working(8)) == {}
    assert not FollowUp.objects.calls_due(working(8)).exists()


def test_what_is_said_names_the_files_of_its_reader_and_no_others(people):
    submission = filed(people[0], company_name="Tôlerie du Clocher")
    far = filed(None, company_name="Fonderie du Voisin", facts={"commune": "60025"})
    told(working(3))
    letter = Notification.objects.get(kind="waiting_digest", recipient=people[0].email)
    assert submission.reference in letter.text
    assert "Tôlerie du Clocher" in letter.text
    assert far.reference not in letter.text
    assert "Voisin" not in letter.text + letter.html
    assert submission.contact.email not in letter.text + letter.html


@pytest.mark.slow
def test_a_year_of_absences_and_holidays_tells_each_rung_once_and_nobody_who_is_away(people):
    officer, stand_in, lead, _territory = people
    files = {filed(officer, on=MONDAY + timedelta(days=11 * n)).pk: n for n in range(20)}
    away: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for n, person in enumerate((officer, stand_in, lead) * 4):
        start = MONDAY + timedelta(days=23 * n)
        end = start + timedelta(days=12)
        declare_absence(user=person, starts_on=start, ends_on=end, stand_in=None, by=person)
        away[person.pk].append((start, end))
    day = MONDAY
    while day < MONDAY + timedelta(days=365):
        tell_who_waits(on=day)
        day += timedelta(days=1)
    rows = Escalation.objects.filter(submission__in=files)
    rungs: dict[tuple[int, str], set[date]] = defaultdict(set)
    for row in rows:
        rungs[row.submission_id, row.rung].add(row.told_on)
        assert is_working_day(row.told_on)
        assert not any(start <= row.told_on <= end for start, end in away[row.to_id])
        days = {"arrival": 1, "officer": 3, "stand_in": 9, "epci_lead": 21, "territory_lead": 45}[row.rung]
        assert row.told_on == add_working_days(row.starts_on, days)
    assert len(rungs) == 5 * len(files)
    assert all(len(mornings) == 1 for mornings in rungs.values())
