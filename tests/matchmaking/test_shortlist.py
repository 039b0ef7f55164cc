"""What a firm reads first: up to five schemes in the order of the engine, three steps, and first what people kept."""

import random
from datetime import timedelta

import pytest

from backend.matchmaking import engine
from backend.matchmaking.answers import answer
from backend.matchmaking.cards import unsaved
from backend.matchmaking.listing import Scope, rows_of
from backend.matchmaking.match_input import Question
from backend.matchmaking.models import Match
from backend.matchmaking.questions import open_of
from backend.matchmaking.results import latest_result, request_of
from backend.matchmaking.reviews import KEPT, end_review
from backend.matchmaking.services import correct_submission
from backend.matchmaking.shortlist import N_STEPS, preview, shortlist_of, told_card
from backend.matchmaking.usefulness import N_CARDS
from backend.notifications.models import Notification
from backend.schemes.models import Scheme, SubNeed
from tests.factories import (
    DAY,
    FACTS,
    archive_serving,
    decide,
    first_matches,
    make_officer,
    make_submission,
    publish_revision,
    take_back,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


def show(submission, *, on=DAY):
    return shortlist_of(submission, latest_result(submission, on=on))


def keys(cards):
    return [card.match.scheme.source_key for card in cards]


def test_a_firm_reads_five_schemes_and_the_way_to_the_others(submission):
    page, result = show(submission), latest_result(submission, on=DAY)
    assert len(page.cards) == N_CARDS
    assert [card.match.rank for card in page.cards] == sorted(card.match.rank for card in page.cards)
    assert page.n_possible == result.matches.answering().count()
    assert not set(keys(page.cards)) & set(keys(page.guides))


def test_the_order_is_that_of_the_question_from_outside():
    """A dozen firms: the page shows the first five of what the API answers, guides apart."""
    draw = random.Random(20)  # noqa: S311 -- a draw that can be had again
    sub_needs = sorted(SubNeed.objects.values_list("key", flat=True))
    for _ in range(12):
        facts = {**FACTS, "headcount": float(draw.randint(1, 300)), "naf": draw.choice(["25.62B", "10.71C", "62.01Z"])}
        ticked = tuple(draw.sample(sub_needs, 2))
        question = Question(id=None, on=DAY, facts=facts, needs=ticked, text="")
        outside = answer(question, limit=20)
        submission = make_submission(facts=facts, needs=ticked, text="")
        page = show(submission)
        expected = [card for card in outside.cards if not card.match.guide]
        possible = [card for card in expected if not card.match.opens_later]
        assert keys(page.cards) == keys(possible)[:N_CARDS], (facts, ticked)


def test_three_steps_are_taken_from_what_is_shown(submission):
    page = show(submission)
    assert 0 < len(page.steps) <= N_STEPS
    assert {step.card.match.scheme_id for step in page.steps} <= {card.match.scheme_id for card in page.cards}
    assert all(step.what for step in page.steps)


def test_three_needs_get_a_step_each():
    needs = ("competences.recruter", "energie.audit", "mobilite.salaries")
    page = show(make_submission(needs=needs, text=""))
    assert {card.match.need_id for card in page.cards} == set(needs)
    assert {step.card.match.need_id for step in page.steps} == set(needs)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("Mes gars n’arrivent pas à venir bosser, le car ne passe plus.", "mobilite.salaries"),
        ("besoin d’un site internet et de vendre en ligne", "numerique.outils"),  # hiring, at 0.24
        ("Je cherche un repreneur pour ma boîte, je pars en retraite dans trois ans.", "creation.transmettre"),
    ],
)
def test_a_doubtful_need_gets_no_step_before_those_of_a_sure_one(text, need):
    """Sixty per cent make a need sure; what only resembles the words comes after what serves it."""
    submission = make_submission(needs=(), text=text)
    page = show(submission)
    sure = {key for key, row in request_of(submission, on=DAY).probabilities.items() if row >= 0.6}
    assert sure == {need}
    assert {step.card.match.need_id for step in page.steps} == {need}
    assert len(page.steps) == min(N_STEPS, len(page.cards))


def test_of_two_that_replace_each_other_one_is_a_step(submission):
    """The aids for apprentices are for one contract each, and their steps were both told of it."""
    page = show(make_submission(needs=("competences.alternance",), text=""))
    either = {"aide-unique-apprentissage", "aide-apprentissage-2026"}
    assert either <= set(keys(page.cards))
    assert len(either & set(keys(step.card for step in page.steps))) == 1
    assert len(page.steps) == N_STEPS


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("", ("cyber.incident", "cyber.diagnostic")),
        ("", ("cyber.incident", "cyber.diagnostic", "cyber.equipement")),
        ("On s’est fait pirater la semaine dernière.", ("cyber.diagnostic",)),
    ],
)
def test_a_firm_that_was_attacked_calls_for_help_before_it_asks_for_a_diagnosis(text, needs):
    """However many of its needs the diagnosis answers."""
    page = show(make_submission(needs=needs, text=text))
    first, *others = page.steps
    assert first.card.match.need_id == "cyber.incident"
    assert others
    assert all(step.card.match.need_id != "cyber.incident" for step in others)  # one call is enough


