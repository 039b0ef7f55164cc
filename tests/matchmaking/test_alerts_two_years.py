"""Two years of alerts and surveys: each once, on its day, one a day for each address and firm, none after a stop.

Eight firms on each day around which something happens; with ``JONCTION_LONG=1`` 500 firms on each day on which
something is due, and some thirty of them on the days around and on quiet days (docs/operations.md).
The clock of the process stands at half past midnight in Paris, when UTC is still on the day before, and e-mails leave
in the evening. Each fifth time a worker is killed as it ends, and another does the same again. What is expected is
told again here by hand, from the calendar of the schemes and of the closings alone.
"""

import os
import re
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import formats
from stdnum import luhn

from backend.common.days import current_day
from backend.matchmaking import alerts
from backend.matchmaking.closing import close_file
from backend.matchmaking.differences import POSSIBLE, standing_of
from backend.matchmaking.models import Alert, Reminder, Survey
from backend.matchmaking.scheme_events import say
from backend.matchmaking.surveys import send_surveys
from backend.notifications.kinds import SURVEYS
from backend.notifications.models import Notification
from backend.notifications.services import deliver, deliverable, stop
from backend.schemes.models import Scheme
from backend.web.management.territory.clock import at
from tests.factories import DAY, first_matches, make_officer, make_submission, publish_revision
from tests.matchmaking.subscribers import read, withhold

pytestmark = pytest.mark.django_db
LONG = os.environ.get("JONCTION_LONG") == "1"
N_FIRMS = int(os.environ.get("JONCTION_FIRMS", "500")) if LONG else 8
QUIET_DAYS = 56
ROBOT = ("numerique.robot",)
PARIS = ZoneInfo("Europe/Paris")
LAST = DAY + timedelta(days=730)
FREQUENCIES = list(Alert.Frequency)
CLOSING_LINE = re.compile(r"^- (.+) : dernier jour le (.+)$", re.MULTILINE)
CLOCKS = (date(2027, 3, 28), date(2027, 10, 31))  # summer begins, and ends


@dataclass(frozen=True)
class Window:
    """When a scheme takes applications, and from when its sheet says so."""

    told: date
    opens: date
    closes: date
    preparation: int | None
    exhausted: date | None = None  # its money runs out before the last day

    @property
    def first_notice(self) -> int:
        return 30 if self.preparation is None else self.preparation + 7

    def is_open(self, on: date) -> bool:
        return self.told <= on and self.opens <= on <= self.closes and not (self.exhausted and self.exhausted <= on)

    def days_due(self) -> set[date]:
        """Return the days on which something of it may be told."""
        notices = {self.closes - timedelta(days=n) for n in (self.first_notice, 7)}
        return {self.told, self.opens, *notices, *filter(None, [self.exhausted])}

    def days_around(self) -> set[date]:
        """Return those around, on which nothing of it is to be told."""
        return {self.closes - timedelta(days=n) for n in (self.first_notice + 1, 8, 1, 0, -1)}


@dataclass(frozen=True)
class Change:
    """An amount that changes on a day while a window is open; each is another one."""

    on: date
    amount: str


CALENDAR = (
    (  # a call of each half-year, whose last days are those when the clocks change
        Window(date(2026, 12, 1), date(2027, 1, 11), CLOCKS[0], None),
        Window(date(2027, 6, 1), date(2027, 7, 1), CLOCKS[1], 20),
        Window(date(2028, 1, 10), date(2028, 2, 1), date(2028, 6, 30), 3),
    ),
    (  # runs out of money the first time; the second one has a short preparation
        Window(date(2026, 12, 15), date(2027, 2, 1), date(2027, 9, 30), 45, exhausted=date(2027, 5, 20)),
        Window(date(2027, 11, 15), date(2027, 12, 1), date(2028, 2, 29), 7),
    ),
)
CHANGES = (
    (Change(date(2027, 2, 10), "Jusqu’à 10 101 €"), Change(date(2028, 3, 3), "Jusqu’à 10 202 €")),
    (Change(date(2027, 4, 14), "Jusqu’à 20 101 €"), Change(date(2028, 1, 20), "Jusqu’à 20 202 €")),
)
GONE_ON = date(2028, 9, 5)  # the third scheme, permanent until then
# Files that an officer closes, and the days from which each question may be asked. There is no 31 February.
SATISFACTION, SIX, TWELVE = Survey.Kind.SATISFACTION, Survey.Kind.SIX_MONTHS, Survey.Kind.TWELVE_MONTHS
CLOSINGS = (
    (date(2027, 1, 20), {SATISFACTION: date(2027, 1, 21), SIX: date(2027, 7, 20), TWELVE: date(2028, 1, 20)}),
    (date(2027, 8, 31), {SATISFACTION: date(2027, 9, 1), SIX: date(2028, 3, 1), TWELVE: date(2028, 8, 31)}),
)
NEXT = timedelta(days=1)
DUE_DAYS = (
    {day for windows in CALENDAR for window in windows for day in window.days_due()}
    | {change.on for changes in CHANGES for change in changes}
    | {GONE_ON}
)
CLOSING_DAYS = [
    {closed_on} | {day + n for day in asked.values() for n in (0 * NEXT, NEXT)} for closed_on, asked in CLOSINGS
]
DAYS = sorted(
    DUE_DAYS.union(*CLOSING_DAYS)
    | {DAY + timedelta(days=n) for n in range(QUIET_DAYS, 731, QUIET_DAYS)}
    | {day for windows in CALENDAR for window in windows for day in window.days_around()}
    | {change.on + NEXT for changes in CHANGES for change in changes}
    | {GONE_ON + NEXT}
)


