"""Telling firms what is new: who asked, once, at their rhythm, nothing lost, and nothing to those who stopped."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from backend.matchmaking import alerts
from backend.matchmaking.models import Alert, Rematch, Reminder, SchemeEvent
from backend.matchmaking.results import compute_result, latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.services import confirm_address, correct_submission
from backend.notifications.services import stop
from backend.schemes.catalogue.publishing import publish as publish_proposal
from tests.factories import (
    DAY,
    as_sent,
    decide,
    first_matches,
    led_to,
    link_to,
    make_officer,
    make_submission,
    publish_revision,
    revise_scheme,
)
from tests.matchmaking.subscribers import (
    IMMEDIATE,
    MONTHLY,
    NEXT_DAY,
    closing,
    publish,
    read,
    subscriber,
    sweep,
    withheld,
    withhold,
)
from tests.neighbour import ours
from tests.schemes.people import make_approver, make_proposal, record_of

pytestmark = pytest.mark.django_db


ROBOT = ("numerique.robot",)  # what ``scheme`` serves
WHOLLY = {"numerique.robot": 1.0}  # it has a card


@pytest.fixture
def scheme():
    return withheld()


# -- who is told


def test_a_newly_published_scheme_is_told_once_to_those_concerned_who_asked(scheme, tmp_path):
    publish(scheme)
    revise_scheme(tmp_path, scheme.source_key, criteria=[{"kind": "headcount", "at_most": 250}])
    withhold(scheme)
    scheme.refresh_from_db()
    asked = subscriber(email="a@firm.example")
    subscriber(email="b@firm.example", needs=("creation.transmettre",))  # another need
    subscriber(email="c@firm.example", facts={"naf": "01.11Z", "headcount": 60_000.0})
    make_submission(confirmed=True, email="d@firm.example")  # never asked
    unconfirmed = make_submission(email="e@firm.example", wants_alerts=True)
    assert sweep() == []
    publish(scheme)
    told = sweep()
    assert [email.recipient for email in told if scheme.current.name in email.text] == [asked.contact.email]
    assert unconfirmed.contact.email not in {email.recipient for email in told}
    assert sweep() == []
    assert sweep(NEXT_DAY) == []


def test_nothing_is_due_while_nothing_changes():
    subscriber()
    sweep()
    assert alerts.due(on=DAY) == []


def test_what_moved_for_one_firm_is_heard_by_its_own_alert_once(scheme):
    mine, other = subscriber(), subscriber(email="b@firm.example")
    sweep()
    rematching = Rematch.objects.create(on=DAY, opened_at=timezone.now(), done_at=timezone.now())
    change = rematching.changes.create(scheme=scheme, after=scheme.current)
    moves = [change.moves.create(submission=file, before="eligible", after="absent") for file in (mine, other)]
    heard, unheard = (file.alerts.get().pk for file in (mine, other))
    assert set(alerts.due(on=DAY)) == {heard, unheard}
    alerts.tell(pk=heard, on=DAY)
    assert alerts.due(on=DAY) == [unheard]
    for move in moves:
        move.refresh_from_db()
    assert [move.heard_at for move in moves] == [Alert.objects.get(pk=heard).checked_at, None]


def test_an_alert_is_due_again_where_its_own_result_is_newer():
    mine, other = subscriber(), subscriber(email="b@firm.example")
    sweep()
    compute_result(submission=mine, on=DAY)
    assert alerts.due(on=DAY) == [mine.alerts.get().pk]
    Alert.objects.filter(submission=other).update(checked_at=None)
    assert set(alerts.due(on=DAY)) == {file.alerts.get().pk for file in (mine, other)}


def test_a_filing_that_asks_is_heard_once_its_address_is_confirmed(scheme):
    submission = make_submission(wants_alerts=True)
    publish(scheme)
    assert sweep() == []
    confirm_address(submission=submission)  # the receipt shows the new scheme: it is no news
    read(submission)
    assert sweep() == []
    withhold(scheme)
    sweep()
    publish(scheme)
    assert len(sweep()) == 1


def test_a_firm_that_did_not_tick_the_box_has_no_alert():
    make_submission(confirmed=True)
    assert not ours(Alert).exists()


def test_a_firm_that_stopped_and_asks_again_is_told_of_what_came_after(scheme):
    submission = subscriber()
    stop(address=submission.contact.email, topic=submission.alerts.get().topic)
    publish(scheme)
    assert sweep() == []
    alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=DAY)
    assert sweep() == []  # it is on the page it asks from
    withhold(scheme)
    sweep()
    publish(scheme)
    assert len(sweep()) == 1


def test_a_firm_that_ended_its_alert_on_the_page_gets_nothing(scheme):
    submission = subscriber()
    alerts.unsubscribe(submission=submission)
    publish(scheme)
    assert sweep() == []


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", ["already_has_it", "not_interested", "asked_and_refused", "not_worth_it"])
def test_what_a_person_set_aside_is_not_told(scheme, reason):
    publish(scheme)
    submission, officer = subscriber(), make_officer()
    decide(submission, scheme, officer, reason)
    end_review(submission=submission, officer=officer, on=DAY)
    withhold(scheme)
    sweep()
    publish(scheme)
    assert sweep() == []


@pytest.mark.cases(1)
@pytest.mark.parametrize("is_reviewed", [False, True])
def test_an_alert_says_whether_the_request_was_read(scheme, is_reviewed):
    submission, _other = subscriber(needs=ROBOT), make_submission(confirmed=True, email="b@firm.example")
    if not is_reviewed:  # a correction of the firm's asks for another reading
        correct_submission(submission=submission, facts={"headcount": 48.0}, on=DAY)
    publish(scheme)
    (email,) = sweep()
    for body in (email.text, email.html):
        assert ("pas encore été relu" in body) == (not is_reviewed)
        assert ("personne ne l’a relu" in body) == is_reviewed


DISMISSALS = [*({"state": "set_aside", "reason": reason} for reason in SchemeEvent.Reason), {"state": "has_it"}]


@pytest.mark.cases(1)
@pytest.mark.parametrize("said", DISMISSALS)
def test_what_the_firm_dismissed_is_not_told_and_is_again_once_undone(scheme, said):
    publish(scheme)
    submission, other = subscriber(), subscriber(email="autre@firm.example", siret="", siren="")
    say(submission=submission, scheme=scheme, on=DAY, **said)
    withhold(scheme)
    sweep()
    publish(scheme)
    assert [email.recipient for email in sweep()] == [other.contact.email]
    undo_last(submission=submission, scheme=scheme, on=DAY)
    withhold(scheme)
    sweep(NEXT_DAY)
    publish(scheme)
    assert submission.contact.email in [email.recipient for email in sweep(NEXT_DAY)]


@pytest.mark.slow
def test_a_followed_scheme_that_closes_is_told_even_where_others_were_kept(scheme):
    submission, officer = subscriber(), make_officer()
    kept, followed, *_, other = (match.scheme for match in first_matches(submission, 9))  # the last is not read first
    decide(submission, kept, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    say(submission=submission, scheme=followed, state="followed", on=DAY)
    for each in (followed, other):
        closing(each, DAY + timedelta(days=5))
    sweep()
    assert [row.scheme for row in ours(Reminder)] == [followed]


# -- what is news


def test_a_scheme_with_one_open_question_is_told_with_the_question(scheme, tmp_path):
    publish(scheme)
    revise_scheme(tmp_path, scheme.source_key, criteria=[{"kind": "activity", "any_of": ["C"]}])
    submission = subscriber(without=("naf",))
    match = submission.results.first().matches.get(scheme=scheme)
    assert match.unknown == ["naf"]
    withhold(scheme)
    sweep()
    publish(scheme)
    (email,) = sweep()
    assert match.revision.name in email.text
    assert "Il manque : l’activité (code NAF)" in email.text


def test_a_changed_scheme_is_told_with_what_it_was_and_what_it_is_and_what_no_firm_reads_is_not(scheme):
    publish(scheme)
    publish_revision(scheme, amount_text="Jusqu’à 10 000 €", rate_max_pct=None, floor_eur=None, ceiling_eur=None)
    subscriber(needs=ROBOT)
    publish_revision(scheme, notes="Une remarque interne.", next_step="Appeler d’abord.")
    assert sweep() == []
    publish_revision(scheme, amount_text="Jusqu’à 25 000 €")
    (email,) = sweep()
    assert "Jusqu’à 10 000 € → Jusqu’à 25 000 €" in email.text


def test_a_window_that_opens_again_is_told_on_its_first_day(scheme):
    publish(scheme)
    publish_revision(scheme, window_state="closed", opens_on=None, closes_on=None)
    subscriber()
    publish_revision(scheme, window_state="dated", opens_on=DAY + timedelta(days=3), closes_on=date(2027, 6, 30))
    assert sweep(DAY + timedelta(days=2)) == []
    (email,) = sweep(DAY + timedelta(days=3))
    assert "VIENT D’OUVRIR" in email.text
    assert scheme.current.name in email.text


def test_a_scheme_that_a_condition_shuts_out_is_told_of_the_five_and_of_what_was_kept_only(scheme, tmp_path):
    publish(scheme)
    submission, officer = subscriber(), make_officer()
    decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    # With the one that was kept, five are read first; who orients stands apart.
    *_, fourth, other = [match for match in first_matches(submission, 10) if not match.guide][:5]
    too_small = [{"kind": "headcount", "at_most": 1}]
    for changed in (scheme, fourth.scheme, other.scheme):
        revise_scheme(tmp_path, changed.source_key, criteria=too_small)
    (email,) = sweep()
    assert "N’EST PLUS POSSIBLE" in email.text
    assert scheme.current.name in email.text
    assert fourth.scheme.current.name in email.text
    assert other.scheme.current.name not in email.text


# -- a changed submission


def test_what_an_officer_corrects_after_the_review_is_news():
    submission = subscriber(facts={"naf": "01.11Z"})
    officer = make_officer()
    sweep()
    correct_submission(submission=submission, facts={"naf": "25.62B"}, on=DAY, author=officer)
    (email,) = sweep()
    assert "VOUS POUVEZ LE DEMANDER" in email.text


def test_what_the_firm_corrects_itself_is_before_its_eyes():
    submission = subscriber(facts={"naf": "01.11Z"})
    correct_submission(submission=submission, facts={"naf": "25.62B"}, on=DAY)
    assert sweep() == []


def test_what_the_end_of_the_review_tells_is_no_news_any_more():
    submission, officer = subscriber(facts={"naf": "01.11Z"}), make_officer()
    correct_submission(submission=submission, facts={"naf": "25.62B"}, on=DAY, author=officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    assert sweep() == []


def test_opening_the_result_does_not_make_news_old(client, scheme):
    submission = subscriber()
    publish(scheme)
    client.get(f"/resultat/{link_to(submission)}/")  # a scanner that opens every link does the same
    assert len(sweep()) == 1


# -- closing dates


@pytest.mark.cases(1)
@pytest.mark.parametrize("frequency", [MONTHLY, IMMEDIATE])
def test_a_closing_date_is_reminded_with_time_to_prepare_then_in_the_last_week(scheme, frequency):
    closes_on = DAY + timedelta(days=60)
    closing(scheme, closes_on, preparation_days=20, needs=WHOLLY)
    subscriber(frequency, needs=ROBOT)
    reminded = [
        day
        for day in (0, 32, 33, 52, 53, 54)  # around each day that counts
        for email in sweep(DAY + timedelta(days=day))
        if "FERME BIENTÔT" in email.text and scheme.current.name in email.text
    ]
    assert reminded == [60 - 27, 60 - 7]
    assert Reminder.objects.filter(scheme=scheme).count() == 2


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", ["exhausted", "suspended", "closed"])
def test_what_takes_no_applications_any_more_is_not_reminded(scheme, state):
    closing(scheme, DAY + timedelta(days=5))
    submission, officer = subscriber(), make_officer()
    decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    publish_revision(scheme, window_state=state)
    assert not any("FERME BIENTÔT" in email.text for email in sweep(NEXT_DAY))
    assert not Reminder.objects.exists()


def test_a_parent_is_not_lost_where_its_variant_takes_its_place(scheme):
    publish(scheme)
    submission, officer = subscriber(), make_officer()
    decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    local = record_of(scheme, key="essai-local", name="Version locale", variant_of=scheme.source_key)
    publish_proposal(proposal=make_proposal(**local), approver=make_approver())
    told = [email.text for email in sweep(NEXT_DAY)]
    assert not any("N’EST PLUS POSSIBLE" in text for text in told)
    assert any("Version locale" in text for text in told)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("preparation", "reminded"),
    [
        (6, {"prepare": 13}),  # one e-mail where both would be under a week apart
        (None, {"prepare": 30, "last_week": 7}),  # thirty days in all where nobody says how long it takes
        (7, {"prepare": 14, "last_week": 7}),
        (1, {"prepare": 8}),
        (0, {"last_week": 7}),
    ],
)
def test_a_last_day_is_reminded_twice_at_least_a_week_apart_or_once(scheme, preparation, reminded):
    closes_on = DAY + timedelta(days=40)
    closing(scheme, closes_on, preparation_days=preparation, needs=WHOLLY)
    subscriber(needs=ROBOT)
    for left in sorted({day + by for day in (*reminded.values(), 7) for by in (1, 0, -1)}, reverse=True):
        sweep(closes_on - timedelta(days=left))
    rows = Reminder.objects.filter(scheme=scheme).values_list("stage", "sent_on")
    assert {stage: (closes_on - sent_on).days for stage, sent_on in rows} == reminded


@pytest.mark.slow
def test_who_subscribes_late_is_reminded_once(scheme):
    closes_on = DAY + timedelta(days=9)
    closing(scheme, closes_on, needs=WHOLLY)
    subscriber(needs=ROBOT)
    sent = [len(sweep(DAY + timedelta(days=day))) for day in (0, 1, 2, 9)]  # the last week begins on the third
    assert sent == [1, 0, 0, 0]


@pytest.mark.slow
def test_what_the_firm_does_not_read_first_is_not_reminded(scheme):
    submission, officer = subscriber(), make_officer()
    for match in first_matches(submission, 5):
        decide(submission, match.scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    closing(scheme, DAY + timedelta(days=5))
    assert not any("FERME BIENTÔT" in email.text for email in [*sweep(), *sweep(NEXT_DAY)])


def test_a_date_that_moves_is_reminded_anew(scheme):
    closing(scheme, DAY + timedelta(days=5), needs=WHOLLY)
    subscriber(needs=ROBOT)
    sweep()
    publish_revision(scheme, closes_on=DAY + timedelta(days=30))
    sweep(NEXT_DAY)
    sweep(DAY + timedelta(days=23))
    stages = Reminder.objects.filter(scheme=scheme).order_by("sent_on").values_list("stage", flat=True)
    assert list(stages) == ["last_week", "prepare", "last_week"]


# -- the e-mail


def test_the_email_can_be_stopped_in_one_click_says_why_it_came_and_moves_the_mark(scheme):
    submission = subscriber()
    publish(scheme)
    (email,) = sweep()
    assert email.topic == submission.alerts.get().topic
    sent = as_sent(email)
    for body in (sent.text, sent.html):
        assert "vous avez demandé à être prévenu" in body.lower() or "Vous avez demandé à être prévenu" in body
        assert led_to(re.search(r"(/resultat/[\w-]+/)#alertes", body).group(1)) == submission
        assert "/arreter/" in body
        assert "personne ne l’a relu" in body
    assert "Du nouveau" in email.html
    alert = Alert.objects.get(submission=submission)
    assert (alert.told, alert.sent_on) == (latest_result(submission, on=DAY), DAY)
