"""State-aid arithmetic, case by case; each row names the text it stands on."""

from datetime import date, timedelta
from itertools import pairwise, product
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    MET,
    NOT_MET,
    SIZES,
    UNKNOWN,
    Ceiling,
    Figures,
    Grant,
    Intensity,
    Interval,
    Outcome,
    Related,
    ceiling_on,
    consolidate,
    fits,
    headroom,
    intensity,
    is_publicly_held,
    leaves_window_on,
    size_range,
)
from matching.enterprise_size import CEILINGS, Consolidated, Part
from matching.state_aid import Headroom

DAY = date(2026, 11, 24)
MICRO, SMALL, MEDIUM, INTERMEDIATE, LARGE = range(5)
A2, A3, A4, A5, A6 = (f"Recommendation 2003/361/EC, Annex, Article {n}" for n in range(2, 7))
DECREE = "Décret no 2008-1354, article 3"
R2831, R2832 = "Regulation (EU) 2023/2831", "Regulation (EU) 2023/2832"


def exactly(number: float) -> Interval:
    return Interval(number, number)


def year(headcount: float, turnover: float, balance_sheet: float | None = None) -> Figures:
    """Return known figures; the balance sheet is the turnover's where nothing else is said."""
    balance_sheet = turnover if balance_sheet is None else balance_sheet
    return Figures(headcount=exactly(headcount), turnover=exactly(turnover), balance_sheet=exactly(balance_sheet))


def size_of(*years: Figures) -> int:
    lowest, highest = size_range(years, public=False)
    assert lowest == highest
    return lowest


# --- Size -----------------------------------------------------------------------------------------------------------


def test_sizes_and_ceilings_are_those_of_the_texts() -> None:
    assert SIZES == ("micro", "small", "medium", "intermediate", "large")
    assert CEILINGS == {
        "micro": (10, 2_000_000, 2_000_000),
        "small": (50, 10_000_000, 10_000_000),
        "medium": (250, 50_000_000, 43_000_000),
        "intermediate": (5000, 1_500_000_000, 2_000_000_000),
    }


@pytest.mark.parametrize(
    ("figures", "expected", "source"),
    [
        (year(9.5, 0), MICRO, A2 + "(3)"),
        (year(10, 0), SMALL, A2 + "(3): fewer than 10"),
        (year(10.5, 0), SMALL, A2 + "(3)"),
        (year(9, 1_999_999), MICRO, A2 + "(3)"),
        (year(9, 2_000_000), MICRO, A2 + "(3): does not exceed"),
        (year(9, 2_000_001), SMALL, A2 + "(3)"),
        (year(9, 99e6, 2_000_000), MICRO, A2 + "(3): turnover and/or balance sheet"),
        (year(9, 2_000_000, 99e6), MICRO, A2 + "(3): turnover and/or balance sheet"),
        (year(49.5, 0), SMALL, A2 + "(2)"),
        (year(50, 0), MEDIUM, A2 + "(2): fewer than 50"),
        (year(50.5, 0), MEDIUM, A2 + "(2)"),
        (year(49, 9_999_999), SMALL, A2 + "(2)"),
        (year(49, 10_000_000), SMALL, A2 + "(2): does not exceed"),
        (year(49, 10_000_001), MEDIUM, A2 + "(2)"),
        (year(49, 99e6, 10_000_000), SMALL, A2 + "(2): turnover and/or balance sheet"),
        (year(49, 10_000_000, 99e6), SMALL, A2 + "(2): turnover and/or balance sheet"),
        (year(249.5, 0), MEDIUM, A2 + "(1)"),
        (year(250, 0), INTERMEDIATE, A2 + "(1): fewer than 250"),
        (year(250.5, 0), INTERMEDIATE, A2 + "(1)"),
        (year(249, 49_999_999, 99e6), MEDIUM, A2 + "(1)"),
        (year(249, 50_000_000, 99e6), MEDIUM, A2 + "(1): not exceeding"),
        (year(249, 50_000_001, 99e6), INTERMEDIATE, A2 + "(1)"),
        (year(249, 99e6, 42_999_999), MEDIUM, A2 + "(1)"),
        (year(249, 99e6, 43_000_000), MEDIUM, A2 + "(1): not exceeding"),
        (year(249, 99e6, 43_000_001), INTERMEDIATE, A2 + "(1)"),
        (year(4999.5, 0), INTERMEDIATE, DECREE),
        (year(5000, 0), LARGE, DECREE + ": fewer than 5,000"),
        (year(5000.5, 0), LARGE, DECREE),
        (year(4999, 1_500_000_000, 9e9), INTERMEDIATE, DECREE),
        (year(4999, 1_500_000_001, 9e9), LARGE, DECREE),
        (year(4999, 9e9, 2_000_000_000), INTERMEDIATE, DECREE),
        (year(4999, 9e9, 2_000_000_001), LARGE, DECREE),
    ],
)
def test_size_of_one_year(figures: Figures, expected: int, source: str) -> None:
    assert size_of(figures) == expected, source


