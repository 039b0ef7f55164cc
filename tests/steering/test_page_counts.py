"""Pages are counted by day and kind: whole public ones, without a trace of who reads, and never in a page's way."""

import time
from datetime import date

import pytest
from django.core.cache import caches
from django.db import connection

from backend.steering import page_counts
from backend.steering.models import PageCount
from backend.steering.page_counts import count_page, keep_page_counts, pages_by_month
from tests.factories import DAY, link_to, make_lead, make_submission
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
Kind = PageCount.Kind


@pytest.fixture(autouse=True)
def nothing_counted():
    """Start from no count, also of other tests on the same Redis."""
    caches["counters"].clear()
    page_counts._off_until = 0.0
    yield
    page_counts._off_until = 0.0


def counted():
    keep_page_counts(on=DAY)
    return dict(PageCount.objects.filter(day=DAY).values_list("kind", "n_pages"))


def test_whole_public_pages_are_counted_by_kind(client):
    for path in ("/", "/", "/dispositifs/", "/statistiques/", "/mentions-legales/"):
        assert client.get(path).status_code == 200
    assert counted() == {"home": 2, "catalogue": 1, "open_data": 1, "about": 1}
    client.get("/")
    assert counted()["home"] == 3
    assert keep_page_counts(on=DAY).n_changed == 0


def test_the_first_step_of_a_request_is_its_beginning(client):
    fill(client, upto="entreprise")
    client.get("/demande/", follow=True)
    client.get("/demande/entreprise/")
    assert counted() == {"start": 1}


def test_other_methods_parts_and_pages_that_are_not_there_are_not(client):
    client.head("/")
    client.get("/dispositifs/", headers={"hx-request": "true"})
    client.get("/dispositifs/nulle-part/")
    client.post("/demande/besoin/", {})
    assert counted() == {}


def test_pages_behind_a_secret_or_a_sign_in_are_not_counted(client):
    client.get(f"/resultat/{link_to(make_submission(confirmed=True))}/")
    client.force_login(make_lead())
    client.get("/territoire/")
    assert counted() == {}


def test_nothing_of_who_reads_is_kept(client):
    client.get("/", headers={"user-agent": "Mozilla/5.0 (unique-zigzag)"}, REMOTE_ADDR="203.0.113.77")
    keep_page_counts(on=DAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT steering_pagecount::text FROM steering_pagecount")
        rows = " ".join(row for (row,) in cursor.fetchall())
    assert "zigzag" not in rows
    assert "203.0.113" not in rows
    assert not client.cookies


def test_a_page_is_served_while_redis_is_away_and_waits_for_it_once(client, settings, caplog):
    settings.CACHES = {
        **settings.CACHES,
        "counters": {**settings.CACHES["counters"], "LOCATION": "redis://127.0.0.1:9/0"},
    }
    assert client.get("/").status_code == 200
    assert caplog.text.count("Pages are not counted") == 1
    before = time.monotonic()
    assert client.get("/").status_code == 200
    assert caplog.text.count("Pages are not counted") == 1
    assert page_counts._off_until > before


def test_months_that_are_over_are_shown_by_kind(client):
    for day, n in ((date(2026, 10, 1), 2), (date(2026, 10, 31), 3), (date(2026, 9, 30), 4), (DAY, 50)):
        PageCount.objects.create(day=day, kind=Kind.HOME, n_pages=n)
    found = {month: dict(rows)["Accueil"] for month, rows in pages_by_month(on=DAY)}
    assert found == {date(2026, 10, 1): 5, date(2026, 9, 1): 4}
    page = text_of(client.get("/statistiques/"))
    assert "Octobre 2026 Accueil 5" in page
    assert "Novembre 2026" not in page


def test_a_page_of_yesterday_counts_for_its_day():
    count_page(Kind.HOME, on=date(2026, 11, 23))
    keep_page_counts(on=DAY)
    assert PageCount.objects.get().day == date(2026, 11, 23)
