"""The invented territory: files over years, through the services, the same ones for a seed, and nobody real."""

import contextlib
from datetime import datetime, time, timedelta
from io import StringIO
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from stdnum.fr import siren

from backend.common.files import read_yaml
from backend.companies.models import Company, Contact, Establishment
from backend.matchmaking.models import CallRequest, FollowUp, Result, Review, ReviewEnd, SchemeEvent, Submission
from backend.notifications.models import Notification
from backend.steering.models import FileFact, NeedFact
from backend.territories.models import Nomenclature, ServedEpci
from backend.territories.services import served_communes
from backend.web.management.territory.clock import at, later
from backend.web.management.territory.filings import Territory
from tests.conftest import ROOT
from tests.factories import DAY
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
N_FILES = 8
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime.combine(DAY, time.min, PARIS)


def load(**options):
    output = StringIO()
    call_command("load_demo", files=N_FILES, processes=1, stdout=output, **options)
    return output.getvalue()


def draw(seed=1, *, today=DAY, n=200):
    territory = Territory(seed, years=5, today=today)
    return territory.firms(n), list(territory.calls(10))


def fingerprint():
    """Return what was loaded, without the numbers that the database gave."""
    keys = [str(key) for key in ours(Submission).order_by("filing_key").values_list("filing_key", flat=True)]
    decided = ours(Review).order_by("submission__filing_key", "decided_at", "pk")
    steps = ours(FollowUp).order_by("submission__filing_key", "recorded_at", "pk")
    return (
        keys,
        list(ours(Submission).order_by("filing_key").values_list("sheet__name", "filed_at", "confirmed_at", "text")),
        list(decided.values_list("submission__filing_key", "scheme__source_key", "verdict", "reason", "decided_at")),
        list(steps.values_list("submission__filing_key", "scheme__source_key", "step", "recorded_at", "done_at")),
        list(
            ours(SchemeEvent)
            .order_by("submission__filing_key", "recorded_at", "pk")
            .values_list("submission__filing_key", "scheme__source_key", "state", "recorded_at")
        ),
        list(CallRequest.objects.filter(key__in=calls()).order_by("key").values_list("key", "phone", "done_at")),
    )


def calls():
    return [call.key for call in draw(n=1)[1]]


@pytest.mark.slow
def test_two_runs_with_one_seed_give_the_same_files():
    found = []
    for _ in range(2):
        with transaction.atomic():
            load()
            found.append(fingerprint())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert len(found[0][0]) >= N_FILES


def test_what_is_loaded_is_as_a_territory_that_was_used_for_years(subtests):
    """One loading, which takes most of the time, is read by all of them; the last one loads again."""
    load()
    for check in (
        everything_went_through_the_services_up_to_today,
        those_who_lead_find_its_figures_at_once,
        no_email_of_the_past_leaves_today,
        nobody_real_is_in_it,
        a_second_run_loads_nothing_twice,
    ):
        with subtests.test(check.__name__):
            check()


def a_second_run_loads_nothing_twice():
    before = fingerprint()
    assert "0 demandes de plus" in load()
    assert fingerprint() == before


def everything_went_through_the_services_up_to_today():
    files = ours(Submission)
    assert files.filter(filed_at__lt=NOW - timedelta(days=365)).exists()
    assert files.filter(filed_at__gt=NOW - timedelta(days=60)).exists()
    assert not files.filter(filed_at__gt=NOW).exists()
    assert not files.filter(results__isnull=True).exists()
    ended = ours(ReviewEnd)
    assert ended.exists()
    for end in ended:
        assert end.submission.filed_at < end.ended_at <= NOW
        email = Notification.objects.about(end.submission.topic).get(dedupe_key=f"reviewed:{end.pk}")
        assert email.state in {
            Notification.State.SENT,
            Notification.State.STOPPED,
        }  # to a dead address nothing is sent
        assert email.ended_at == end.ended_at
    assert {result.on for result in ours(Result)} <= {DAY - timedelta(days=n) for n in range(366)}


def those_who_lead_find_its_figures_at_once():
    assert FileFact.objects.count() == Submission.objects.count()
    assert NeedFact.objects.exists()


def no_email_of_the_past_leaves_today():
    about = [file.topic for file in ours(Submission)]
    assert not Notification.objects.filter(state=Notification.State.DUE, about__overlap=about).exists()


