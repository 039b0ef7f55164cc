"""Which schemes of an answer get a card: those that likelier help than not, and one of each sure need."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.matchmaking import engine
from backend.matchmaking.decisions import told_decisions
from backend.matchmaking.first_five import parts_of, shown_first
from backend.matchmaking.models import Match, Review
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.standing import WINDOW
from backend.matchmaking.usefulness import HARDLY, HELPS, N_CARDS, SECOND, features_of, usefulness, worth_a_card
from tests.factories import DAY, decide, make_officer, make_submission

SHARES = st.floats(0.0, 1.0)


@pytest.fixture
def weights(db):
    return engine.active_weights()[1]


def match(weights, need, words, key="a.a"):
    return Match(need_id=key, parts={"need": need * weights.need, "words": words * weights.words})


def chance(item, weights):
    return usefulness().probability(*features_of(item.parts, weights))


@given(SHARES, SHARES, st.floats(0.0, 0.2))
def test_more_of_either_never_helps_less(need, words, more):
    model = usefulness()
    assert model.probability(need + more, words) >= model.probability(need, words)
    assert model.probability(need, words + more) >= model.probability(need, words)
    assert 0.0 < model.probability(need, words, 1.0) < model.probability(need, words) < 1.0


def test_what_serves_the_need_wholly_helps_and_what_does_neither_hardly_does():
    assert usefulness().probability(1.0, 0.0) >= HELPS
    assert usefulness().probability(0.0, 0.0) < HARDLY


def test_shares_are_of_the_points_in_force_and_none_of_what_counts_for_nothing(weights):
    assert features_of({"need": weights.need / 2, "words": weights.words / 4}, weights) == (0.5, 0.25, 0.0)
    assert features_of({"target": -5.0}, weights) == (0.0, 0.0, 1.0)
    assert features_of({}, weights) == (0.0, 0.0, 0.0)
    assert features_of({"words": 7.0}, replace(weights, words=0.0)) == (0.0, 0.0, 0.0)


def test_what_likelier_does_not_help_has_no_card_but_the_first_and_the_first_of_a_sure_need(weights):
    first, other, second_need, again, good = (
        match(weights, 0.3, 0.0),
        match(weights, 0.1, 0.1),
        match(weights, 0.4, 0.1, "b.b"),
        match(weights, 0.4, 0.1, "b.b"),
        match(weights, 0.9, 0.3),
    )
    every = [first, other, second_need, again, good]
    assert worth_a_card(every, {"b.b"}, weights, kept=[], guides=[]) == [first, second_need, good]
    assert worth_a_card(every, set(), weights, kept=[], guides=[]) == [first, good]
    assert worth_a_card([], set(), weights, kept=[], guides=[]) == []


def test_one_that_is_alone_and_may_be_closed_has_the_likeliest_of_those_that_nearly_help_beside_it(weights):
    good, faint, nearly, of_another = (
        match(weights, 0.7, 0.1),
        match(weights, 0.3, 0.0),
        match(weights, 0.45, 0.0),
        match(weights, 0.47, 0.0, "b.b"),
    )
    assert SECOND < chance(nearly, weights) < chance(of_another, weights) < HELPS
    every = [good, faint, nearly, of_another]
    assert worth_a_card(every, {"a.a"}, weights, kept=[], guides=[]) == [good]
    good.unknown = [WINDOW]
    assert worth_a_card(every, {"a.a"}, weights, kept=[], guides=[]) == [good, nearly]
    assert worth_a_card(every, set(), weights, kept=[], guides=[]) == [good, of_another]
    assert worth_a_card([good, faint], {"a.a"}, weights, kept=[], guides=[]) == [good]
    assert worth_a_card([good, good, nearly], {"a.a"}, weights, kept=[], guides=[]) == [good, good]
    assert worth_a_card([good, nearly], {"a.a"}, weights, kept=[good], guides=[]) == [good]


def test_the_first_of_a_sure_need_that_hardly_helps_has_none(weights):
    good, hardly = match(weights, 0.9, 0.3), match(weights, 0.05, 0.1, "b.b")
    assert worth_a_card([good, hardly], {"a.a", "b.b"}, weights, kept=[], guides=[]) == [good]


def test_who_orients_has_the_card_where_nothing_else_helps(weights):
    hardly, guide, other_guide = match(weights, 0.05, 0.0), match(weights, 0.7, 0.1), match(weights, 0.1, 0.1)
    both = [guide, other_guide]
    assert worth_a_card([hardly], {"a.a"}, weights, kept=[], guides=both) == [guide]
    assert worth_a_card([hardly], {"a.a"}, weights, kept=[], guides=[other_guide]) == [hardly]
    assert worth_a_card([hardly], {"a.a"}, weights, kept=[guide], guides=both) == []
    helps, faint = match(weights, 0.6, 0.1), match(weights, 0.3, 0.1)
    assert worth_a_card([helps, faint], {"a.a"}, weights, kept=[], guides=both) == [helps]
    assert worth_a_card([faint], {"a.a"}, weights, kept=[], guides=both) == [guide]


def test_a_sure_need_that_no_card_answers_has_that_of_the_first_who_orients_with_it(weights):
    buyer, adviser, second = match(weights, 0.9, 0.3), match(weights, 0.7, 0.1, "b.b"), match(weights, 0.7, 0.1, "b.b")
    both, given = {"a.a", "b.b"}, {"kept": [], "guides": [adviser, second]}
    assert worth_a_card([buyer], both, weights, **given) == [buyer, adviser]
    assert worth_a_card([buyer], {"a.a"}, weights, **given) == [buyer]
    assert worth_a_card([buyer] * N_CARDS, both, weights, **given) == [*[buyer] * (N_CARDS - 1), adviser]
    assert worth_a_card([buyer], both, weights, kept=[buyer], guides=[adviser]) == [buyer]


def test_what_helps_with_a_need_that_is_not_sure_gets_no_card_before_who_orients_with_one_that_is(weights):
    loan, guide = match(weights, 0.4, 0.0, "b.b"), match(weights, 0.3, 0.1)
    assert HARDLY < chance(guide, weights) < chance(loan, weights) < HELPS
    assert worth_a_card([loan], {"a.a"}, weights, kept=[], guides=[guide]) == [guide]
    assert worth_a_card([loan], {"b.b"}, weights, kept=[], guides=[guide]) == [loan]
    assert worth_a_card([loan], set(), weights, kept=[], guides=[guide]) == [loan]


# -- laid out with what people decided


@dataclass
class Kept:
    verdict: str = Review.Verdict.KEPT
    is_decided: bool = True


def shown(matches, weights, *, kept=(), probabilities, facts=None):
    """Return the places of those of some schemes that get a card, the kept ones first."""
    for place, each in enumerate(matches):
        each.scheme_id, each.addresses, each.eligibility = place, True, Match.Verdict.ELIGIBLE
    parts = parts_of(matches, {place: Kept() for place in kept}, probabilities, weights, facts or {})
    return [each.scheme_id for each in parts.shown]


def test_boxes_without_words_get_five_cards(weights):
    every = [match(weights, share, 0.0) for share in (0.9, 0.1, 0.1, 0.1, 0.1, 0.1)]
    assert shown(every, weights, probabilities={"a.a": 1.0}) == [0, 1, 2, 3, 4]


def test_an_answer_without_probabilities_keeps_five_cards(weights):
    every = [match(weights, share, 0.2) for share in (0.9, 0.1, 0.1, 0.1, 0.1, 0.1)]
    assert shown(every, weights, probabilities={}) == [0, 1, 2, 3, 4]
    assert shown(every, weights, probabilities={"a.a": 1.0}) == [0]


def test_a_text_was_read_though_what_shares_its_words_was_kept_or_stands_last(weights):
    first = [match(weights, 0.9, 0.5), *(match(weights, 0.1, 0.0) for _ in range(6))]
    assert shown(first, weights, kept=[0], probabilities={"a.a": 1.0}) == [0]
    last = [match(weights, 0.9, 0.0), *(match(weights, 0.1, 0.0) for _ in range(6)), match(weights, 0.1, 0.1)]
    assert shown(last, weights, probabilities={"a.a": 1.0}) == [0]


def test_a_kept_scheme_stands_for_the_first_and_for_the_first_of_its_need(weights):
    every = [match(weights, 0.4, 0.1), match(weights, 0.4, 0.1), match(weights, 0.4, 0.1, "b.b")]
    sure = {"a.a": 0.9, "b.b": 0.9}
    assert shown(every, weights, probabilities=sure) == [0, 2]
    assert shown(every, weights, kept=[1], probabilities=sure) == [1, 2]
    assert shown(every, weights, kept=[1], probabilities={"a.a": 0.3, "b.b": 0.3}) == [1]


def test_what_a_small_firm_alone_could_not_have_gets_a_card_only_beside_nothing_else(weights):
    large, small = match(weights, 0.9, 0.3), match(weights, 0.8, 0.2)
    large.unknown, large.presumed, small.unknown, small.presumed = ["group"], [], [], []
    sure, few = {"a.a": 0.9}, {"headcount": 2}
    assert shown([large, small], weights, probabilities=sure, facts=few) == [1]
    assert shown([large, small], weights, probabilities=sure, facts={"headcount": 80}) == [0, 1]
    assert shown([large, small], weights, probabilities=sure, facts={**few, "group": []}) == [0, 1]
    assert shown([large], weights, probabilities=sure, facts=few) == [0]
    small.unknown, small.presumed = ["group"], ["group"]  # it closes what is open there
    assert shown([large, small], weights, probabilities=sure, facts=few) == [1]


def test_a_kept_scheme_that_answers_no_longer_stands_for_nothing(weights):
    every = [match(weights, 0.4, 0.1), match(weights, 0.1, 0.1)]
    shown(every, weights, probabilities={})
    every[1].addresses = False
    parts = parts_of(every, {1: Kept()}, {"a.a": 0.3}, weights, {})
    assert [each.scheme_id for each in parts.shown] == [1, 0]


@pytest.mark.django_db
def test_a_text_gets_fewer_cards_and_the_way_to_all_others():
    submission = make_submission(text="Nous cherchons un terrain pour agrandir", needs=(), confirmed=True)
    result = latest_result(submission, on=DAY)
    page = shortlist_of(submission, result)
    listed = [one for one in result.matches.answering() if not one.guide]
    shown = [card.match.pk for card in page.cards]
    assert 1 <= len(shown) < N_CARDS
    assert [one.pk for one in listed[:N_CARDS] if one.pk in shown] == shown
    assert page.n_possible == result.matches.answering().count() >= len(listed)
    assert page.n_more == page.n_possible - len(shown)


@pytest.mark.django_db
def test_emails_speak_of_the_schemes_that_the_page_shows():
    officer = make_officer()
    few = make_submission(text="Nous cherchons un terrain pour agrandir", needs=(), confirmed=True, siret="", siren="")
    boxes = make_submission(text="", confirmed=True, email="autre@firm.example")
    for submission in (few, boxes):
        result = latest_result(submission, on=DAY)
        same_as_page(submission, result, is_short=submission is few)
        last = [one for one in result.matches.answering() if not one.guide][-1].scheme
        decide(submission, last, officer)
        end_review(submission=submission, officer=officer, on=DAY)
        assert last.pk in same_as_page(submission, result, is_short=submission is few)


def same_as_page(submission, result, *, is_short):
    shown = shown_first(result, told_decisions(submission))
    cards = shortlist_of(submission, result).cards
    assert shown == {card.match.scheme_id for card in cards}
    assert (len(shown) < N_CARDS) is is_short
    return shown


@pytest.mark.django_db
def test_what_an_officer_keeps_has_a_card_whatever_its_chance():
    submission, officer = make_submission(text="Je cherche un soudeur", needs=(), confirmed=True), make_officer()
    result = latest_result(submission, on=DAY)
    last = [one for one in result.matches.answering() if not one.guide][-1]
    assert usefulness().probability(*features_of(last.parts, engine.weights_of(result.weights))) < HELPS
    decide(submission, last.scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    cards = shortlist_of(submission, latest_result(submission, on=DAY)).cards
    assert cards[0].match.scheme_id == last.scheme_id