@pytest.mark.cases(2)
@pytest.mark.parametrize(("seen_until", "is_step"), [(None, False), (DAY, True), (DAY - timedelta(days=1), False)])
def test_what_nobody_read_to_be_open_is_a_card_and_no_step(seen_until, is_step):
    file = make_submission(needs=("competences.recruter",), text="")
    first = show(file).cards[0].match.scheme
    seen = {"seen_by": "Une page", "seen_url": "https://exemple.fr/", "seen_on": DAY - timedelta(days=9)}
    dates = {"window_state": "unknown", "opens_on": None, "closes_on": None, "recurring": None}
    publish_revision(first, **dates, **(seen | {"seen_until": seen_until} if seen_until else {}))
    page = show(make_submission(needs=("competences.recruter",), text=""))
    assert first.source_key in keys(page.cards)
    assert (first.source_key in keys(step.card for step in page.steps)) == is_step


@pytest.mark.parametrize(("headcount", "is_step"), [(6.0, False), (60.0, True)])
def test_what_a_firm_that_stands_alone_cannot_have_is_no_step_of_a_small_one(headcount, is_step):
    """The advance on tax credits is for large groups: a bakery of six, whose group nobody spoke of, was sent to it."""
    archive_serving("finance.tresorerie")
    Scheme.objects.filter(source_key="bpi-avance-cir").update(state=Scheme.State.PUBLISHED)
    small = {"headcount": headcount, "naf": "10.71C"}
    page = show(make_submission(needs=("finance.tresorerie",), text="", facts=small, without=("group",)))
    assert keys(page.cards) == ["bpi-avance-cir"]
    assert keys(step.card for step in page.steps) == ["bpi-avance-cir"] * is_step


def test_once_somebody_reviewed_a_file_its_steps_are_what_they_kept(submission, officer):
    before = show(submission)
    assert len(before.steps) > 1
    decide(submission, before.cards[-1].match.scheme, officer)
    assert len(show(submission).steps) == len(before.steps)  # until the firm is told
    end_review(submission=submission, officer=officer, on=DAY)
    after = show(submission)
    assert [step.card.match.scheme_id for step in after.steps] == [before.cards[-1].match.scheme_id]
    assert len(after.cards) > 1


