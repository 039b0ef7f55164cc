"""What a page says of schemes that bear on each other: it warns and orders, and changes no verdict."""

import pytest

from backend.matchmaking.presentation import present, present_schemes
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.shortlist import shortlist_of
from backend.schemes.models import Scheme
from tests.factories import (
    DAY,
    decide,
    first_matches,
    make_officer,
    make_submission,
    publish_revision,
    revise_scheme,
    take_back,
)  # fmt: skip

pytestmark = pytest.mark.django_db
OPEN = {"state": "permanent", "opens_on": None, "closes_on": None, "recurring": None, "note": None}


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def schemes(submission):
    """Return three schemes of the firm's list that it reads first."""
    found = [match.scheme for match in first_matches(submission, 10) if not match.guide][:3]
    for scheme, letter in zip(found, "ABC", strict=True):
        scheme.letter = letter
    return found


@pytest.fixture
def link(tmp_path):
    """State links in the file of a scheme, under a short name and with a rate."""

    def revise(scheme, *links, rate=None, kind="grant", **fields):
        amount = None if rate is None else {"rate_max_pct": rate}
        rows = [{"kind": kind_, "scheme": other.source_key, **more} for kind_, other, more in links]
        revise_scheme(
            tmp_path, scheme.source_key, name=scheme.letter, relations=rows, amount=amount, kind=kind,
            operators=[], contact=None, **fields,
        )  # fmt: skip

    return revise


def cards_of(submission, **options):
    page = present(submission, latest_result(submission, on=DAY), **options)
    return page, {card.match.scheme_id: card for group in page.groups for card in group.cards}


def firm_page(submission):
    submission.refresh_from_db()
    return shortlist_of(submission, latest_result(submission, on=DAY))


def plain(texts):
    return [text.replace("\u00a0", " ") for text in texts]


def warned(submission, scheme):
    _page, cards = cards_of(submission)
    return plain(cards[scheme.pk].warnings)


def keep(submission, officer, *schemes):
    for scheme in schemes:
        decide(submission, scheme, officer)


# -- an officer is warned


def test_two_kept_schemes_that_exclude_each_other_warn_beside_both_and_at_the_end(submission, officer, schemes, link):
    first, second, third = schemes
    link(first, ("excludes", second, {}))
    link(second)
    link(third)
    keep(submission, officer, first, second, third)
    assert warned(submission, first) == ["Ne se cumule pas avec « B », déjà retenu."]
    assert warned(submission, second) == ["Ne se cumule pas avec « A », déjà retenu."]
    assert warned(submission, third) == []
    page, _cards = cards_of(submission)
    (said,) = plain(page.warnings)
    assert said in (
        "« A » : ne se cumule pas avec « B », déjà retenu.",
        "« B » : ne se cumule pas avec « A », déjà retenu.",
    )
    take_back(submission, second, officer)
    assert cards_of(submission)[0].warnings == ()


@pytest.mark.slow
def test_a_scheme_warns_before_it_is_kept(submission, officer, schemes, link):
    first, second, _third = schemes
    link(first)
    link(second, ("excludes", first, {}))
    assert warned(submission, second) == []
    keep(submission, officer, first)
    assert warned(submission, second) == ["Ne se cumule pas avec « A », déjà retenu."]
    (card,) = present_schemes(submission, latest_result(submission, on=DAY), [second])
    assert plain(card.warnings) == ["Ne se cumule pas avec « A », déjà retenu."]
    decide(submission, second, officer, "not_worth_it")
    assert warned(submission, second) == []


def test_a_prerequisite_that_is_not_kept_is_asked_for_until_it_is_known(submission, officer, schemes, link):
    first, second, _third = schemes
    link(first, ("requires", second, {}))
    link(second)
    keep(submission, officer, first)
    assert warned(submission, first) == ["Demande d’abord « B » : l’entreprise l’a-t-elle ?"]
    assert warned(submission, second) == []
    decide(submission, second, officer, "already_has_it")
    assert warned(submission, first) == []


def test_a_prerequisite_that_is_kept_too_warns_of_nothing(submission, officer, schemes, link):
    first, second, _third = schemes
    link(first, ("requires", second, {}))
    keep(submission, officer, first, second)
    assert cards_of(submission)[0].warnings == ()


def test_what_the_firm_has_already_excludes_even_where_only_its_sheet_says_so(submission, officer, schemes, link):
    first, second, _third = schemes
    link(first)
    link(second, ("excludes", first, {}))
    decide(submission, second, officer, "already_has_it")
    keep(submission, officer, first)
    assert warned(submission, first) == ["Ne se cumule pas avec « B », que l’entreprise a déjà."]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("rates", "kinds", "end"),
    [
        ((50, 40), ("grant", "grant"), "aux taux les plus hauts, 50 % + 40 % dépasse."),
        ((50, None), ("grant", "grant"), "le taux de « B » n’est pas connu."),
        ((50, 30), ("grant", "grant"), None),
        ((50, 40), ("grant", "loan"), "le taux de « B » n’est pas connu."),
        ((None, None), ("grant", "grant"), "les taux de « A » et « B » ne sont pas connus."),
    ],
)
def test_shares_of_one_spend_are_added_and_a_rate_is_never_guessed(
    submission, officer, schemes, link, rates, kinds, end
):
    first, second, _third = schemes
    link(first, ("cumulable", second, {"cap_pct": 80}), rate=rates[0], kind=kinds[0])
    link(second, rate=rates[1], kind=kinds[1])
    keep(submission, officer, first, second)
    start = "Aides cumulables jusqu’à 80 % de la même dépense avec « B » : "
    assert warned(submission, first) == ([] if end is None else [start + end])