@pytest.mark.parametrize(
    ("headcount", "turnover", "balance_sheet", "expected"),
    [
        ((10, 19), (0, 0), (0, 0), (SMALL, SMALL)),  # a band of the register, inside one size
        ((6, 9), (0, 0), (0, 0), (MICRO, MICRO)),
        ((6, 10), (0, 0), (0, 0), (MICRO, SMALL)),
        ((20, 50), (0, 0), (0, 0), (SMALL, MEDIUM)),
        ((20, 49.9), (0, 0), (0, 0), (SMALL, SMALL)),
        ((100, 300), (0, 0), (0, 0), (MEDIUM, INTERMEDIATE)),
        ((1, 6000), (0, 0), (0, 0), (MICRO, LARGE)),
        ((5, 5), (1e6, 3e6), (9e6, 9e6), (MICRO, SMALL)),
        ((5, 5), (1e6, 3e6), (2e6, 2e6), (MICRO, MICRO)),  # the other figure is enough
        ((5, 5), (1e6, 3e6), (0, inf), (MICRO, SMALL)),
        ((5, 5), (2e6, inf), (2e6, inf), (MICRO, LARGE)),
        ((5, 5), (2e6 + 1, inf), (2e6 + 1, inf), (SMALL, LARGE)),
        ((250, inf), (-inf, inf), (-inf, inf), (INTERMEDIATE, LARGE)),
        ((5000, inf), (-inf, inf), (-inf, inf), (LARGE, LARGE)),
        ((-inf, inf), (-inf, inf), (-inf, inf), (MICRO, LARGE)),
    ],
)
def test_figures_known_within_bounds_give_the_sizes_they_allow(
    headcount: tuple[float, float],
    turnover: tuple[float, float],
    balance_sheet: tuple[float, float],
    expected: tuple[int, int],
) -> None:
    figures = Figures(
        headcount=Interval(*headcount), turnover=Interval(*turnover), balance_sheet=Interval(*balance_sheet)
    )
    assert size_range([figures], public=False) == expected


S, M, L = year(49, 1e6), year(50, 1e6), year(250, 1e6)
U = Figures(headcount=Interval(40, 60), turnover=exactly(0))


