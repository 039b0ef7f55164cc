"""A call that nobody answered: noted in one gesture, called again on a working day, and seen by officers alone."""

from datetime import date

import pytest

from backend.accounts.absences import declare_absence
from backend.common.days import add_working_days, current_day
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.firm_words import calls_promised_to
from backend.matchmaking.follow_up import close_step, record_step
from backend.matchmaking.models import FollowUp, Submission
from backend.matchmaking.officer_dates import officer_dates
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.notifications.models import Notification
from backend.territories.models import ServedEpci
from tests.factories import CCLO, DAY, first_matches, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission(officer):
    made = make_submission(confirmed=True)
    made.officer = officer
    made.save()
    return made


def call(submission, officer, step="no_answer", **said):
    return record_step(submission=submission, officer=officer, step=step, **said)


def to_do():
    return ours(FollowUp).to_do()


def test_a_firm_that_does_not_answer_is_called_again_after_one_three_then_five_working_days(submission, officer):
    days = [call(submission, officer).due_on for _ in range(4)]
    assert days == [add_working_days(current_day(), n) for n in (1, 3, 5, 5)]


def test_the_officer_may_choose_another_day(submission, officer):
    day = add_working_days(current_day(), 8)
    assert call(submission, officer, due_on=day).due_on == day


def test_once_it_answered_the_count_starts_again(submission, officer):
    call(submission, officer)
    call(submission, officer)
    call(submission, officer, "contacted")
    assert call(submission, officer).due_on == add_working_days(current_day(), 1)


def test_an_attempt_noted_by_mistake_does_not_count(submission, officer):
    close_step(follow_up=call(submission, officer), officer=officer, cancel=True)
    assert call(submission, officer).due_on == add_working_days(current_day(), 1)


@pytest.mark.cases(1)
@pytest.mark.parametrize("made", ["no_answer", "contacted", "call_back"])
def test_a_call_that_was_made_is_to_do_no_more(submission, officer, made):
    first = call(submission, officer)
    later = call(submission, officer, made, due_on=add_working_days(current_day(), 2))
    first.refresh_from_db()
    assert (first.is_to_do, first.done_by) == (False, officer)
    assert set(to_do()) == ({later} if made != "contacted" else set())


@pytest.mark.parametrize(("ahead", "is_left"), [(0, False), (1, True)])
def test_no_answer_on_the_day_of_a_promise_replaces_it_and_leaves_a_later_one(submission, officer, ahead, is_left):
    promise = call(
        submission, officer, "call_back", due_on=add_working_days(current_day(), ahead) if ahead else current_day()
    )
    again = call(submission, officer)
    assert set(to_do()) == ({promise, again} if is_left else {again})


def test_another_step_leaves_the_call_to_do(submission, officer):
    again = call(submission, officer)
    call(submission, officer, "partner", note="une banque")
    assert again in to_do()


def test_the_firm_reads_no_promise_of_it(submission, officer):
    call(submission, officer)
    assert not calls_promised_to(submission).exists()


def test_its_morning_tells_the_officer_and_their_calendar_keeps_it(submission, officer):
    end_review(submission=submission, officer=officer, on=DAY, message="Je vous appelle.")
    day = date(2027, 1, 6)
    call(submission, officer, due_on=day, note="messagerie pleine")
    tell_who_waits(on=add_working_days(day, -1))
    assert not ours(Notification).filter(kind="waiting_digest").exists()
    tell_who_waits(on=day)
    letter = ours(Notification).get(kind="waiting_digest")
    for words in (letter.text, letter.html):
        assert "appelée sans réponse, à rappeler" in " ".join(words.split())
        assert "appel promis" not in words
        assert "messagerie" not in words
    (kept,) = [one for one in officer_dates(officer, on=current_day()) if one.on == day]
    assert "sans réponse" in kept.description


@pytest.mark.slow
def test_while_they_are_away_the_calendar_of_who_stands_in_keeps_it_too(submission, officer):
    stand_in, days = make_officer(first_name="Inès"), [date(2027, 1, 27), date(2027, 2, 3)]
    for day in days:
        record_step(submission=submission, officer=officer, step="call_back", due_on=day, note="machine")
    assert [one.on for one in officer_dates(officer, on=current_day())] == days
    declare_absence(user=officer, by=officer, starts_on=days[0], ends_on=date(2027, 2, 1), stand_in=stand_in)
    (kept,) = officer_dates(stand_in, on=current_day())
    assert (kept.on, submission.sheet.name in kept.summary) == (days[0], True)
    assert kept.description.endswith(f"À la place de {officer}, jusqu’au 1er février 2027.")
    assert "machine" not in kept.description
    assert [one.on for one in officer_dates(officer, on=current_day())] == days[1:]
    assert officer_dates(make_officer(), on=current_day()) == []
    # A stand-in keeps no day of a file that went where they may not read it.
    ours(Submission).update(epci=ServedEpci.objects.get(short_name=CCLO))
    assert officer_dates(stand_in, on=current_day()) == []