def nobody_real_is_in_it():
    files = ours(Submission)
    contacts = Contact.objects.filter(submissions__in=files)
    assert contacts.exists()
    for contact in contacts:
        assert contact.email.endswith(".example")
        assert contact.phone == "" or contact.phone.startswith("03 53 01 ")
    for email in Notification.objects.filter(about__overlap=[file.topic for file in files]):
        assert email.recipient.endswith(".example")
    companies = Company.objects.filter(sheets__submission__in=files)
    assert companies.exists()
    for company in companies:
        assert company.siren.startswith("99999")
    for site in Establishment.objects.filter(sheets__submission__in=files):
        assert site.siret.startswith("99999")


def test_a_drawn_territory_is_invented_valid_and_where_it_is_served():
    firms, asked = draw()
    served = {commune.official_code for commune in served_communes()}
    filings = [story.asked for files in firms for story in files]
    assert len(filings) == 200
    for filing in filings:
        assert filing.facts.get("commune") in {None, *served}
        assert filing.email.endswith(".example")
        assert filing.siren == "" or (siren.is_valid(filing.siren) and filing.siren.startswith("99999"))
        assert filing.siren != "999999956"  # of the firm that ./run files
        assert filing.siret[:9] in {"", filing.siren}
    numbers = [files[0].asked.siren for files in firms if files[0].asked.siren]
    assert len(numbers) == len(set(numbers))
    assert all(call.asked.phone.startswith("03 53 01 ") for call in asked)
    assert any(len(files) > 1 for files in firms)
    epcis = ServedEpci.objects.filter(
        perimeter__contents__inner__code__in=[f"COM-{filing.facts.get('commune')}" for filing in filings]
    )
    assert epcis.distinct().count() == ServedEpci.objects.count()


def test_its_communes_and_activities_exist():
    content = read_yaml(ROOT / "fixtures" / "demo_territory.yaml")
    assert content["towns"].keys() <= {commune.official_code for commune in served_communes()}
    codes = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, level="subclass")
    assert {trade["naf"] for trade in content["trades"]} <= set(codes.values_list("code", flat=True))


@pytest.mark.slow
def test_another_seed_draws_other_firms_and_another_day_moves_their_days():
    firms, _ = draw(n=50)
    assert firms == draw(n=50)[0]
    others, _ = draw(2, n=50)
    keys = {story.key for files in firms for story in files}
    assert not keys & {story.key for files in others for story in files}
    next_month, _ = draw(today=DAY + timedelta(days=30), n=50)
    assert keys == {story.key for files in next_month for story in files}
    assert max(story.moment for files in next_month for story in files) > max(
        story.moment for files in firms for story in files
    )


def test_few_file_in_summer_and_at_the_week_end():
    moments = [timezone.localtime(story.moment) for files in draw(n=600)[0] for story in files]
    assert sum(moment.month == 8 for moment in moments) < sum(moment.month == 10 for moment in moments) / 2
    assert sum(moment.weekday() >= 5 for moment in moments) < len(moments) / 7


def test_the_clock_is_put_back_whatever_happens(settings):
    settings.FIXED_DAY = DAY
    moment = NOW - timedelta(days=400)
    read = []
    with contextlib.suppress(ZeroDivisionError), at(moment, first_day=DAY - timedelta(days=30)):
        read = [timezone.now(), settings.FIXED_DAY]
        raise ZeroDivisionError
    assert read == [moment, DAY - timedelta(days=30)]
    assert timezone.now() > moment
    assert settings.FIXED_DAY == DAY


def test_what_takes_working_days_is_never_done_on_a_sunday():
    friday = datetime(2026, 11, 20, 16, tzinfo=PARIS)
    found = {timezone.localtime(later(friday, n, Random(n))).weekday() for n in range(1, 15)}  # noqa: S311
    assert max(found) < 5


def test_it_is_refused_outside_a_demonstration(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="inventées"):
        load()
    assert not ours(Submission).exists()


@pytest.mark.parametrize("options", [{"files": -1}, {"files": 50_001}, {"years": 0}, {"processes": 0}])
def test_the_command_says_what_it_accepts(options):
    with pytest.raises(CommandError, match="--files attend un nombre de 0 à 50000"):
        call_command("load_demo", **{"files": 1, **options}, stdout=StringIO())
