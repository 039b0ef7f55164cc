"""Profiles and schemes with the fewest words: what is not said is unknown, and every test stands on the same day."""

from datetime import date
from typing import Any

from hypothesis import settings

from matching import Answer, Index, Outcome, Profile, Profiles, Scheme, Weights, Window, Wish, parse_criterion, rank

DAY = date(2026, 11, 24)
FEWER = settings(max_examples=settings.default.max_examples // 3)  # of what takes a tenth of a second and more each
OPEN = Window(state="permanent")
WEIGHTS = Weights(
    version="test",
    need=60,
    words=40,
    near=14,
    target=6,
    certain=10,
    guide=12,
    deadline=5,
    verified=3,
    applicant=8,
    diversity=5,
    preference=30,
    trade=30,
    asks=12,
    sure=60,
    likely=5,
)


def make_profiles(**facts: Any) -> Profiles:
    """Return one profile as columns."""
    return Profiles([Profile(**{"on": DAY, **facts})])


def outcome_of(definition: dict[str, Any], **facts: Any) -> Outcome:
    """Test one criterion on one profile."""
    return Outcome(int(parse_criterion(definition).evaluate(make_profiles(**facts))[0]))


def make_scheme(key: str = "jonction:a", *definitions: dict[str, Any], **fields: Any) -> Scheme:
    return Scheme(key=key, criteria=tuple(map(parse_criterion, definitions)), **{"window": OPEN, **fields})


def rank_one(index: Index, profile: Profile, wish: Wish, weights: Weights, **options: Any) -> Answer:
    (found,) = rank(index, [profile], [wish], weights, **options)
    return found