@pytest.mark.parametrize(
    ("years", "expected", "source"),
    [
        ([S], (SMALL, SMALL), A4 + "(3): a new enterprise has one year"),
        ([M, S], (SMALL, SMALL), A4 + "(2): one year above loses nothing"),
        ([M, M, S], (MEDIUM, MEDIUM), A4 + "(2): two years above lose it"),
        ([M, M, M, S], (MEDIUM, MEDIUM), A4 + "(2)"),
        ([S, M], (MEDIUM, MEDIUM), A4 + "(2): one year under gains nothing"),
        ([S, S, M], (SMALL, SMALL), A4 + "(2): two years under gain it"),
        ([S, M, S, M], (MEDIUM, MEDIUM), A4 + "(2): a size that comes and goes changes nothing"),
        ([M, S, M, S], (SMALL, SMALL), A4 + "(2)"),
        ([L, S], (SMALL, SMALL), A4 + "(2): two ceilings in one year, lost after two"),
        ([L, L, S], (INTERMEDIATE, INTERMEDIATE), A4 + "(2): two ceilings at once, two years"),
        ([L, M, S], (MEDIUM, MEDIUM), A4 + "(2): above the lower ceiling for two years, the upper one for one"),
        ([M, L, S], (MEDIUM, MEDIUM), A4 + "(2): the same, the other way round"),
        ([S, L], (INTERMEDIATE, INTERMEDIATE), A4 + "(2)"),
        ([S, M, L], (MEDIUM, MEDIUM), A4 + "(2): under the upper ceiling for two years, the lower one for one"),
        ([U], (SMALL, MEDIUM), A4),
        ([U, S], (SMALL, SMALL), A4 + "(2): whatever the last year is"),
        ([U, S, S], (SMALL, SMALL), A4 + "(2)"),
        ([U, M], (MEDIUM, MEDIUM), A4 + "(2)"),
        ([U, M, S], (SMALL, MEDIUM), A4 + "(2): the last year decides"),
        ([M, U], (SMALL, MEDIUM), A4 + "(2): the first year decides"),
        ([M, U, S], (SMALL, MEDIUM), A4 + "(2)"),
        ([M, M, U], (MEDIUM, MEDIUM), A4 + "(2): two years above settle it"),
    ],
)
def test_a_ceiling_crossed_counts_once_crossed_for_two_years_running(
    years: list[Figures], expected: tuple[int, int], source: str
) -> None:
    assert size_range(years, public=False) == expected, source


def test_without_any_year_every_size_is_possible() -> None:
    assert size_range([], public=False) == (MICRO, LARGE)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (year(5, 0), (INTERMEDIATE, INTERMEDIATE)),
        (year(300, 0), (INTERMEDIATE, INTERMEDIATE)),
        (year(6000, 0), (LARGE, LARGE)),
        (Figures(headcount=Interval(5, inf)), (INTERMEDIATE, LARGE)),
    ],
)
def test_what_public_bodies_hold_is_no_sme(figures: Figures, expected: tuple[int, int]) -> None:
    assert size_range([figures], public=True) == expected, A3 + "(4)"


CHOICES = (9, 10, 49, 50, 249, 250, 5000)
bands = st.lists(st.sampled_from(CHOICES), min_size=1, max_size=2).map(lambda pair: (min(pair), max(pair)))


def plain_size(headcounts: tuple[float, ...]) -> int:
    """Read Article 4(2) as it is written, forwards: keep a size until another ceiling holds for two years running."""
    sizes = [sum(staff >= ceiling for ceiling in (10, 50, 250, 5000)) for staff in headcounts]
    kept = sizes[0]
    for before, this in pairwise(sizes):
        if min(before, this) > kept:
            kept = min(before, this)
        elif max(before, this) < kept:
            kept = max(before, this)
    return kept


@given(st.lists(bands, min_size=1, max_size=4))
def test_the_range_of_sizes_is_that_of_every_completion(years: list[tuple[int, int]]) -> None:
    completions = product(*([n for n in CHOICES if low <= n <= high] for low, high in years))
    sizes = [plain_size(completion) for completion in completions]
    known = [Figures(headcount=Interval(*band), turnover=exactly(0)) for band in reversed(years)]
    assert size_range(known, public=False) == (min(sizes), max(sizes))


amounts = st.tuples(st.sampled_from([0, 9, 10, 50]), st.sampled_from([0, 3e6, 60e6]), st.sampled_from([0, 3e6, 60e6]))


@given(st.lists(amounts, min_size=1, max_size=3), st.lists(amounts, min_size=1, max_size=3))
def test_a_year_may_have_any_size_between_its_least_and_its_most(
    some: list[tuple[float, float, float]], others: list[tuple[float, float, float]]
) -> None:
    pairs = list(zip(some, others, strict=False))
    known = [
        Figures(
            **{
                name: Interval(min(one[i], other[i]), max(one[i], other[i]))
                for i, name in enumerate(("headcount", "turnover", "balance_sheet"))
            }
        )
        for one, other in pairs
    ]
    corners = product(*(tuple(product(*({one[i], other[i]} for i in range(3)))) for one, other in pairs))
    sizes = [size_of(*(year(*corner) for corner in corner_of_years)) for corner_of_years in corners]
    assert size_range(known, public=False) == (min(sizes), max(sizes))