@dataclass
class Firm:
    """A firm that follows the first two schemes and reads the third; some pause, stop, or share an address."""

    number: int
    submission: object = None
    stops_on: date | None = None
    paused: tuple[date, date] | None = None
    closing: tuple[date, dict[str, date]] | None = None

    @property
    def frequency(self):
        return FREQUENCIES[self.number % 4]

    @property
    def is_alone(self) -> bool:
        """Whether no other file is of its address and firm."""
        return self.number > 1

    @property
    def days(self) -> list[date]:
        """The days on which workers look at it: of most of 500 firms, those on which something is due."""
        if self.number < 8 or self.number % 23 == 0:
            return DAYS
        return sorted(DUE_DAYS | (CLOSING_DAYS[CLOSINGS.index(self.closing)] if self.closing else set()))

    @property
    def turns(self) -> tuple[str, int]:
        """What the cap of one a day is counted for."""
        return self.submission.contact.email.lower(), self.submission.sheet.company_id

    def has_stopped(self, on: date) -> bool:
        return self.stops_on is not None and self.stops_on <= on

    def hears(self, on: date) -> bool:
        paused = self.paused and self.paused[0] <= on < self.paused[1]
        return not paused and not self.has_stopped(on)


def make_firm(number: int) -> Firm:
    base = f"{30_000_000 + max(number, 1):08d}"
    siren = base + luhn.calc_check_digit(base)  # the first two files are of one firm and address
    email = "Firm-1@firm.example" if number == 0 else f"firm-{number}@firm.example"
    if number % 6 in (4, 5):  # firms of one accountant
        email = "compta@cabinet.example"
    firm = Firm(number)
    if number % 5 == 3:
        firm.stops_on = DAY + timedelta(days=120 + 37 * (number % 11))
    if number % 7 == 6:
        firm.paused = (date(2027, 1, 4), date(2027, 3, 15))
    if number % 3 == 2:
        firm.closing = CLOSINGS[number // 3 % 2]
    firm.submission = make_submission(confirmed=True, email=email, siren=siren, siret="", needs=ROBOT, text="")
    return firm


@pytest.fixture
def schemes():
    """Leave three schemes in the catalogue, which serve the need of all firms; two wait for their first window."""
    matches = first_matches(make_submission(needs=ROBOT, siret="", siren="", email="nobody@firm.example"), 30)
    found = [match.scheme for match in matches if not match.guide and standing_of(match) in POSSIBLE][:3]
    assert len(found) == 3
    Scheme.objects.exclude(pk__in=[scheme.pk for scheme in found]).update(state=Scheme.State.ARCHIVED)
    for number, scheme in enumerate(found):
        plain = {"amount_text": "", "rate_max_pct": None, "floor_eur": None, "ceiling_eur": None, "recurring": False}
        state = "permanent" if number == 2 else "closed"
        publish_revision(scheme, window_state=state, opens_on=None, closes_on=None, needs={ROBOT[0]: 1.0}, **plain)
    return found


def catalogue_of(on, schemes):
    """Let editors write what is known from a day on."""
    for scheme, windows, changes in zip(schemes, CALENDAR, CHANGES, strict=False):
        for window in windows:
            if window.told == on:
                dates = {"opens_on": window.opens, "closes_on": window.closes}
                publish_revision(scheme, window_state="dated", preparation_days=window.preparation, **dates)
            if window.exhausted == on:
                publish_revision(scheme, window_state="exhausted")
        for change in changes:
            if change.on == on:
                publish_revision(scheme, amount_text=change.amount)
    if on == GONE_ON:
        withhold(schemes[2])


class Killed(BaseException):
    """A worker that dies before its transaction commits."""


def killed(step):
    """Do something and lose it."""
    with suppress(Killed), transaction.atomic():
        step()
        raise Killed


def live(firms, schemes, sent):
    """Pass the two years: the first minutes of each day tell and ask, its evening sends; return how many looks."""
    officer, n_looked = make_officer(), 0
    watches = {firm.submission.alerts.get().pk: set(firm.days) for firm in firms}
    for number, day in enumerate(DAYS):
        with at(datetime.combine(day, time(0, 30), tzinfo=PARIS), first_day=DAY):
            assert current_day() == day
            catalogue_of(day, schemes)
            for firm in firms:
                what_firms_do(firm, day, officer)
            for _again in range(2):  # a worker that is late or sent twice changes nothing
                for pk in alerts.due(on=day):
                    if day in watches[pk]:
                        if pk % 5 == number % 5:
                            killed(partial(alerts.tell, pk=pk, on=day))
                        alerts.tell(pk=pk, on=day)
                        n_looked += 1
            killed(partial(send_surveys, on=day))
            for _again in range(2):
                send_surveys(on=day)
        with at(datetime.combine(day, time(23, 30), tzinfo=PARIS), first_day=DAY):
            for pk, attempt in deliverable(limit=10 * N_FIRMS):
                if deliver(pk=pk, attempt=attempt):
                    sent[pk] = day
        if LONG:  # as PostgreSQL does by itself; what it counts outlives the rows of this test and misleads others
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
    return n_looked


def what_firms_do(firm, day, officer):
    submission = firm.submission
    if firm.has_stopped(day):
        for topic in (submission.alerts.get().topic, SURVEYS.format(about=submission.topic)):
            stop(address=submission.contact.email, topic=topic)
    if firm.paused and firm.paused[0] <= day < firm.paused[1]:
        Alert.objects.filter(submission=submission).update(paused_until=firm.paused[1])
    if firm.closing and firm.closing[0] == day:
        close_file(submission=submission, officer=officer, reason="helped")


@pytest.mark.slow
def test_two_years(schemes, settings, pytestconfig):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    firms = [make_firm(number) for number in range(N_FIRMS)]
    for firm in firms:
        for scheme in schemes[:2]:
            say(submission=firm.submission, scheme=scheme, on=DAY, state="followed")
        read(firm.submission)
        alerts.subscribe(submission=firm.submission, frequency=firm.frequency, paused_until=None, on=DAY)
    Notification.objects.all().update(state=Notification.State.SENT)  # receipts and the like, of today
    sent: dict[int, date] = {}
    begun = perf_counter()
    n_looked = live(firms, schemes, sent)
    emails, questions = defaultdict(list), defaultdict(list)
    for email in Notification.objects.filter(pk__in=sent, kind__in=("alert", "survey")):
        of_kind = emails if email.kind == "alert" else questions
        of_kind[email.about[0]].append((sent[email.pk], email))
    n_of = {name: sum(map(len, of.values())) for name, of in (("alerts", emails), ("surveys", questions))}
    pytestconfig.get_terminal_writer().line(
        f"{N_FIRMS} firms, {len(DAYS)} days: looked {n_looked} times, {n_of['alerts']} alerts,"
        f" {n_of['surveys']} surveys, {perf_counter() - begun:.0f} s"
    )
    assert not Notification.objects.filter(kind__in=("alert", "survey"), state="due").exists()
    assert_cap_is_held(firms, emails, questions)
    for firm in firms:
        assert_surveys(firm, firms, emails, questions[firm.submission.topic])
        mine = sorted(emails[firm.submission.topic], key=lambda one: one[0])
        assert all(firm.hears(day) for day, _email in mine), firm
        assert_nothing_of_another(firm, firms, mine)
        assert_reminders(firm, schemes, mine)
        assert_changes(firm, schemes, mine)
        assert_windows(firm, schemes, mine)


def assert_cap_is_held(firms, emails, questions):
    turns = Counter(
        (*firm.turns, day)
        for firm in firms
        for day, _email in (*emails[firm.submission.topic], *questions[firm.submission.topic])
    )
    assert turns
    assert max(turns.values()) == 1


def assert_surveys(firm, firms, emails, mine):
    """Find each question asked once: on its day, or on the next one where an alert had the turn; none after a stop."""
    beside = [other for other in firms if other.turns == firm.turns]
    told = {day for other in beside for day, _email in emails[other.submission.topic]}
    expected = {}
    for kind, first in firm.closing[1].items() if firm.closing else ():
        days = (day for day in DAYS if first <= day <= first + NEXT and day not in told)
        asked = next((day for day in days if not firm.has_stopped(day)), None)
        if asked:
            expected[kind] = asked
    rows = firm.submission.surveys.all()
    assert {row.kind: row.asked_on for row in rows} == expected, firm
    assert sorted(day for day, _email in mine) == sorted(expected.values())
    n_outcomes = len(expected.keys() & {SIX, TWELVE})
    assert rows.filter(handed_on__isnull=False).count() == n_outcomes
    assert firm.submission.follow_ups.outcomes().count() == bool(n_outcomes)


def assert_nothing_of_another(firm, firms, mine):
    others = {other.submission.reference for other in firms if other is not firm}
    for _day, email in mine:
        assert firm.submission.reference in email.text
        assert not set(re.findall(r"D-\d{4}-\d+", email.text + email.html)) & others


def assert_reminders(firm, schemes, mine):
    """Find each last day reminded when it should be, and never otherwise."""
    found = sorted((day, name, last) for day, email in mine for name, last in CLOSING_LINE.findall(email.text))
    expected = []
    for scheme, windows in zip(schemes, CALENDAR, strict=False):
        for window in windows:
            last = formats.date_format(window.closes, "l j F Y")
            first = None
            for day in filter(window.is_open, firm.days):
                left = (window.closes - day).days
                if not firm.hears(day):
                    continue
                if 7 < left <= window.first_notice and first is None:
                    first = day
                    expected.append((day, scheme.current.name, last))
                elif left <= 7:
                    if first is None or (window.closes - first).days >= 14:
                        expected.append((day, scheme.current.name, last))
                    break
    if firm.is_alone:
        assert found == sorted(expected), firm
    else:  # of two files that share their turns one waits a day
        assert len({row[1:] for row in found}) == len({row[1:] for row in expected})
        assert Counter(row[1:] for row in found) <= Counter(row[1:] for row in expected)
    assert len(found) == Reminder.objects.filter(alert__submission=firm.submission).count()


def assert_changes(firm, schemes, mine):
    """Find each amount told once, to those who hear of changes."""
    for changes in CHANGES:
        for change in changes:
            days = [day for day, email in mine if f"→ {change.amount}" in email.text]
            assert len(days) <= 1, (firm, change)
            if firm.frequency == Alert.Frequency.CLOSING:
                assert not days
            elif firm.frequency == Alert.Frequency.IMMEDIATE and firm.hears(change.on) and firm.is_alone:
                assert days == [change.on], firm


def assert_windows(firm, schemes, mine):
    """Find each opening, and what closed early or for good, told once and on its day to those who hear at once."""
    for scheme, windows in zip(schemes, CALENDAR, strict=False):
        opened = [day for day, email in mine if scheme.current.name in section(email, "VIENT D’OUVRIR")]
        closed = [day for day, email in mine if scheme.current.name in section(email, "N’ACCEPTE PLUS DE DEMANDES")]
        opens = [window.opens for window in windows if firm.hears(window.opens)]
        early = [window.exhausted for window in windows if window.exhausted and firm.hears(window.exhausted)]
        assert len(opened) <= len(windows)
        if firm.frequency == Alert.Frequency.IMMEDIATE and firm.is_alone and not firm.paused:
            assert opened == opens, firm
        if firm.frequency == Alert.Frequency.CLOSING:
            assert not opened
        if firm.frequency in (Alert.Frequency.IMMEDIATE, Alert.Frequency.CLOSING) and firm.is_alone:
            assert closed == early, firm
    gone = [day for day, email in mine if "Il n’est plus proposé" in email.text]
    assert len(gone) == firm.hears(LAST), firm
    if firm.frequency in (Alert.Frequency.IMMEDIATE, Alert.Frequency.CLOSING) and firm.is_alone:
        assert gone == [GONE_ON] * firm.hears(GONE_ON)


def section(email, heading):
    """Return what stands under a heading of an e-mail, in capitals, up to the next one."""
    _before, found, after = email.text.partition(heading)
    return re.split(r"\n[A-ZÉÈ’ :]{8,}\n", after)[0] if found else ""
