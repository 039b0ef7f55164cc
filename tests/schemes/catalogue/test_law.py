"""Days on which a text changes: which sheets rest on it, when they are told of, once, and until when."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.accounts.models import User
from backend.notifications.models import Notification
from backend.schemes.catalogue.dates import published
from backend.schemes.catalogue.law import due, law_events, notices
from backend.schemes.catalogue.summary import send_summaries
from backend.schemes.models import Scheme
from backend.territories.models import ActivityTable
from tests.factories import publish_revision
from tests.schemes.people import get_scheme, make_editor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_activity_table")]
DAY = timedelta(days=1)
GBER = next(event for event in law_events() if event.key == "gber-2026")


@pytest.fixture
def two_sheets():
    """Leave two schemes in the catalogue: one is said to rest on a text, the other is beside it."""
    one, other = get_scheme(), get_scheme("bpi-garantie-creation")
    Scheme.objects.exclude(pk__in=(one.pk, other.pk)).update(state=Scheme.State.ARCHIVED)

    def say(**columns) -> Scheme:
        publish_revision(get_scheme(), **{"as_of": date(2026, 11, 24), "review_by": None, **columns})
        return get_scheme()

    publish_revision(other, state_aid_regime="", legal_basis="", as_of=date(2026, 11, 24), review_by=date(2030, 1, 1))
    return say


def told(on: date) -> dict[str, list[str]]:
    return {found.event.key: [scheme.source_key for scheme in found.unread] for found in due(published(), on=on)}


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("columns", "is_named"),
    [
        ({"state_aid_regime": "GBER art. 17"}, True),
        ({"state_aid_regime": "SA.1117230"}, False),
        ({"legal_basis": "régime SA.111723"}, True),
        ({"state_aid_regime": "AFR SA.103603 ou gber art. 17"}, True),
        ({"state_aid_regime": "Régime SA.111723 (R&D)"}, True),
        ({"state_aid_regime": "GBERT"}, False),
        ({"state_aid_regime": "de minimis 2023/2831"}, False),
        ({"state_aid_regime": "", "legal_basis": ""}, False),
    ],
)
def test_a_sheet_rests_on_a_text_that_it_names_as_whole_words(two_sheets, columns, is_named):
    scheme = two_sheets(**{"state_aid_regime": "", "legal_basis": "", **columns})
    assert GBER.concerns(scheme) is is_named


def test_a_sheet_is_told_of_from_the_day_to_read_it_until_it_was_read(two_sheets):
    scheme = two_sheets(state_aid_regime="GBER art. 17", legal_basis="")
    assert "gber-2026" not in told(GBER.read_from - DAY)
    for on in (GBER.read_from, GBER.day, GBER.day + 400 * DAY):
        assert told(on)["gber-2026"] == [scheme.source_key]
    two_sheets(state_aid_regime="GBER art. 17", legal_basis="", as_of=GBER.read_from)
    assert "gber-2026" not in told(GBER.day)


def test_a_firm_reads_that_a_text_changed_from_its_day_until_the_sheet_was_read(two_sheets):
    revision = two_sheets(state_aid_regime="", legal_basis="CGI art. 44 sexies").current
    event = next(event for event in law_events() if event.key == "finance-act-2027")
    assert notices(revision, on=event.day - DAY) == ()
    assert notices(revision, on=event.day) == notices(revision, on=event.day + 99 * DAY) == (event.notice,)
    assert notices(get_scheme("bpi-garantie-creation").current, on=event.day) == ()
    read = two_sheets(state_aid_regime="", legal_basis="CGI art. 44 sexies", as_of=event.read_from).current
    assert notices(read, on=event.day + 99 * DAY) == ()


def test_what_the_service_loads_is_told_without_any_sheet_until_it_is_loaded(two_sheets):
    two_sheets(state_aid_regime="", legal_basis="")
    assert told(date(2026, 12, 14)) == {}
    assert told(date(2026, 12, 15)) == told(date(2027, 3, 1)) == {"naf-2025": []}
    ActivityTable.objects.create(
        source="INSEE", dated=date(2026, 12, 1), loaded_at=timezone.now(), digest="x", pairs=[]
    )
    assert told(date(2027, 3, 1)) == {}


def test_administrators_are_written_to_while_only_they_can_act(two_sheets):
    two_sheets(state_aid_regime="", legal_basis="", review_by=date(2030, 1, 1))
    root = User.objects.create_superuser("root@jonction.example", "")
    send_summaries(on=date(2026, 12, 14))
    assert not Notification.objects.filter(recipient=root.email).exists()
    send_summaries(on=date(2026, 12, 21))
    (mail,) = Notification.objects.filter(recipient=root.email)
    assert "load_naf_2025" in mail.text


def test_the_email_of_the_week_says_a_text_once_with_all_its_sheets(two_sheets):
    scheme = two_sheets(state_aid_regime="GBER art. 17", legal_basis="", review_by=date(2030, 1, 1))
    make_editor()
    send_summaries(on=GBER.read_from)
    (mail,) = Notification.objects.filter(kind="catalogue_week")
    for body in (mail.text, mail.html):
        assert body.count("Fin du règlement d’exemption (UE) 651/2014") == 1
        assert str(scheme) in body
        assert "les éditeurs du catalogue" in body
        assert "l’administrateur du service" in body  # NAF 2025


def test_the_events_of_the_real_catalogue_name_sheets():
    n_sheets = {event.key: sum(event.concerns(scheme) for scheme in published()) for event in law_events()}
    assert n_sheets["naf-2025"] == 0
    assert all(n for key, n in n_sheets.items() if key != "naf-2025"), n_sheets
    keys = set(Scheme.objects.of_source(Scheme.OWN).values_list("source_key", flat=True))
    assert {key for event in law_events() for key in event.schemes} <= keys


def calendar(*arguments: str) -> str:
    out = StringIO()
    call_command("catalogue_calendar", *arguments, stdout=out)
    return out.getvalue()


def test_the_calendar_lists_texts_and_sheets_day_by_day_with_who_acts(two_sheets, settings):
    scheme = two_sheets(
        state_aid_regime="GBER art. 17", window_state="dated", opens_on=date(2026, 2, 1), closes_on=date(2026, 12, 31)
    )
    settings.FIXED_DAY = date(2026, 11, 28)
    said = calendar("--days", "90").splitlines()
    at = said.index("31 décembre 2026")
    lines = said[at : said.index("1er janvier 2027")]
    assert f"    {scheme}" in lines
    assert any("651/2014" in line and line.endswith("– les éditeurs du catalogue") for line in lines)
    assert "  Dernier jour (1) – les éditeurs du catalogue" in lines
    assert "carte des aides à finalité régionale" not in "\n".join(said)  # 2027-12-31: later than ninety days


def test_a_calm_week_is_said(two_sheets, settings):
    two_sheets(state_aid_regime="", legal_basis="", window_state="permanent", opens_on=None, closes_on=None)
    settings.FIXED_DAY = date(2026, 11, 28)
    assert calendar("--days", "3") == "Rien d’ici au 1er décembre 2026.\n"


@pytest.mark.parametrize("wrong", ["0", "-3", "trois", "99999"])
def test_a_wrong_number_of_days_is_refused(wrong):
    with pytest.raises(CommandError, match="n’est pas un nombre de jours"):
        calendar(f"--days={wrong}")