# --- Consolidation --------------------------------------------------------------------------------------------------


def related(share: float, **more: object) -> Related:
    return Related(**{"share": share, "figures": year(100, 200, 400), "name": "Autre SAS", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "link", "counted", "source"),
    [
        (related(0), "apart", 0, A3 + "(1): autonomous"),
        (related(24.99), "apart", 0, A3 + "(1): autonomous under 25 %"),
        (related(25), "partner", 25, A3 + "(2): 25 % or more"),
        (related(25.5), "partner", 25.5, A6 + "(2): in proportion"),
        (related(50), "partner", 50, A3 + "(3): linked needs a majority"),
        (related(50.01), "linked", 100, A3 + "(3)(a)"),
        (related(100), "linked", 100, A3 + "(3)(a)"),
        (related(10, control=True), "linked", 100, A3 + "(3)(c): control by contract"),
        (related(0, control=True), "linked", 100, A3 + "(3)(b)"),
        (related(24.99, holder="exempt_investor"), "apart", 0, A3 + "(2)"),
        (related(25, holder="exempt_investor"), "apart", 0, A3 + "(2)(a) to (d)"),
        (related(50, holder="exempt_investor"), "apart", 0, A3 + "(2)(a) to (d)"),
        (related(50.01, holder="exempt_investor"), "linked", 100, A3 + "(2): provided they are not linked"),
        (related(30, holder="exempt_investor", control=True), "linked", 100, A3 + "(2)"),
        (related(25, holder="public_body"), "partner", 25, A3 + "(2)"),
    ],
)
def test_each_tie_counts_by_its_share(other: Related, link: str, counted: float, source: str) -> None:
    added = year(100 * counted / 100, 200 * counted / 100, 400 * counted / 100)
    found = consolidate(year(10, 20, 40), (other,))
    assert found == Consolidated(
        figures=year(10 + counted, 20 + 2 * counted, 40 + 4 * counted),
        parts=(
            Part(name="", link="own", share=100, figures=year(10, 20, 40)),
            Part(name="Autre SAS", link=link, share=counted, figures=added),
        ),
        complete=True,
    ), source


def test_an_autonomous_enterprise_counts_alone() -> None:
    found = consolidate(year(10, 20, 40), ())
    assert found.figures == year(10, 20, 40)
    assert len(found.parts) == 1
    assert found.complete


def test_every_tie_adds_to_the_sum() -> None:
    found = consolidate(
        year(10, 20, 40),
        (
            related(50),
            related(60),
            related(10),
            related(30),
        ),
    )
    assert found.figures == year(10 + 50 + 100 + 30, 20 + 100 + 200 + 60, 40 + 200 + 400 + 120)
    assert [part.share for part in found.parts] == [100, 50, 100, 0, 30]


def test_an_unknown_group_may_add_anything_and_takes_nothing_away() -> None:
    found = consolidate(year(10, 20, 40), None)
    assert found.figures == Figures(
        headcount=Interval(10, inf), turnover=Interval(20, inf), balance_sheet=Interval(40, inf)
    )
    assert found.parts == (Part(link="own", share=100, figures=year(10, 20, 40)),)
    assert not found.complete


def test_unknown_figures_of_one_leave_at_least_those_of_the_other() -> None:
    linked = consolidate(Figures(), (related(60),)).figures
    assert linked == Figures(
        headcount=Interval(100, inf), turnover=Interval(200, inf), balance_sheet=Interval(400, inf)
    )
    partner = consolidate(year(10, 20, 40), (related(25, figures=Figures()),)).figures
    assert partner == Figures(headcount=Interval(10, inf), turnover=Interval(20, inf), balance_sheet=Interval(40, inf))


def test_unknown_figures_that_do_not_count_change_nothing() -> None:
    assert consolidate(year(10, 20, 40), (related(24, figures=Figures()),)).figures == year(10, 20, 40)


def test_bounds_are_added_side_by_side() -> None:
    other = related(50, figures=Figures(headcount=Interval(10, 19), turnover=exactly(0), balance_sheet=exactly(0)))
    own = Figures(headcount=Interval(3, 5), turnover=exactly(0), balance_sheet=exactly(0))
    assert consolidate(own, (other,)).figures.headcount == Interval(8, 14.5)


