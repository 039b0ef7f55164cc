"""Days to keep as calendar files, read back by another library than the one that wrote them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from ical.calendar_stream import IcsCalendarStream
from ical.timeline import calendar_timeline

from backend.matchmaking.scheme_events import say
from backend.matchmaking.state_aid import declare_aid
from backend.schemes.models import Scheme
from tests.factories import DAY, first_matches, link_to, make_submission, publish_revision
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)
LAST_DAY, PREPARE = "Dernier jour", "À préparer dès maintenant"


def read(response):
    """Return the calendar of an answer as a client reads it."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    text = response.content.decode()
    lines = text.encode().split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines), "a line is 75 octets at most (RFC 5545, 3.1)"
    assert "\n" not in text.replace("\r\n", "")
    return IcsCalendarStream.calendar_from_ics(text)


def days_of(calendar):
    """Return the days of a calendar by what they are: the first word of each."""
    return {event.summary.split("\xa0:")[0]: event.dtstart for event in calendar.events}


@pytest.fixture
def scheme():
    """Return a scheme whose days nothing else in these tests changes."""
    return Scheme.objects.get(source_key="hdf-aden")


def dated(scheme, closes_on, **changes):
    fields = {"window_state": "dated", "opens_on": date(2026, 1, 5), "recurring": None, "preparation_days": None}
    return publish_revision(scheme, **{**fields, "closes_on": closes_on, **changes})


def at(settings, day):
    settings.FIXED_DAY = day


def of_scheme(client, scheme):
    return read(client.get(f"/dispositifs/{scheme.source_key}/dates.ics"))


# -- one scheme


@pytest.mark.cases(2)
@pytest.mark.parametrize("last", [date(2026, 10, 25), date(2027, 3, 28), date(2028, 2, 29), date(2026, 12, 31)])
def test_a_last_day_is_there_until_it_has_passed_whatever_clocks_do(client, settings, scheme, last):
    dated(scheme, last)
    for day, expected in ((last - ONE, last), (last, last), (last + ONE, None)):
        at(settings, day)
        calendar = of_scheme(client, scheme)
        assert days_of(calendar).get(LAST_DAY) == expected
        for zone in ("Europe/Paris", "Pacific/Auckland", "America/Guadeloupe"):  # a whole day, the same everywhere
            seen = [event.start for event in calendar_timeline(calendar.events, ZoneInfo(zone))]
            assert seen == ([expected] if expected else [])
        assert all((event.end - event.start) == ONE for event in calendar.events)


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"preparation_days": 30}, {LAST_DAY: date(2027, 3, 28), PREPARE: date(2027, 2, 26)}),
        ({"preparation_days": 200}, {LAST_DAY: date(2027, 3, 28)}),  # the day to begin has passed
        ({"preparation_days": None}, {LAST_DAY: date(2027, 3, 28)}),
        ({"preparation_days": 0}, {LAST_DAY: date(2027, 3, 28)}),
        ({"opens_on": date(2027, 1, 4)}, {"Ouverture": date(2027, 1, 4), LAST_DAY: date(2027, 3, 28)}),
        ({"window_state": "permanent", "closes_on": None, "opens_on": None}, {}),
        ({"window_state": "suspended"}, {}),
        (
            {"closes_on": date(2026, 6, 1), "opens_on": date(2024, 2, 29), "recurring": True},
            {"Réouverture attendue, à confirmer": date(2027, 2, 28)},
        ),
    ],
)
def test_the_days_of_a_scheme(client, settings, scheme, changes, expected):
    dated(scheme, **{"closes_on": date(2027, 3, 28), **changes})
    at(settings, DAY)
    assert days_of(of_scheme(client, scheme)) == expected


def test_a_day_that_moves_is_the_same_event_and_says_when_it_was_stated(client, settings, scheme):
    at(settings, DAY)
    dated(scheme, date(2027, 3, 28))
    before = of_scheme(client, scheme)
    assert client.get(f"/dispositifs/{scheme.source_key}/dates.ics").content == (
        client.get(f"/dispositifs/{scheme.source_key}/dates.ics").content
    )
    revision = dated(scheme, date(2027, 4, 15))
    [one], [two] = before.events, of_scheme(client, scheme).events
    assert one.uid == two.uid
    assert (one.dtstart, two.dtstart) == (date(2027, 3, 28), date(2027, 4, 15))
    assert two.dtstamp == two.last_modified == revision.recorded_at.replace(microsecond=0)
    assert str(two.url).endswith(f"/dispositifs/{scheme.source_key}/")


def test_a_scheme_without_a_day_gives_a_calendar_that_clients_read(client, scheme):
    dated(scheme, None, window_state="permanent", opens_on=None)
    response = client.get(f"/dispositifs/{scheme.source_key}/dates.ics")
    assert read(response).events == []
    assert b"BEGIN:VTIMEZONE" in response.content  # one component at least (RFC 5545, 3.4)


