"""Which schemes of an answer get a card: those that likelier help than not, and one of each sure need."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.matchmaking import engine
from backend.matchmaking.first_five import N_CARDS
from backend.matchmaking.models import Match
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.usefulness import HARDLY, HELPS, shares, usefulness, worth_a_card
from tests.factories import DAY, decide, make_officer, make_submission

SHARES = st.floats(0.0, 1.0)


@pytest.fixture
def weights(db):
    return engine.active_weights()[1]


def match(weights, need, words, key="a.a"):
    return Match(need_id=key, parts={"need": need * weights.need, "words": words * weights.words})


@given(SHARES, SHARES, st.floats(0.0, 0.2))
def test_more_of_either_never_helps_less(need, words, more):
    model = usefulness()
    assert model.chance(need + more, words) >= model.chance(need, words)
    assert model.chance(need, words + more) >= model.chance(need, words)
    assert 0.0 < model.chance(need, words) < 1.0


def test_what_serves_the_need_wholly_helps_and_what_does_neither_hardly_does():
    assert usefulness().chance(1.0, 0.0) >= HELPS
    assert usefulness().chance(0.0, 0.0) < HARDLY


def test_shares_are_of_the_points_in_force_and_none_of_what_counts_for_nothing(weights):
    assert shares({"need": weights.need / 2, "words": weights.words / 4}, weights) == (0.5, 0.25)
    assert shares({}, weights) == (0.0, 0.0)
    assert shares({"words": 7.0}, replace(weights, words=0.0)) == (0.0, 0.0)


def test_what_likelier_does_not_help_has_no_card_but_the_first_and_the_first_of_a_sure_need(weights):
    first, other, second_need, again, good = (
        match(weights, 0.1, 0.0),
        match(weights, 0.1, 0.1),
        match(weights, 0.4, 0.1, "b.b"),
        match(weights, 0.4, 0.1, "b.b"),
        match(weights, 0.9, 0.3),
    )
    every = [first, other, second_need, again, good]
    assert worth_a_card(every, {"b.b"}, weights) == [first, second_need, good]
    assert worth_a_card(every, set(), weights) == [first, good]


def test_the_first_of_a_sure_need_that_hardly_helps_has_none(weights):
    good, hardly = match(weights, 0.9, 0.3), match(weights, 0.05, 0.1, "b.b")
    assert worth_a_card([good, hardly], {"a.a", "b.b"}, weights) == [good]


def test_boxes_without_words_get_every_card(weights):
    every = [match(weights, share, 0.0) for share in (0.9, 0.1, 0.1)]
    assert worth_a_card(every, set(), weights) == every
    assert worth_a_card([], set(), weights) == []


@pytest.mark.django_db
def test_a_text_gets_fewer_cards_and_the_way_to_all_others():
    submission = make_submission(text="Nous cherchons un terrain pour agrandir", needs=(), confirmed=True)
    result = latest_result(submission, on=DAY)
    page = shortlist_of(submission, result)
    listed = [one for one in result.matches.answering() if not one.guide]
    shown = [card.match.pk for card in page.cards]
    assert 1 <= len(shown) < N_CARDS
    assert [one.pk for one in listed[:N_CARDS] if one.pk in shown] == shown
    assert page.n_possible == len(listed)
    assert page.n_more == len(listed) - len(shown)


@pytest.mark.django_db
def test_what_an_officer_keeps_has_a_card_whatever_its_chance():
    submission, officer = make_submission(text="Je cherche un soudeur", needs=(), confirmed=True), make_officer()
    result = latest_result(submission, on=DAY)
    last = [one for one in result.matches.answering() if not one.guide][-1]
    assert usefulness().chance(*shares(last.parts, engine.weights_of(result.weights))) < HELPS
    decide(submission, last.scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    cards = shortlist_of(submission, latest_result(submission, on=DAY)).cards
    assert cards[0].match.scheme_id == last.scheme_id