def test_a_figure_below_zero_counts_for_nothing() -> None:
    own = Figures(headcount=Interval(-4, 6), turnover=Interval(-9, -3), balance_sheet=exactly(1))
    assert consolidate(own, ()).figures == Figures(
        headcount=Interval(0, 6), turnover=Interval(0, 0), balance_sheet=exactly(1)
    )


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([], False),
        ([24.99], False),
        ([25], True),
        ([25.01], True),
        ([12.5, 12.5], True),
        ([12.5, 12.4], False),
        ([8.3, 8.3, 8.4], True),  # binary fractions must not lose the 25th
        ([0.1] * 250, True),
        ([0.1] * 249, False),
    ],
)
def test_public_bodies_count_together(shares: list[float], expected: bool) -> None:
    group = [Related(share=share, holder="public_body") for share in shares]
    assert is_publicly_held(group) is expected, A3 + "(4): jointly or individually"
    others = [Related(share=90), Related(share=40, holder="exempt_investor"), Related(share=0, control=True)]
    assert is_publicly_held([*others, *group]) is expected


def test_a_public_body_that_controls_holds_the_enterprise() -> None:
    assert is_publicly_held([Related(share=0, control=True, holder="public_body")])


def test_an_unknown_group_is_not_known_to_be_public() -> None:
    assert is_publicly_held(None) is None


# --- De minimis -----------------------------------------------------------------------------------------------------

GENERAL = Ceiling(
    regulation="general",
    amount=300_000,
    counts=frozenset({"general", "agricultural"}),
    valid_from=date(2024, 1, 1),
    valid_until=date(2030, 12, 31),
)
SGEI = Ceiling(
    regulation="sgei",
    amount=750_000,
    counts=frozenset({"sgei"}),
    valid_from=date(2024, 1, 1),
    valid_until=date(2030, 12, 31),
)


def grant(on: str, amount: float | None = 100_000, regulation: str = "general") -> Grant:
    return Grant(on=date.fromisoformat(on), amount=amount, regulation=regulation)


@pytest.mark.parametrize(
    ("granted", "on", "counts"),
    [
        ("2023-11-23", "2026-11-24", False),
        ("2023-11-24", "2026-11-24", False),  # three years to the day: ]on - 3 years, on]
        ("2023-11-25", "2026-11-24", True),
        ("2026-11-24", "2026-11-24", True),  # on the very day
        ("2026-11-25", "2026-11-24", False),  # not granted yet
        ("2024-02-28", "2027-02-27", True),
        ("2024-02-28", "2027-02-28", False),
        ("2024-02-29", "2027-02-28", True),  # its month's last day by then
        ("2024-02-29", "2027-03-01", False),
        ("2024-03-01", "2027-02-28", True),
        ("2024-03-01", "2027-03-01", False),
        ("2025-02-28", "2028-02-27", True),
        ("2025-02-28", "2028-02-28", False),
        ("2025-02-28", "2028-02-29", False),
        ("2025-03-01", "2028-02-29", True),
        ("2023-12-31", "2026-12-30", True),
        ("2023-12-31", "2026-12-31", False),
    ],
)
def test_three_years_roll_from_date_to_date(granted: str, on: str, counts: bool) -> None:
    found = headroom([grant(granted)], on=date.fromisoformat(on), ceiling=GENERAL, complete=True)
    assert bool(found.counted) is counts, R2831 + ", Article 3(2)"
    assert found.left == exactly(200_000 if counts else 300_000)
    assert found.used == exactly(100_000 if counts else 0)


@given(st.dates(date(2020, 1, 1), date(2032, 12, 31)))
def test_an_aid_counts_on_every_day_before_it_leaves_and_on_none_after(granted: date) -> None:
    leaves = leaves_window_on(granted)
    for on, counts in ((granted, 1), (leaves - timedelta(1), 1), (leaves, 0), (granted - timedelta(1), 0)):
        found = headroom([Grant(on=granted, amount=1, regulation="general")], on=on, ceiling=GENERAL, complete=True)
        assert len(found.counted) == counts
    assert (leaves - granted).days in (1095, 1096)


