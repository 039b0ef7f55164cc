"""Two years of alerts: each once, on its day, one a day for each address and firm, none after a stop.

Eight firms on each day around which something happens; with ``JONCTION_LONG=1`` 500 firms, and each quiet week.
The clock of the process stands at half past midnight in Paris, when UTC is still on the day before, and e-mails leave
in the evening. What is expected is told again here by hand, from the calendar of the schemes alone.
"""

import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import formats
from stdnum import luhn

from backend.common.days import current_day
from backend.matchmaking import alerts
from backend.matchmaking.differences import POSSIBLE, standing_of
from backend.matchmaking.models import Alert, Reminder
from backend.matchmaking.scheme_events import say
from backend.notifications.models import Notification
from backend.notifications.services import deliver, deliverable, stop
from backend.schemes.models import Scheme
from backend.web.management.territory.clock import at
from tests.factories import DAY, first_matches, make_submission, publish_revision
from tests.matchmaking.subscribers import read, withhold

pytestmark = pytest.mark.django_db
LONG = os.environ.get("JONCTION_LONG") == "1"
N_FIRMS, QUIET_DAYS = (500, 7) if LONG else (8, 56)
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

    def days(self) -> set[date]:
        """Return the days around which something happens."""
        marks = [timedelta(days=n) for n in (self.first_notice + 1, self.first_notice, 8, 7, 1, 0, -1)]
        return {self.told, self.opens, *(self.closes - mark for mark in marks), *filter(None, [self.exhausted])}


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
DAYS = sorted(
    {DAY + timedelta(days=n) for n in range(QUIET_DAYS, 731, QUIET_DAYS)}
    | {day for windows in CALENDAR for window in windows for day in window.days()}
    | {change.on + timedelta(days=n) for changes in CHANGES for change in changes for n in (0, 1)}
    | {GONE_ON, GONE_ON + timedelta(days=1)}
)


@dataclass
class Firm:
    """A firm that follows the first two schemes and reads the third; some pause, stop, or share an address."""

    number: int
    submission: object = None
    stops_on: date | None = None
    paused: tuple[date, date] | None = None

    @property
    def frequency(self):
        return FREQUENCIES[self.number % 4]

    @property
    def is_alone(self) -> bool:
        """Whether no other file is of its address and firm."""
        return self.number > 1

    def hears(self, on: date) -> bool:
        paused = self.paused and self.paused[0] <= on < self.paused[1]
        return not paused and not (self.stops_on and self.stops_on <= on)


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
    firm.submission = make_submission(confirmed=True, email=email, siren=siren, siret="", needs=ROBOT)
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
        publish_revision(scheme, window_state=state, opens_on=None, closes_on=None, **plain)
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


def live(firms, schemes, sent):
    """Pass the two years: the first minutes of each day tell, its evening sends."""
    for day in DAYS:
        with at(datetime.combine(day, time(0, 30), tzinfo=PARIS), first_day=DAY):
            assert current_day() == day
            catalogue_of(day, schemes)
            for firm in firms:
                if firm.stops_on and firm.stops_on <= day:
                    stop(address=firm.submission.contact.email, topic=firm.submission.alerts.get().topic)
                if firm.paused and firm.paused[0] <= day < firm.paused[1]:
                    Alert.objects.filter(submission=firm.submission).update(paused_until=firm.paused[1])
            for _again in range(2):  # a worker that is late or sent twice changes nothing
                for pk in alerts.due(on=day):
                    alerts.tell(pk=pk, on=day)
        with at(datetime.combine(day, time(23, 30), tzinfo=PARIS), first_day=DAY):
            for pk, attempt in deliverable():
                if deliver(pk=pk, attempt=attempt):
                    sent[pk] = day


def test_two_years(schemes, settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    firms = [make_firm(number) for number in range(N_FIRMS)]
    for firm in firms:
        for scheme in schemes[:2]:
            say(submission=firm.submission, scheme=scheme, on=DAY, state="followed")
        read(firm.submission)
        alerts.subscribe(submission=firm.submission, frequency=firm.frequency, paused_until=None, on=DAY)
    Notification.objects.all().update(state=Notification.State.SENT)  # receipts and the like, of today
    sent: dict[int, date] = {}
    live(firms, schemes, sent)
    emails = defaultdict(list)
    for email in Notification.objects.filter(pk__in=sent, kind="alert"):
        emails[email.about[0]].append((sent[email.pk], email))
    assert not Notification.objects.filter(kind="alert", state="due").exists()
    assert_cap_is_held(firms, emails)
    for firm in firms:
        mine = sorted(emails[firm.submission.topic], key=lambda one: one[0])
        assert all(firm.hears(day) for day, _email in mine), firm
        assert_nothing_of_another(firm, firms, mine)
        assert_reminders(firm, schemes, mine)
        assert_changes(firm, schemes, mine)
        assert_windows(firm, schemes, mine)


def assert_cap_is_held(firms, emails):
    turns = Counter(
        (firm.submission.contact.email.lower(), firm.submission.sheet.company_id, day)
        for firm in firms
        for day, _email in emails[firm.submission.topic]
    )
    assert turns
    assert max(turns.values()) == 1


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
            for day in filter(window.is_open, DAYS):
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
