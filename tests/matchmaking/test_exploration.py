"""One place in ten of an officer's list goes to a scheme from further down, once something was learnt."""

import pytest

from backend.matchmaking.exploration import with_tries
from backend.matchmaking.models import Match
from backend.matchmaking.presentation import present
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from tests.factories import DAY, make_lead, make_submission
from tests.matchmaking.rankers import make_ranker

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.mark.parametrize(
    ("n", "tried"), [(0, []), (3, []), (4, []), (5, [3]), (14, [3]), (15, [3, 13]), (40, [3, 13, 23, 33])]
)
def test_one_place_in_ten_is_given_away_and_never_one_of_the_first_three(n, tried):
    found = with_tries(range(n), draw=lambda item: str(-item))
    assert [place for place, (_, is_try) in enumerate(found) if is_try] == tried
    assert sorted(item for item, _ in found) == list(range(n))
    assert all(0 < item - place <= 10 for place, (item, is_try) in enumerate(found) if is_try)
    kept = [item for item, is_try in found if not is_try]
    assert kept == sorted(kept)


def cards(page):
    return {group.key: group.cards for group in page.groups}


def test_officers_see_a_scheme_tried_higher_and_firms_do_not(submission):
    make_ranker(make_lead())
    result = latest_result(submission, on=DAY)
    shown, again = (cards(present(submission, result)) for _ in range(2))
    tried = [(key, place) for key, group in shown.items() for place, card in enumerate(group) if card.is_try]
    assert {key for key, _ in tried} <= {Match.Verdict.ELIGIBLE, Match.Verdict.UNDECIDED}
    assert min(place for _, place in tried) == 3
    for key, group in shown.items():
        assert [card.match for card in group] == [card.match for card in again[key]]
        assert not any(card.is_try for card in group[:3])
    firm = shortlist_of(submission, result).cards
    assert [card.match.rank for card in firm] == sorted(card.match.rank for card in firm)
    assert not any(card.is_try for card in firm)


def test_nothing_is_tried_where_nothing_was_learnt(submission):
    groups = cards(present(submission, latest_result(submission, on=DAY))).values()
    assert not any(card.is_try for group in groups for card in group)