def test_the_sum_is_shown_with_the_day_it_changes() -> None:
    first, second, third = grant("2024-03-03", 70_000), grant("2025-01-10", 20_000), grant("2024-03-03", 50_000)
    old, future = grant("2020-05-05", 90_000), grant("2027-01-01", 90_000)
    found = headroom([second, first, old, third, future], on=DAY, ceiling=GENERAL, complete=True)
    assert found == Headroom(
        left=exactly(160_000),
        used=exactly(140_000),
        counted=(first, third, second),
        freed_on=date(2027, 3, 3),
        freed=exactly(120_000),
    )


def test_nothing_received_leaves_the_whole_ceiling() -> None:
    assert headroom([], on=DAY, ceiling=GENERAL, complete=True) == Headroom(
        left=exactly(300_000), used=exactly(0), counted=(), freed_on=None, freed=exactly(0)
    )


@pytest.mark.parametrize(
    ("grants", "ceiling", "complete", "left", "used", "source"),
    [
        ([grant("2026-01-01", 300_000)], GENERAL, True, (0, 0), (300_000,) * 2, R2831 + ", Article 3(2)"),
        ([grant("2026-01-01", 299_999)], GENERAL, True, (1, 1), (299_999,) * 2, R2831 + ", Article 3(2)"),
        ([grant("2026-01-01", 300_001)], GENERAL, True, (0, 0), (300_001,) * 2, R2831 + ": never below nothing"),
        ([grant("2026-01-01", 300_001)], GENERAL, False, (0, 0), (300_001,) * 2, R2831),
        ([], GENERAL, False, (0, 300_000), (0, 0), "undeclared is not nothing"),
        ([grant("2026-01-01")], GENERAL, False, (0, 200_000), (100_000,) * 2, "undeclared is not nothing"),
        ([grant("2026-01-01", None)], GENERAL, True, (0, 300_000), (0, inf), "an unknown amount is any amount"),
        (
            [grant("2026-01-01", None), grant("2026-01-02")],
            GENERAL,
            True,
            (0, 200_000),
            (100_000, inf),
            "an unknown amount is any amount",
        ),
        (
            [grant("2026-01-01"), grant("2026-01-02", 30_000, "agricultural")],
            GENERAL,
            True,
            (170_000,) * 2,
            (130_000,) * 2,
            R2831 + ", Article 5(2)",
        ),
        (
            [grant("2026-01-01"), grant("2026-01-02", 150_000, "sgei")],
            GENERAL,
            True,
            (50_000, 200_000),
            (100_000, 250_000),
            R2831 + ", Article 5(1): whether it counts was not read",
        ),
        (
            [grant("2026-01-01"), grant("2026-01-02", 150_000, "sgei")],
            SGEI,
            True,
            (500_000, 600_000),
            (150_000, 250_000),
            R2832 + ", Article 5: whether it counts was not read",
        ),
        ([grant("2026-01-01", None, "sgei")], GENERAL, True, (0, 300_000), (0, inf), R2831),
        ([grant("2026-01-01")], None, True, (0, inf), (0, 100_000), "no ceiling is known"),
        ([], None, False, (0, inf), (0, 0), "no ceiling is known"),
    ],
)
def test_what_is_left_is_no_more_certain_than_what_is_known(
    grants: list[Grant],
    ceiling: Ceiling | None,
    complete: bool,
    left: tuple[float, float],
    used: tuple[float, float],
    source: str,
) -> None:
    found = headroom(grants, on=DAY, ceiling=ceiling, complete=complete)
    assert (found.left, found.used) == (Interval(*left), Interval(*used)), source


def test_what_is_freed_may_be_unknown_too() -> None:
    found = headroom(
        [grant("2024-03-03", 10_000), grant("2024-03-03", 5_000, "sgei"), grant("2024-03-04")],
        on=DAY,
        ceiling=GENERAL,
        complete=True,
    )
    assert found.freed == Interval(10_000, 15_000)
    assert found.freed_on == date(2027, 3, 3)