def test_a_warning_changes_no_verdict_and_blocks_nothing(submission, officer, schemes, link):
    first, second, _third = schemes
    before = {match.scheme_id: match.eligibility for match in latest_result(submission, on=DAY).matches.all()}
    link(first, ("excludes", second, {}), ("requires", Scheme.objects.get(source_key="vie"), {}))
    keep(submission, officer, first, second)
    after = {match.scheme_id: match.eligibility for match in latest_result(submission, on=DAY).matches.all()}
    assert after == before
    end_review(submission=submission, officer=officer, on=DAY)
    submission.refresh_from_db()
    assert submission.reviewed_at is not None


# -- a few words


def test_beside_each_scheme_stands_what_it_is_to_the_others_of_the_list(submission, schemes, link):
    first, second, third = schemes
    elsewhere = Scheme.objects.get(source_key="mediation-credit")  # answers another need: not in the list
    link(
        first,
        ("excludes", second, {}),
        ("cumulable", third, {"cap_pct": 62.5, "note": "Dit la page."}),
        ("requires", elsewhere, {}),
    )
    link(second, ("excludes", first, {}), ("follows", third, {}))
    link(third)
    _page, cards = cards_of(submission)
    said = {
        letter.letter: [(one.words.replace("\u00a0", " "), one.name, one.cap.replace("\u00a0", " "), one.note)
                        for one in cards[letter.pk].links if one.name in {"A", "B", "C"}]  # others link too
        for letter in schemes
    }  # fmt: skip
    cap = "jusqu’à 62,5 % de la même dépense"
    assert sorted(said["A"]) == [("Ne se cumule pas avec", "B", "", ""), ("Se cumule avec", "C", cap, "Dit la page.")]
    assert sorted(said["B"]) == [("Ne se cumule pas avec", "A", "", ""), ("Vient après", "C", "", "")]
    assert sorted(said["C"]) == [("Se cumule avec", "A", cap, ""), ("À faire avant", "B", "", "")]


# -- and an order


def test_the_steps_follow_the_links_before_the_review_and_after(submission, officer, schemes, link):
    first, second, third = schemes
    link(first, ("requires", third, {}), window=OPEN)
    link(third, window=OPEN)
    for reviewed in (False, True):
        if reviewed:
            keep(submission, officer, first, second, third)
            end_review(submission=submission, officer=officer, on=DAY)
        page = firm_page(submission)
        places = [step.card.match.scheme_id for step in page.steps]
        assert third.pk in places
        assert first.pk not in places or places.index(third.pk) < places.index(first.pk)
        step = next(step for step in page.steps if step.card.match.scheme_id == third.pk)
        assert step.opens == first.letter
        assert page.to_choose == ()
    kept = [card.match.scheme_id for card in page.cards[:3]]
    assert sorted(kept) == sorted(scheme.pk for scheme in schemes)
    assert kept.index(third.pk) < kept.index(first.pk)


def test_two_schemes_of_one_name_are_not_taken_for_each_other(submission, officer, schemes, link):
    first, second, third = schemes
    second.letter = third.letter
    link(first, ("requires", third, {}), window=OPEN)
    for scheme in (second, third):
        link(scheme, window=OPEN)
    keep(submission, officer, first, second, third)
    end_review(submission=submission, officer=officer, on=DAY)
    steps = {step.card.match.scheme_id: step.opens for step in firm_page(submission).steps}
    assert steps == {first.pk: "", second.pk: "", third.pk: first.letter}


def test_what_does_not_go_with_the_rest_is_to_be_chosen_and_says_why(submission, officer, schemes, link):
    first, second, third = schemes
    link(first, ("excludes", third, {}))
    link(third)
    keep(submission, officer, first, second, third)
    end_review(submission=submission, officer=officer, on=DAY)
    page = firm_page(submission)
    (card,) = page.to_choose
    other = {"A": "C", "C": "A"}[card.revision.name]
    assert plain(card.warnings) == [f"Ne se cumule pas avec « {other} », déjà retenu."]
    assert {card.match.scheme_id for card in page.cards} > {scheme.pk for scheme in schemes}
    assert not {first.pk, third.pk} <= {step.card.match.scheme_id for step in page.steps}


def test_links_that_were_in_force_before_and_cannot_hold_break_nothing(submission, officer, schemes):
    first, second, _third = schemes
    publish_revision(first).relations.create(kind="requires", other_key=second.source_key)
    publish_revision(second).relations.create(kind="requires", other_key=first.source_key)
    keep(submission, officer, first, second)
    end_review(submission=submission, officer=officer, on=DAY)
    page = firm_page(submission)
    assert page.to_choose == ()
    assert {first.pk, second.pk} <= {card.match.scheme_id for card in page.cards}
    assert page.steps