def test_what_was_kept_and_cannot_be_had_any_more_is_no_step(submission, officer):
    begun = make_submission(confirmed=True)
    correct_submission(submission=begun, facts={"project.started": True}, on=DAY)
    lost = show(begun).lost[0].scheme
    decide(submission, lost, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    assert [step.card.match.scheme_id for step in show(submission).steps] == [lost.pk]
    correct_submission(submission=submission, facts={"project.started": True}, on=DAY)
    page = show(submission)
    now = {card.match.scheme_id: card for card in page.cards}[lost.pk]
    assert (now.verdict, now.match.eligibility) == (KEPT, Match.Verdict.INELIGIBLE)
    assert lost.pk not in {step.card.match.scheme_id for step in page.steps}


def test_what_was_set_aside_is_asked_about_no_more(submission, officer):
    refused = show(submission).cards[0].match.scheme
    decide(submission, refused, officer, "other", comment="Non.")
    assert refused.pk not in show(submission).left_out
    end_review(submission=submission, officer=officer, on=DAY)
    page, result = show(submission), latest_result(submission, on=DAY)
    assert refused.pk in page.left_out
    everything, left = open_of(submission, result), open_of(submission, result, left_out=page.left_out)
    assert {match.scheme_id for match in everything.matches} - {match.scheme_id for match in left.matches} == {
        refused.pk
    }


FIRST, SECOND = {"hdf-pme-plus-volet1": "150\xa0000\xa0€"}, {"hdf-pme-plus-volet2": "300\xa0000\xa0€"}


@pytest.mark.parametrize(
    ("spend", "expected"),
    [(90_000.0, FIRST), (75_000.0, FIRST), ([90_000, 95_000], FIRST), (70_000.0, {}), (160_000.0, SECOND), (None, {})],
)
def test_a_project_is_told_what_a_little_more_of_it_would_open(spend, expected):
    """A robot of 90,000 euros is not far from what is for projects from 150,000 on."""
    submission = make_submission(facts={"project.spend": spend}, needs=("numerique.robot",), confirmed=True)
    assert {near.revision.scheme.source_key: near.from_cost for near in show(submission).nearly} == expected


def test_a_project_that_has_begun_is_told_what_it_lost(submission):
    assert show(submission).lost == ()
    correct_submission(submission=submission, facts={"project.started": True}, on=DAY)
    page = show(submission)
    lost = {revision.pk for revision in page.lost}
    assert lost
    rows = latest_result(submission, on=DAY).matches.filter(revision__in=lost)
    assert set(rows.values_list("eligibility", flat=True)) == {"ineligible"}


def test_signing_too_early_is_warned_of_where_it_loses_the_aid(submission):
    result = latest_result(submission, on=DAY)
    answering = result.matches.answering()
    loses = answering.filter(revision__criteria__definition__kind="project_not_started").distinct()
    keeps = answering.exclude(pk__in=list(loses.values_list("pk", flat=True)))
    for matches, is_warned in ((loses, True), (keeps, False)):
        assert matches
        for match in matches[:4]:
            assert told_card(submission, result, match.scheme_id).signs_nothing_first is is_warned, match.scheme


# -- people's verdicts


def test_a_firm_sees_verdicts_after_the_end(submission, officer):
    kept, rejected = (match.scheme for match in first_matches(submission, 2))
    before = keys(show(submission).cards)
    decide(submission, kept, officer)
    decide(submission, rejected, officer, "not_worth_it")
    assert keys(show(submission).cards) == before
    end_review(submission=submission, officer=officer, on=DAY)
    page = show(submission)
    assert keys(page.cards)[0] == kept.source_key
    assert page.cards[0].verdict == "kept"
    assert rejected.source_key not in keys(page.cards)
    assert [card.match.scheme for card in page.set_aside] == [rejected]
    assert len(page.cards) == N_CARDS


def test_all_that_was_kept_is_shown(submission, officer):
    matches = first_matches(submission, N_CARDS + 2)
    for match in matches:
        decide(submission, match.scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    assert set(keys(show(submission).cards)) == {match.scheme.source_key for match in matches}


def test_a_verdict_taken_back_before_the_end_leaves_no_trace(submission, officer):
    scheme = first_matches(submission)[0].scheme
    before = keys(show(submission).cards)
    decide(submission, scheme, officer)
    take_back(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    assert keys(show(submission).cards) == before


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", ["", "not_worth_it"])
def test_what_a_person_decided_stays_in_sight_when_the_needs_change(submission, officer, reason):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer, reason)
    end_review(submission=submission, officer=officer, on=DAY)
    correct_submission(submission=submission, facts={}, ticked=["energie.facture"], text="", on=DAY)
    assert not latest_result(submission, on=DAY).matches.get(scheme=scheme).addresses
    page = show(submission)
    assert (scheme.source_key in keys(page.cards)) is (reason == "")
    assert (scheme.source_key in keys(page.set_aside)) is (reason != "")


@pytest.mark.slow
def test_a_kept_scheme_that_is_no_longer_eligible_stays_kept(submission, officer):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    correct_submission(submission=submission, facts={"headcount": 60_000.0, "naf": "01.11Z"}, on=DAY)
    assert scheme.source_key in keys(show(submission).cards)


def test_nothing_fits_where_no_scheme_answers_the_need():
    page = show(make_submission(needs=(), text="Je passe aux prud’hommes mardi contre mon ancien magasinier."))
    assert page.nothing_fits
    assert page.cards == page.steps == ()


# -- without keeping anything, and one by one


def test_a_preview_shows_the_same_as_a_result_and_keeps_nothing(submission):
    n = ours(Match).count()
    request = request_of(submission, on=DAY)
    (ranked,) = engine.rank([request])
    page = preview(request, unsaved(ranked), engine.in_force().weights)
    assert keys(page.cards) == keys(show(submission).cards)
    assert ours(Match).count() == n


def test_one_scheme_of_another_firm_is_none_of_ours(submission):
    result = latest_result(submission, on=DAY)
    scheme = first_matches(submission)[0].scheme_id
    assert told_card(submission, result, scheme).match.result_id == result.pk
    assert told_card(submission, result, 0) is None


def test_the_list_is_narrowed_by_scope_words_and_word(submission, officer):
    result = latest_result(submission, on=DAY)

    def listed(scope=Scope.NEED, words="", word=""):
        return rows_of(submission, result, scope=scope, words=words, word=word)

    assert [row.match.pk for row in listed()] == [*result.matches.answering().values_list("pk", flat=True)]
    assert len(listed()) < len(listed(Scope.OPEN)) < len(listed(Scope.ALL)) == result.matches.count()
    name = listed()[0].revision.name
    assert listed(words=name.upper())[0].revision.name == name
    assert not listed(Scope.ALL, words="introuvable")
    assert {row.standing for row in listed(Scope.ALL, word="ineligible")} == {"ineligible"}
    decide(submission, listed()[0].match.scheme, officer, "not_worth_it")
    end_review(submission=submission, officer=officer, on=DAY)
    assert name not in [row.revision.name for row in listed(Scope.ALL)]


@pytest.mark.parametrize(
    ("phone", "said"), [("03 53 01 60 77", "vous appelle"), ("", "nous n’avons pas de téléphone")]
)
def test_a_call_is_promised_where_there_is_a_number_to_call(officer, phone, said):
    submission = make_submission(confirmed=True, phone=phone)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    sent = Notification.objects.get(kind="reviewed", about__contains=[submission.topic])
    for text in (sent.text, sent.html.replace("&nbsp;", " ")):
        assert (f"{officer} vous appelle" in text) == bool(phone)
        assert ("ous n’avons pas de téléphone où vous joindre" in text) == (not phone)
