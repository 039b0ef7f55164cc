"""One table of secret links: what is kept of them, how long each kind lives, who ends it."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from backend.links.models import Kind, Link
from backend.links.services import (
    count_visit,
    digest_of,
    find_link,
    live_links,
    make_link,
    revoke_links,
    use_up,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make(kind=Kind.RESULT, object_id=7, **fields):
    return make_link(kind=kind, object_id=object_id, **fields)


@pytest.mark.cases(2)
@pytest.mark.parametrize("kind", Kind)
def test_a_link_opens_its_object_and_scope(kind):
    link = find_link(kind=kind, token=make(kind, 12, scope="alert"))
    assert (link.kind, link.object_id, link.scope) == (kind, 12, "alert")


def test_a_link_opens_nothing_of_another_kind():
    tokens = {kind: make(kind) for kind in Kind}
    opened = {(kind, other) for kind, token in tokens.items() for other in Kind if find_link(kind=other, token=token)}
    assert opened == {(kind, kind) for kind in Kind}


def test_a_token_has_144_random_bits_and_is_kept_nowhere():
    tokens = {make(object_id=n) for n in range(50)}
    assert len(tokens) == 50
    assert all(len(token.removeprefix("lien-")) == 24 and re.fullmatch(r"[\w-]+", token, re.ASCII) for token in tokens)
    with connection.cursor() as cursor:
        cursor.execute("SELECT links_link::text FROM links_link")
        kept = " ".join(row for (row,) in cursor.fetchall())
    assert not any(token in kept for token in tokens)


@pytest.mark.parametrize("altered", [lambda token: token[:-1], lambda token: token + "A", str.swapcase, lambda _: ""])
def test_an_altered_token_opens_nothing(altered):
    assert find_link(kind=Kind.RESULT, token=altered(make())) is None


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("kind", "lives"),
    [
        (Kind.GUEST, 7 * DAY),
        (Kind.CONFIRM, 30 * DAY),
        (Kind.STOP, 396 * DAY),
        (Kind.ACCESS, timedelta(minutes=30)),
        (Kind.PREVIEW, 182 * DAY),
        (Kind.STAFF_FEED, 396 * DAY),
        (Kind.SHARE, 30 * DAY),
        (Kind.FEED, 397 * DAY),  # 13 months, and a day since uses of the page are noted once a day
        (Kind.SURVEY, 396 * DAY),
        (Kind.NOTE, 396 * DAY),
        (Kind.SHEETS, 120 * DAY),
    ],
)
def test_a_link_ends_with_the_life_of_its_kind_however_much_it_is_used(kind, lives, clock):
    token = make(kind)
    clock.goes_on(lives - timedelta(seconds=1))
    assert find_link(kind=kind, token=token)
    clock.goes_on(timedelta(seconds=1))
    assert find_link(kind=kind, token=token) is None


@pytest.mark.cases(2)
@pytest.mark.parametrize(("unused", "opens"), [(365 * DAY, True), (366 * DAY, False)])
@pytest.mark.parametrize("used_after", [timedelta(hours=1), timedelta(hours=23), 2 * DAY, 300 * DAY])
def test_a_result_link_lives_a_year_after_its_last_use_and_not_a_day_longer(used_after, unused, opens, clock):
    token = make()
    find_link(kind=Kind.RESULT, token=token)
    clock.goes_on(used_after)  # noted or not, this use counts
    assert find_link(kind=Kind.RESULT, token=token)
    clock.goes_on(unused)
    assert bool(find_link(kind=Kind.RESULT, token=token)) == opens


def test_a_use_is_noted_of_the_link_that_is_opened_and_prolongs_no_other(clock):
    used, same_file, other_file = make(), make(), make(object_id=8)
    clock.goes_on(300 * DAY)
    assert find_link(kind=Kind.RESULT, token=used).last_used_at == timezone.now()
    noted = dict(Link.objects.values_list("digest", "last_used_at"))
    assert noted == {digest_of(used): timezone.now(), digest_of(same_file): None, digest_of(other_file): None}
    clock.goes_on(66 * DAY)
    assert [bool(find_link(kind=Kind.RESULT, token=token)) for token in (used, same_file, other_file)] == [
        True,
        False,
        False,
    ]


def test_a_link_whose_page_opens_at_once_is_used_and_a_visit_says_when(clock):
    sent, opened = (make(is_used=is_used) for is_used in (False, True))
    assert [Link.objects.get(digest=digest_of(token)).last_used_at for token in (sent, opened)] == [
        None,
        timezone.now(),
    ]
    clock.goes_on(DAY)
    count_visit(link=Link.objects.get(digest=digest_of(sent)))
    link = Link.objects.get(digest=digest_of(sent))
    assert (link.n_visits, link.last_used_at) == (1, timezone.now())


def test_a_result_link_that_is_never_used_ends_a_year_after_it_was_made(clock):
    token = make()
    clock.goes_on(366 * DAY)
    assert find_link(kind=Kind.RESULT, token=token) is None


def test_reading_writes_at_most_once_a_day(clock, django_assert_num_queries):
    token = make()
    find_link(kind=Kind.RESULT, token=token)
    clock.goes_on(timedelta(hours=23))
    with django_assert_num_queries(1):
        find_link(kind=Kind.RESULT, token=token)
    clock.goes_on(timedelta(hours=1))
    with django_assert_num_queries(3):  # found, noted, and the feed of the same file prolonged
        find_link(kind=Kind.RESULT, token=token)


def test_a_calendar_that_asks_each_hour_does_not_keep_its_feed_alive(clock):
    token = make(Kind.FEED)
    for _ in range(39):
        clock.goes_on(10 * DAY)
        assert find_link(kind=Kind.FEED, token=token)
    clock.goes_on(7 * DAY)
    assert find_link(kind=Kind.FEED, token=token) is None


@pytest.mark.parametrize(("unvisited", "opens"), [(396 * DAY, True), (397 * DAY, False)])
@pytest.mark.parametrize("noted", [timedelta(0), timedelta(hours=23)])
def test_a_feed_lives_thirteen_months_after_the_firm_last_opened_its_page(noted, unvisited, opens, clock):
    feed, page, other = make(Kind.FEED), make(Kind.RESULT), make(Kind.FEED, 8)
    clock.goes_on(300 * DAY)
    find_link(kind=Kind.RESULT, token=page)
    clock.goes_on(noted)
    assert find_link(kind=Kind.RESULT, token=page)
    clock.goes_on(unvisited)
    assert bool(find_link(kind=Kind.FEED, token=feed)) == opens
    assert find_link(kind=Kind.FEED, token=other) is None  # of another file, whose page nobody opened


def test_a_feed_that_was_ended_is_not_brought_back_by_a_visit():
    feed, page = make(Kind.FEED), make(Kind.RESULT)
    revoke_links(kind=Kind.FEED, object_id=7)
    find_link(kind=Kind.RESULT, token=page)
    assert find_link(kind=Kind.FEED, token=feed) is None


def test_visits_that_come_at_once_are_all_counted():
    link = find_link(kind=Kind.SHARE, token=make(Kind.SHARE))
    for stale in (link, find_link(kind=Kind.SHARE, token=make(Kind.SHARE)), link):
        count_visit(link=stale)
    assert sorted(Link.objects.values_list("n_visits", flat=True)) == [1, 2]


def test_several_links_to_one_object_live_and_one_is_ended_alone():
    one, two = make(), make()
    kept, ended = find_link(kind=Kind.RESULT, token=one), find_link(kind=Kind.RESULT, token=two)
    assert revoke_links(kind=Kind.RESULT, object_id=7, only=ended.pk) == 1
    assert find_link(kind=Kind.RESULT, token=two) is None
    assert find_link(kind=Kind.RESULT, token=one) == kept
    assert list(live_links(kind=Kind.RESULT, object_id=7)) == [kept]


def test_all_links_but_one_are_ended_and_none_of_another_object_or_kind():
    here, _there = make(), make()
    elsewhere, confirm = make(object_id=8), make(Kind.CONFIRM)
    kept = find_link(kind=Kind.RESULT, token=here)
    assert revoke_links(kind=Kind.RESULT, object_id=7, but=kept.pk) == 1
    assert list(live_links(kind=Kind.RESULT, object_id=7)) == [kept]
    assert find_link(kind=Kind.RESULT, token=elsewhere)
    assert find_link(kind=Kind.CONFIRM, token=confirm)


def test_nobody_ends_a_link_of_another_object_by_its_number():
    stranger = find_link(kind=Kind.RESULT, token=make(object_id=8))
    assert revoke_links(kind=Kind.RESULT, object_id=7, only=stranger.pk) == 0
    assert live_links(kind=Kind.RESULT, object_id=8).exists()


def test_a_link_that_serves_once_serves_the_first_of_two_clicks():
    link = find_link(kind=Kind.ACCESS, token=make(Kind.ACCESS))
    assert [use_up(link=link), use_up(link=link)] == [True, False]


NOW = timezone.now()
GOOD = {"kind": "result", "object_id": 1, "digest": "0" * 64, "created_at": NOW, "expires_at": NOW + DAY}


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("kind", "other", "link_kind_is_known"),
        ("digest", "a-token-by-mistake", "link_digest_is_sha256"),
        ("expires_at", NOW, "link_made_then_over"),
        ("last_used_at", NOW - DAY, "link_made_then_used"),
        ("revoked_at", NOW - DAY, "link_made_then_revoked"),
    ],
)
def test_the_database_refuses_a_link_that_cannot_be(field, value, rule):
    Link.objects.create(**GOOD)
    with pytest.raises(IntegrityError, match=rule):
        Link.objects.create(**{**GOOD, "digest": "1" * 64, field: value})


def test_links_are_ended_by_what_they_are_of_and_by_nobody_else_s():
    contact, guest, other = make(), make(scope="guest:1"), make(scope="guest:2")
    make(object_id=8, scope="guest:1")
    assert revoke_links(kind=Kind.RESULT, object_id=7, scope="guest:1") == 1
    assert [bool(find_link(kind=Kind.RESULT, token=token)) for token in (contact, guest, other)] == [True, False, True]
    assert revoke_links(kind=Kind.RESULT, object_id=7, scope="") == 1
    assert [bool(find_link(kind=Kind.RESULT, token=token)) for token in (contact, other)] == [False, True]
    assert str(live_links(kind=Kind.RESULT, object_id=7).get()) == f"{Kind.RESULT.label} 7"
