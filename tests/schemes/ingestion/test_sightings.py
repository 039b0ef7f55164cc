"""What a page makes of the window of a sheet: every rule, on both sides of each day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backend.schemes.ingestion.sightings import Effect, Life, derive, holds_until, life_of
from backend.schemes.models import WindowObservation
from tests.schemes.people import make_record

AS_OF, ON = date(2026, 11, 24), date(2026, 11, 28)
PAGE = date(2026, 11, 26)  # after the day that the sheet speaks of
OLD = date(2026, 6, 12)  # before it
STATED = {"opens_on": None, "closes_on": None, "recurring": None, "note": None}
SEEN = {"seen_on", "seen_until", "seen_by", "seen_url"}


def make_sheet(state="unknown", *, kind="loan", opens_on=None, closes_on=None, **fields):
    window = {**STATED, "state": state, "opens_on": opens_on, "closes_on": closes_on, **dict.fromkeys(SEEN)}
    return make_record(kind=kind, window=window, as_of=str(AS_OF), **fields)


def make_seen(says="open", tier="operator", day=PAGE, *, added_at=datetime(2026, 11, 27, tzinfo=UTC), **fields):
    site, url = "Le porteur", f"https://porteur.example/{says}/{day}"
    return WindowObservation(says=says, tier=tier, day=day, site=site, url=url, added_at=added_at, **fields)


def derived(record, *seen, on=ON, decided_at=None) -> tuple[dict[str, Any], Effect] | None:
    found = derive(record, seen, decided_at=decided_at, on=on)
    if found is None:
        return None
    said = {name: value for name, value in found.window.items() if value is not None}
    return said, found.effect


@pytest.mark.parametrize(
    ("fields", "life"),
    [
        ({"kind": "loan"}, Life.STANDING),
        ({"kind": "guarantee"}, Life.STANDING),
        ({"kind": "advisory"}, Life.STANDING),
        ({"kind": "training"}, Life.STANDING),
        ({"kind": "in_kind"}, Life.STANDING),
        ({"kind": "grant"}, Life.YEARLY),
        ({"kind": "mixed"}, Life.YEARLY),
        ({"kind": "repayable_advance"}, Life.YEARLY),
        ({"kind": "tax_relief"}, Life.YEARLY),
        ({"kind": "grant", "name": "Appel à projets Industrie du futur"}, Life.CALL),
        ({"kind": "advisory", "name": "Accélérateur", "summary": "Sur appel à candidatures."}, Life.CALL),
        ({"kind": "mixed", "name": "Concours i-Nov"}, Life.CALL),
        ({"kind": "grant", "url": "https://www.bpifrance.fr/nos-appels-a-projets/x"}, Life.CALL),
        ({"kind": "loan", "name": "Ami des entreprises"}, Life.CALL),  # a word too many only shortens
        ({"kind": "loan", "summary": "On vous appelle à propos de projets."}, Life.STANDING),
        ({"kind": "loan", "closes_on": "2026-12-31"}, Life.CALL),
    ],
    ids=str,
)
def test_a_page_lives_by_the_kind_of_scheme(fields, life):
    assert life_of(make_sheet(**fields)) == life


@pytest.mark.parametrize(
    ("day", "life", "until"),
    [
        (date(2026, 10, 3), Life.CALL, date(2026, 11, 2)),
        (date(2026, 10, 3), Life.YEARLY, date(2026, 12, 31)),
        (date(2026, 12, 31), Life.YEARLY, date(2026, 12, 31)),
        (date(2027, 1, 1), Life.YEARLY, date(2027, 12, 31)),
        (date(2026, 10, 3), Life.STANDING, date(2027, 10, 3)),
        (date(2028, 2, 29), Life.STANDING, date(2029, 2, 28)),
    ],
)
def test_its_life_is_counted_from_its_day(day, life, until):
    assert holds_until(day, life) == until


@pytest.mark.parametrize("tier", ["official", "operator", "state"])
def test_open_from_who_may_say_it_holds_for_a_life(tier):
    said, effect = derived(make_sheet(), make_seen(tier=tier, day=OLD))
    assert said["state"] == "unknown"  # its sheet still states nothing
    assert (said["seen_on"], said["seen_until"], said["seen_by"]) == ("2026-06-12", "2027-06-12", "Le porteur")
    assert effect == Effect.AT_ONCE


def test_open_from_anybody_else_is_told_and_holds_nothing():
    said, effect = derived(make_sheet(), make_seen(tier="other"))
    assert (said["seen_on"], said.get("seen_until"), effect) == ("2026-11-26", None, Effect.AT_ONCE)


def test_open_on_one_person_s_word_is_proposed():
    assert derived(make_sheet(), make_seen(added_by_id=1))[1] == Effect.PROPOSED
    assert derived(make_sheet(), make_seen(tier="other", added_by_id=1))[1] == Effect.AT_ONCE  # it opens nothing


def test_a_page_without_a_day_says_nothing():
    for says in ("open", "closed", "exhausted"):
        assert derived(make_sheet("permanent"), make_seen(says, day=None)) is None
        assert derived(make_sheet(), make_seen(says, day=None)) is None


def test_a_page_of_a_day_to_come_is_not_heard_before_it():
    assert derived(make_sheet(), make_seen(day=ON + timedelta(days=1))) is None
    assert derived(make_sheet(), make_seen(day=ON)) is not None


def test_a_stated_window_is_not_changed_by_a_page_that_says_the_same():
    assert derived(make_sheet("permanent"), make_seen()) is None
    assert derived(make_sheet("dated", closes_on="2026-12-31"), make_seen()) is None


def test_the_newest_page_is_told():
    said, _ = derived(make_sheet(), make_seen(day=OLD), make_seen(day=PAGE))
    assert (said["seen_on"], said["seen_until"]) == ("2026-11-26", "2027-11-26")


def test_a_third_party_is_told_only_once_the_operator_s_page_is_worth_nothing():
    call = make_sheet(kind="grant", name="Appel à projets")
    last = OLD + timedelta(days=30)
    said, _ = derived(call, make_seen(day=OLD), make_seen(tier="other", day=last))
    assert (said["seen_on"], said["seen_until"]) == ("2026-06-12", "2026-07-12")
    said, _ = derived(call, make_seen(day=OLD), make_seen(tier="other", day=last + timedelta(days=1)))
    assert (said["seen_on"], said.get("seen_until")) == ("2026-07-13", None)


def test_what_a_sheet_says_already_changes_nothing():
    seen = make_seen()
    first = derive(make_sheet(), [seen], decided_at=None, on=ON)
    assert derive({**make_sheet(), "window": first.window}, [seen], decided_at=None, on=ON) is None


# -- dates


@pytest.mark.parametrize("tier", ["official", "state"])
def test_dates_of_who_decides_are_in_force_at_once(tier):
    seen = make_seen("dated", tier, OLD, opens_on=date(2026, 9, 1), closes_on=date(2027, 3, 31))
    dates = {"state": "dated", "opens_on": "2026-09-01", "closes_on": "2027-03-31"}
    assert derived(make_sheet(), seen) == (dates, Effect.AT_ONCE)
    assert derived(make_sheet("permanent"), seen) is None  # the sheet is newer than the page


def test_dates_of_the_newer_page_replace_those_of_a_sheet():
    sheet = make_sheet("dated", closes_on="2026-12-31")
    seen = make_seen("dated", "state", PAGE, closes_on=date(2027, 6, 30))
    assert derived(sheet, seen) == ({"state": "dated", "closes_on": "2027-06-30"}, Effect.AT_ONCE)
    day_before = make_seen("dated", "state", AS_OF - timedelta(days=1), closes_on=date(2027, 6, 30))
    assert derived(sheet, day_before) is None
    assert derived(sheet, make_seen("dated", "state", AS_OF, closes_on=date(2027, 6, 30))) is not None


def test_dates_of_an_operator_that_open_or_extend_are_proposed_and_those_that_shorten_act_at_once():
    later, sooner = (make_seen("dated", closes_on=day) for day in (date(2027, 1, 1), date(2026, 12, 1)))
    sheet = make_sheet("dated", closes_on="2026-12-31")
    assert derived(make_sheet(), later)[1] == Effect.PROPOSED
    assert derived(sheet, later)[1] == Effect.PROPOSED
    assert derived(sheet, sooner)[1] == Effect.READ_AFTER


def test_dates_of_a_text_decide_before_those_of_an_operator():
    text = make_seen("dated", "official", OLD, closes_on=date(2027, 3, 31))
    page = make_seen("dated", "operator", PAGE, closes_on=date(2028, 3, 31))
    assert derived(make_sheet(), page, text)[0]["closes_on"] == "2027-03-31"


def test_dates_of_a_third_party_show_it_open_on_its_day_only_inside_them():
    inside = make_seen("dated", "other", closes_on=PAGE)
    outside = make_seen("dated", "other", opens_on=PAGE + timedelta(days=1), closes_on=date(2027, 1, 1))
    said, effect = derived(make_sheet(), inside)
    assert (said["state"], said["seen_on"], said.get("seen_until"), effect) == (
        "unknown", "2026-11-26", None, Effect.AT_ONCE,
    )  # fmt: skip
    assert derived(make_sheet(), outside) is None


# -- closing


@pytest.mark.parametrize("says", ["closed", "suspended", "exhausted"])
@pytest.mark.parametrize("tier", ["official", "operator", "state"])
@pytest.mark.parametrize("state", ["permanent", "unknown"])
def test_who_may_say_it_shuts_at_once(says, tier, state):
    assert derived(make_sheet(state), make_seen(says, tier)) == ({"state": says}, Effect.READ_AFTER)


def test_anybody_else_makes_it_unknown_at_once():
    for says in ("closed", "suspended", "exhausted"):
        shut = make_seen(says, "other")
        assert derived(make_sheet("permanent"), shut) == ({"state": "unknown"}, Effect.READ_AFTER)
        assert derived(make_sheet(), shut) is None  # it was so already
        assert derived(make_sheet("closed"), shut) is None


def test_a_sighting_older_than_a_closing_of_any_tier_is_worth_nothing():
    opened, shut = make_seen(day=OLD), make_seen("exhausted", "other", OLD + timedelta(days=1))
    seen = {**make_sheet(), "window": derive(make_sheet(), [opened], decided_at=None, on=ON).window}
    assert derived(seen, opened, shut) == ({"state": "unknown"}, Effect.READ_AFTER)
    assert derived(seen, opened, make_seen("exhausted", "other", OLD)) == ({"state": "unknown"}, Effect.READ_AFTER)
    assert derived(seen, opened, make_seen("exhausted", "other", OLD - timedelta(days=1))) is None
    assert derived(make_sheet(), opened, shut) is None


def test_a_closing_older_than_the_sheet_was_before_its_writer():
    for day, is_heard in ((AS_OF - timedelta(days=1), False), (AS_OF, True)):
        assert bool(derived(make_sheet("permanent"), make_seen("closed", day=day))) is is_heard


def test_what_was_seen_before_a_person_decided_counts_no_more():
    shut = make_seen("closed")
    for decided_at, is_heard in ((shut.added_at, False), (shut.added_at - timedelta(seconds=1), True)):
        assert bool(derived(make_sheet("permanent"), shut, decided_at=decided_at)) is is_heard


def test_the_state_s_catalogue_speaks_for_twelve_months():
    shut, sheet = make_seen("closed", "state"), make_sheet("permanent")
    assert derived(sheet, shut, on=date(2027, 11, 26)) == ({"state": "closed"}, Effect.READ_AFTER)
    assert derived(sheet, shut, on=date(2027, 11, 27)) == ({"state": "unknown"}, Effect.READ_AFTER)


def test_opening_again_asks_a_person():
    for sheet in (make_sheet("closed"), make_sheet("dated", closes_on="2026-11-25")):
        said, effect = derived(sheet, make_seen())
        assert (said["state"], said["seen_on"], effect) == ("unknown", "2026-11-26", Effect.PROPOSED)
        assert "closes_on" not in said
        assert derived(sheet, make_seen(tier="other")) is None
        assert derived(sheet, make_seen(day=OLD)) is None
    assert derived(make_sheet("dated", closes_on="2026-11-26"), make_seen()) is None  # its last day is inside


def test_the_last_of_an_opening_and_a_closing_wins():
    shut = make_seen("closed", day=date(2026, 11, 25))
    said, _ = derived(make_sheet(), shut, make_seen())
    assert said["seen_on"] == "2026-11-26"
    assert derived(make_sheet(), shut, make_seen(day=date(2026, 11, 25)))[0] == {"state": "closed"}
