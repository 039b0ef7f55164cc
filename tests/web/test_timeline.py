"""The dates of a firm on a line: each once, in order, none on another, and all of them in words too."""

import re
from datetime import date, timedelta

import pytest

from backend.schemes.models import Revision
from backend.web.timeline import MARGIN, RADIUS, WIDTH, timeline
from tests.factories import DAY, first_matches, link_to, make_submission, publish_revision
from tests.web.conftest import text_of


def test_marks_follow_the_days_and_none_covers_another():
    days = [DAY, DAY + timedelta(days=2), DAY + timedelta(days=30), DAY + timedelta(days=400)]
    line = timeline(days, on=DAY)
    assert [mark.number for mark in line.marks] == [1, 2, 3, 4]
    assert [mark.x for mark in line.marks] == sorted(mark.x for mark in line.marks)
    assert (line.marks[0].x, line.marks[-1].x) == (MARGIN, WIDTH - MARGIN)
    for one in line.marks:
        assert RADIUS <= one.y <= line.axis - RADIUS
        for other in line.marks:
            far = (one.x - other.x) ** 2 + (one.y - other.y) ** 2 >= (2 * RADIUS) ** 2
            assert one is other or far, (one, other)


@pytest.mark.parametrize("n_days", [0, 20, 200, 900, 4000])
def test_months_are_few_and_named(n_days):
    line = timeline([DAY + timedelta(days=n_days)], on=DAY)
    assert len(line.ticks) <= 6
    assert all(re.fullmatch(r"\S+ 20\d\d", tick.label) for tick in line.ticks), line.ticks
    assert all(MARGIN <= tick.x <= WIDTH - MARGIN for tick in line.ticks)


@pytest.mark.parametrize("days", [[], [DAY - timedelta(days=1)]])
def test_a_line_leads_from_its_first_day_on(days):
    with pytest.raises(ValueError, match="begins on its first day"):
        timeline(days, on=DAY)


@pytest.mark.django_db
def test_a_firm_sees_its_dates_drawn_and_reads_them(client):
    submission = make_submission(confirmed=True)
    first, second = (match.scheme for match in first_matches(submission, 2))
    publish_revision(first, window_state=Revision.WindowState.DATED, closes_on=date(2026, 12, 31))
    page = client.get(f"/resultat/{link_to(submission)}/")
    n_before = len(page.context["deadlines"])
    publish_revision(second, window_state=Revision.WindowState.DATED, closes_on=date(2027, 3, 15))
    page = client.get(f"/resultat/{link_to(submission)}/")
    assert len(page.context["deadlines"]) == n_before + 1 > 1
    html = page.content.decode()
    assert html.count("<circle ") == len(page.context["deadlines"])
    assert "style=" not in html
    text = text_of(page)
    for words in ("31 décembre 2026", "15 mars 2027", f"Vos {n_before + 1} prochaines dates"):
        assert words in text