@pytest.mark.parametrize(
    ("regulation", "on", "expected"),
    [
        ("general", "2023-12-31", None),
        ("general", "2024-01-01", GENERAL),
        ("general", "2030-12-31", GENERAL),
        ("general", "2031-01-01", None),  # what follows the regulation is not known
        ("sgei", "2026-11-24", SGEI),
        ("fishery", "2026-11-24", None),
    ],
)
def test_a_ceiling_is_known_while_its_regulation_is_in_force(
    regulation: str, on: str, expected: Ceiling | None
) -> None:
    assert ceiling_on([GENERAL, SGEI], regulation=regulation, on=date.fromisoformat(on)) == expected


@pytest.mark.parametrize(
    ("amount", "left", "expected"),
    [
        ((50_000, 50_000), (50_000, 50_000), MET),  # shall not exceed
        ((50_001, 50_001), (50_000, 50_000), NOT_MET),
        ((49_999, 50_000), (50_000, 50_000), MET),
        ((49_999, 50_001), (50_000, 50_000), UNKNOWN),
        ((50_000, 50_001), (50_000, 50_000), UNKNOWN),
        ((50_000, 50_000), (0, 50_000), UNKNOWN),
        ((50_001, 60_000), (0, 50_000), NOT_MET),
        ((0, inf), (0, 300_000), UNKNOWN),
        ((1, 1), (0, inf), UNKNOWN),
        ((1, 1), (0, 0), NOT_MET),
    ],
)
def test_a_new_aid_fits_whole_or_not_at_all(
    amount: tuple[float, float], left: tuple[float, float], expected: Outcome
) -> None:
    assert fits(Interval(*amount), Interval(*left)) is expected, R2831 + ", Article 3(7)"


# --- Intensity ------------------------------------------------------------------------------------------------------


def rate(article: str, *, regime: str = "GBER", **percent: tuple[float, float]) -> Intensity:
    return Intensity(
        regime=regime,
        article=article,
        percent={size: Interval(*bounds) for size, bounds in percent.items()},
        valid_from=date(2023, 7, 1),
        valid_until=date(2026, 12, 31),
    )


RATES = [
    rate("17", micro=(20, 20), small=(20, 20), medium=(10, 10)),
    rate("25", micro=(70, 80), small=(70, 80), medium=(60, 75)),
    rate("25", micro=(45, 60), small=(45, 60), medium=(35, 50), large=(25, 40)),
    rate("17", regime="other", micro=(99, 99)),
]


@pytest.mark.parametrize(
    ("article", "sizes", "on", "expected"),
    [
        ("17", (SMALL, SMALL), "2026-11-24", (20, 20)),
        ("17", (MICRO, MICRO), "2026-11-24", (20, 20)),
        ("17", (MEDIUM, MEDIUM), "2026-11-24", (10, 10)),
        ("17", (MICRO, MEDIUM), "2026-11-24", (10, 20)),
        ("17", (INTERMEDIATE, INTERMEDIATE), "2026-11-24", None),  # for SMEs only
        ("17", (MEDIUM, INTERMEDIATE), "2026-11-24", None),
        ("17", (SMALL, SMALL), "2023-06-30", None),
        ("17", (SMALL, SMALL), "2023-07-01", (20, 20)),
        ("17", (SMALL, SMALL), "2026-12-31", (20, 20)),
        ("17", (SMALL, SMALL), "2027-01-01", None),  # the regulation has ended, what follows is unknown
        ("25", (SMALL, SMALL), "2026-11-24", (45, 80)),
        ("25", (SMALL, MEDIUM), "2026-11-24", (35, 80)),
        ("25", (LARGE, LARGE), "2026-11-24", None),  # one of its purposes says nothing of that size
        ("36", (SMALL, SMALL), "2026-11-24", None),
    ],
)
def test_a_rate_is_known_for_the_sizes_and_days_of_its_text(
    article: str, sizes: tuple[int, int], on: str, expected: tuple[float, float] | None
) -> None:
    found = intensity(RATES, regime="GBER", article=article, sizes=sizes, on=date.fromisoformat(on))
    assert found == (Interval(*expected) if expected else None), "Regulation (EU) No 651/2014"
