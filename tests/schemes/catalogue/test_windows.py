"""What a window is on a day: one rule, for a sheet in hand and for rows in the database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import matching
from backend.schemes.catalogue.windows import SHUT, TAKING, WindowOn, expected_again, window_column, window_on
from backend.schemes.models import Revision, Scheme
from tests.schemes.people import get_scheme

DAY = date(2026, 11, 24)
STATES = Revision.WindowState.values
# First day and last day, told from the day of the question, and days to prepare.
SHAPES = (
    (None, None, None), (1, 90, None), (0, 22, None), (-9, 23, None), (None, -1, 3), (-30, 10, 3), (None, 11, 3),
)  # fmt: skip


def make_window(state="dated", opens=None, closes=None, **fields):
    """Make a revision whose days are told from the day of the question."""
    opens_on, closes_on = (None if days is None else DAY + timedelta(days=days) for days in (opens, closes))
    return Revision(window_state=state, opens_on=opens_on, closes_on=closes_on, **fields)


@pytest.mark.parametrize(
    ("revision", "state"),
    [
        (make_window("permanent"), "open"),
        (make_window("permanent", opens=1), "upcoming"),
        (make_window("permanent", opens=0), "open"),
        (make_window("dated", closes=-1), "closed"),
        (make_window("dated", closes=0), "closing_soon"),
        (make_window("dated", closes=22), "closing_soon"),  # 15 days taken where no source says, and 7
        (make_window("dated", closes=23), "open"),
        (make_window("dated", closes=8, preparation_days=0), "open"),
        (make_window("dated", closes=7, preparation_days=0), "closing_soon"),
        (make_window("dated", closes=97, preparation_days=90), "closing_soon"),
        (make_window("dated", closes=98, preparation_days=90), "open"),
        (make_window("dated", opens=1, closes=3), "upcoming"),
        (make_window("unknown"), "unknown"),
        (make_window("unknown", opens=-5), "unknown"),
        (make_window("unknown", closes=2), "unknown"),
        (make_window("unknown", opens=5), "upcoming"),
        (make_window("unknown", closes=-1), "closed"),
        (make_window("unknown", seen_on=DAY, seen_until=DAY), "open"),
        (make_window("unknown", seen_on=DAY - timedelta(days=9), seen_until=DAY - timedelta(days=1)), "unknown"),
        (make_window("unknown", seen_on=DAY + timedelta(days=1), seen_until=DAY + timedelta(days=9)), "unknown"),
        (make_window("unknown", seen_on=DAY), "unknown"),
        (make_window("unknown", opens=1, seen_on=DAY, seen_until=DAY), "upcoming"),
        (make_window("unknown", closes=5, seen_on=DAY, seen_until=DAY), "closing_soon"),
        (make_window("closed", opens=-5, closes=5), "closed"),
        (make_window("suspended", opens=-5, closes=5), "suspended"),
        (make_window("exhausted", opens=-5, closes=5), "exhausted"),
    ],
    ids=str,
)
def test_the_state_of_a_window_on_a_day(revision, state):
    assert window_on(revision, on=DAY) == state


def make_seen(state, days, preparation, seen):
    seen_on, seen_until = (None if day is None else DAY + timedelta(days=day) for day in seen)
    said = {"seen_on": seen_on, "seen_until": seen_until} if state == "unknown" else {}
    return make_window(state, *days, preparation_days=preparation, **said)


windows = st.builds(
    make_seen,
    st.sampled_from(STATES),
    st.tuples(st.none() | st.integers(-40, 40), st.none() | st.integers(-40, 120)).filter(
        lambda pair: None in pair or pair[0] <= pair[1]
    ),
    st.none() | st.integers(0, 100),
    st.tuples(st.integers(-40, 5), st.none() | st.integers(5, 40)),
).filter(lambda revision: revision.window_state != "dated" or revision.closes_on)


@given(windows)
def test_a_window_is_what_the_engine_makes_of_it(revision):
    names = ("opens_on", "closes_on", "seen_on", "seen_until")
    window = matching.Window(state=revision.window_state, **{name: getattr(revision, name) for name in names})
    outcome = window.evaluate(matching.Profiles([matching.Profile(on=DAY)]))[0]
    found = window_on(revision, on=DAY)
    assert (found in TAKING) == (outcome == matching.MET)
    assert (found == WindowOn.UNKNOWN) == (outcome == matching.UNKNOWN)
    assert (found in (*SHUT, WindowOn.UPCOMING)) == (outcome == matching.NOT_MET)
    assert (found == WindowOn.UPCOMING) == window.opens_after(DAY)


@pytest.mark.django_db
def test_the_database_says_the_same(django_assert_num_queries):
    base = get_scheme().current
    for number, state in enumerate(STATES, 100):
        for shift, (opens, closes, preparation) in enumerate(
            [
                (None, None, None),
                (1, 90, None),
                (0, 22, None),
                (-9, 23, None),
                (None, -1, 3),
                (-30, 10, 3),
                (None, 11, 3),
            ]
        ):
            if state == "dated" and closes is None:
                continue
            made = make_window(state, opens, closes, preparation_days=preparation)
            base.pk, base.number, base.window_state = None, number * 10 + shift, made.window_state
            base.opens_on, base.closes_on, base.preparation_days = made.opens_on, made.closes_on, preparation
            base.save(force_insert=True)
    seen = {
        "window_state": "unknown",
        "opens_on": None,
        "closes_on": None,
        "seen_by": "Le porteur",
        "seen_url": "https://a.example/",
    }
    for number, (first, last) in enumerate([(0, 0), (-1, None), (-5, -1), (1, 2), (-5, 5)], 5000):
        for name, value in seen.items():
            setattr(base, name, value)
        base.pk, base.number, base.seen_on = None, number, DAY + timedelta(days=first)
        base.seen_until = None if last is None else DAY + timedelta(days=last)
        base.save(force_insert=True)
    with django_assert_num_queries(1):
        rows = list(Revision.objects.annotate(state_on=window_column(DAY)))
    assert {row.state_on for row in rows} == set(WindowOn.values)
    assert [row.state_on for row in rows] == [window_on(row, on=DAY) for row in rows]
    schemes = Scheme.objects.described().select_related("current").annotate(found=window_column(DAY, of="current__"))
    assert all(scheme.found == window_on(scheme.current, on=DAY) for scheme in schemes)


@pytest.mark.parametrize(
    ("fields", "again"),
    [
        ({"closes": -1, "opens_on": date(2026, 3, 1)}, date(2027, 3, 1)),
        ({"closes": -1, "opens_on": date(2024, 12, 1)}, date(2026, 12, 1)),
        ({"closes": -1, "opens_on": date(2024, 11, 24)}, None),  # today, and nobody read of it
        ({"closes": -30, "opens_on": date(2025, 11, 1)}, None),
        ({"state": "exhausted", "opens_on": date(2025, 10, 1)}, None),
        ({"closes": -1, "opens_on": date(2024, 2, 29)}, date(2027, 2, 28)),
        ({"state": "closed", "opens_on": date(2027, 1, 1)}, date(2027, 1, 1)),
        ({"state": "exhausted", "opens_on": date(2026, 1, 1)}, date(2027, 1, 1)),
        ({"state": "suspended", "opens_on": date(2026, 1, 1)}, None),
        ({"closes": 5, "opens_on": date(2026, 1, 1)}, None),
        ({"closes": -1}, None),
    ],
)
def test_a_scheme_is_expected_again_only_where_its_record_says_that_it_comes_back(fields, again):
    opens_on = fields.pop("opens_on", None)
    revision = make_window(fields.pop("state", "dated"), **fields, recurring=True)
    revision.opens_on = opens_on
    assert expected_again(revision, on=DAY) == again
    for recurring in (None, False):
        revision.recurring = recurring
        assert expected_again(revision, on=DAY) is None