def test_names_with_commas_and_signs_come_back_as_they_are(client, settings, scheme):
    at(settings, DAY)
    name = "Prêt « relance » ; études, conseil : 50 % \\ " + "é" * 100
    dated(scheme, date(2027, 3, 28), name=name)
    [event] = of_scheme(client, scheme).events
    assert event.summary == f"{LAST_DAY}\xa0: {name}"


def test_the_days_of_a_sheet_that_nobody_checked_are_not_told(client):
    draft = Scheme.objects.drafts().first()
    assert client.get(f"/dispositifs/{draft.source_key}/dates.ics").status_code == 404


def test_pages_lead_to_the_days_only_where_there_is_one(client, settings):
    at(settings, DAY)
    submission = make_submission()
    scheme, token = shown(submission, 1)[0], link_to(submission)
    path = f"/dispositifs/{scheme.source_key}/dates.ics"
    pages = (f"/dispositifs/{scheme.source_key}/", f"/resultat/{token}/dispositif/{scheme.pk}/")
    dated(scheme, date(2027, 3, 28))
    assert all(path in client.get(page).content.decode() for page in pages)
    dated(scheme, None, window_state="permanent", opens_on=None)
    assert not any(path in client.get(page).content.decode() for page in pages)


# -- the schemes of a firm


def shown(submission, n):
    return [match.scheme for match in first_matches(submission, n)]


def undated(submission):
    """Leave no scheme that a firm is shown with a day, so that a test says which have one."""
    for scheme in shown(submission, 15):
        if scheme.current.closes_on or scheme.current.opens_on:
            dated(scheme, None, window_state="permanent", opens_on=None)


def test_a_firm_gets_the_days_of_its_five_and_of_what_it_follows_in_order_and_another_its_own(client, settings):
    at(settings, DAY)
    submission, other = make_submission(confirmed=True), make_submission(confirmed=True, email="autre@voisine.example")
    undated(submission)
    path = f"/resultat/{link_to(submission)}/"
    assert f"{path}dates.ics" not in client.get(path).content.decode()
    assert "Aucune date n’est connue pour vos dispositifs" in text_of(client.get(f"{path}dates.ics", follow=True))
    last = shown(other, 13)[12]
    dated(last, date(2027, 2, 1))
    say(submission=other, scheme=last, state="followed", on=DAY)
    declare_aid(submission=other, on=DAY, granted_on=date(2025, 1, 1), amount_eur=Decimal(99))
    assert [event.dtstart for event in read(client.get(f"/resultat/{link_to(other)}/dates.ics")).events] == [
        date(2027, 2, 1),
        date(2028, 1, 1),
    ]
    assert client.get(f"{path}dates.ics").status_code == 302
    schemes = shown(submission, 12)
    for n, scheme in enumerate(schemes):
        dated(scheme, date(2027, 3, 28) + n * ONE)
    say(submission=submission, scheme=schemes[10], state="followed", on=DAY)
    response = client.get(f"{path}dates.ics")
    calendar = read(response)
    names = [event.summary for event in calendar.events]
    assert len(names) == 6
    assert any(name.endswith(schemes[10].current.name) for name in names)
    assert all(one <= two for one, two in pairwise(event.dtstart for event in calendar.events))
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert not response.cookies
    assert "lien-" not in response.content.decode()
    for kept in ("Tôlerie", "Morel", "isabelle", "03 53", submission.reference):
        assert kept not in response.content.decode()


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", ["applied", "has_it", "set_aside"])
def test_what_was_asked_for_or_is_not_wanted_has_no_day_any_more(client, settings, state):
    at(settings, DAY)
    submission = make_submission(confirmed=True)
    scheme = shown(submission, 1)[0]
    dated(scheme, date(2027, 3, 28))
    path = f"/resultat/{link_to(submission)}/dates.ics"
    assert scheme.current.name in str([event.summary for event in read(client.get(path)).events])
    say(
        submission=submission,
        scheme=scheme,
        state=state,
        reason="other_project" if state == "set_aside" else "",
        on=DAY,
    )
    answer = client.get(path)
    assert scheme.current.name not in answer.content.decode().replace("\r\n ", "")


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("granted", "leaves"), [(date(2024, 2, 29), date(2027, 3, 1)), (date(2024, 3, 28), date(2027, 3, 28))]
)
def test_the_day_an_aid_is_three_years_old_is_there_without_what_it_was(client, settings, granted, leaves):
    submission = make_submission(confirmed=True)
    for amount in (12345, 23456):  # of one day
        declare_aid(submission=submission, on=DAY, granted_on=granted, amount_eur=Decimal(amount), title="Pass Export")
    path = f"/resultat/{link_to(submission)}/dates.ics"
    for day, expected in ((leaves - ONE, [leaves]), (leaves, [leaves]), (leaves + ONE, [])):
        at(settings, day)
        answer = client.get(path)
        events = read(answer).events if answer.status_code == 200 else []
        assert [event.dtstart for event in events if event.summary.startswith("De minimis")] == expected
        assert not any(kept in answer.content.decode() for kept in ("12345", "23456", "Pass Export"))