def test_it_is_noted_on_the_page_and_seen_in_the_file_and_in_the_list(client, submission, officer):
    client.force_login(officer)
    response = client.post(f"/agent/{submission.pk}/suivi/", {"step": "no_answer", "note": "", "scheme": ""})
    assert response.status_code == 302
    words = "Appelé, pas de réponse"
    assert words in text_of(client.get(f"/agent/{submission.pk}/"))
    assert words in text_of(client.get("/agent/?etat=a-lire"))
    assert submission.sheet.name not in text_of(client.get("/agent/?etat=a-traiter"))
    assert submission.sheet.name not in text_of(client.get("/agent/?etat=a-rappeler"))  # not before its day
    ours(FollowUp).update(due_on=current_day())
    page = text_of(client.get("/agent/?etat=a-rappeler"))
    assert submission.sheet.name in page
    assert f"appelée sans réponse par {officer}" in page


@pytest.mark.parametrize("step", ["no_answer", "contacted", "call_back", ""])
def test_what_follows_a_call_without_answer_is_not_said_to_be_done(client, submission, officer, step):
    promise, first = call(submission, officer, "call_back", due_on=date(2027, 1, 6)), call(submission, officer)
    if step:
        call(submission, officer, step, due_on=date(2027, 1, 6))
    else:
        close_step(follow_up=first, officer=officer)
    close_step(follow_up=promise, officer=officer)
    client.force_login(officer)
    page = text_of(client.get(f"/agent/{submission.pk}/"))
    assert page.count(f"; suite donnée par {officer} le ") == 1
    assert page.count(f"; fait par {officer} le ") == 1  # the promise
    history = text_of(client.get(f"/agent/{submission.pk}/partie/histoire/"))
    assert "Suite donnée : appelé, pas de réponse" in history
    assert history.count("Fait : ") == 1


def test_a_call_of_an_earlier_day_keeps_it_and_the_next_call_counts_from_it(submission, officer):
    made_on = add_working_days(current_day(), -2)
    step = call(submission, officer, happened_on=made_on, note="messagerie")
    assert step.note == f"c’était le {made_on:%d/%m/%Y} – messagerie"
    assert step.due_on == current_day()  # one working day later was yesterday
    later = call(submission, officer, happened_on=made_on)
    assert later.due_on == add_working_days(made_on, 3)


@pytest.mark.cases(1)
@pytest.mark.parametrize("step", ["no_answer", "contacted"])
def test_a_call_of_a_day_to_come_is_refused_with_what_was_typed(client, submission, officer, step):
    client.force_login(officer)
    day = add_working_days(current_day(), 1)
    sent = {"step": step, "note": "messagerie", "scheme": "", "happened_on": day.isoformat()}
    page = client.post(f"/agent/{submission.pk}/suivi/", sent)
    assert page.status_code == 422
    assert f"Le {day:%d/%m/%Y} est à venir : donnez le jour où c’est arrivé" in text_of(page)
    assert page.context["step_form"]["happened_on"].value() == day.isoformat()
    assert not ours(FollowUp).exists()


def test_a_note_that_has_no_room_beside_its_day_is_refused_and_stays_typed(client, submission, officer):
    client.force_login(officer)
    note, day = "x" * 300, add_working_days(current_day(), -1)
    sent = {"step": "no_answer", "note": note, "scheme": "", "happened_on": day.isoformat()}
    page = client.post(f"/agent/{submission.pk}/suivi/", sent)
    assert page.status_code == 422
    assert "300 signes au plus avec le jour : il y en a 324" in text_of(page)
    assert page.context["step_form"]["note"].value() == note
    assert not ours(FollowUp).exists()
    assert client.post(f"/agent/{submission.pk}/suivi/", {**sent, "note": "x" * 276}).status_code == 302
    assert ours(FollowUp).get().note.endswith(f"{day:%d/%m/%Y} – {'x' * 276}")


def test_the_day_of_a_call_is_kept_from_the_page(client, submission, officer):
    client.force_login(officer)
    day = add_working_days(current_day(), -1)
    client.post(f"/agent/{submission.pk}/suivi/", {"step": "no_answer", "happened_on": day.isoformat()})
    assert f"c’était le {day:%d/%m/%Y}" in text_of(client.get(f"/agent/{submission.pk}/"))


def test_the_link_to_the_follow_up_counts_the_schemes_and_the_steps_that_it_lists(client, submission, officer):
    client.force_login(officer)
    call(submission, officer)
    for match in first_matches(submission, 2):
        say(submission=submission, scheme=match.scheme, state="followed", officer=officer, on=DAY)
    assert "Suivi (3)" in text_of(client.get(f"/agent/{submission.pk}/"))
