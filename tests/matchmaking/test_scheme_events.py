"""One state for each scheme of a firm: what may follow what, who may say it, which word counts, and until when."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.matchmaking.decisions import told_decisions
from backend.matchmaking.listing import Scope, rows_of
from backend.matchmaking.models import ENDINGS, Review, SchemeEvent
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import StateError, say, undo_last
from backend.matchmaking.services import correct_submission
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.states import states_of
from backend.matchmaking.transitions import AFTER, KEPT, MAY_SAY, OVER, SETTLES, Origin, State
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from tests.factories import (
    CCLO,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    publish_revision,
    rewriting,
)
from tests.neighbour import ours
from tests.undone import undone

pytestmark = pytest.mark.django_db
SAID = [state for state in State if state != State.WITHDRAWN]
WAYS = {  # how each state is reached by words alone
    "": [],
    "followed": ["followed"],
    "applied": ["applied"],
    "granted": ["applied", "granted"],
    "refused": ["applied", "refused"],
    "given_up": ["applied", "given_up"],
    "has_it": ["has_it"],
    "set_aside": ["set_aside"],
}
VOICES = {"firm": Origin.FIRM, "officer": Origin.OFFICER, "operator": Origin.OPERATOR}


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def scheme(submission):
    return first_matches(submission)[0].scheme


def of_voice(voice, officer):
    """Return the arguments by which someone speaks."""
    return {
        "firm": {},
        "officer": {"officer": officer},
        "operator": {"officer": officer, "by_operator": True},
    }[voice]


def speak(submission, scheme, state, **more):
    reason = {"reason": "not_interested"} if state == "set_aside" else {}
    return say(submission=submission, scheme=scheme, state=state, on=DAY, **{**reason, **more})


def state_of(submission, scheme, *, told=False):
    state = states_of(submission, told=told).own.get(scheme.pk)
    return state.counts.state if state and state.counts else ""


def listed(submission):
    """Return the schemes that a firm is proposed: its five and the whole list."""
    result = latest_result(submission, on=DAY)
    cards = {card.match.scheme_id for card in shortlist_of(submission, result).cards}
    rows = rows_of(submission, result, scope=Scope.ALL, words="", word="")
    return cards | {row.match.scheme_id for row in rows}


# -- the table


def test_every_state_has_its_row_and_every_reason_its_end():
    assert set(AFTER) == {"", KEPT, *SAID}
    assert set(WAYS) == {"", *SAID}
    assert set(ENDINGS) == {
        *Review.Reason.values,
        *dict(Review.RETIRED_REASONS),
        *SchemeEvent.Reason.values,
        *OVER,
    } - {"set_aside"}


@pytest.mark.cases(2)
@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    ("last", "first"),
    [
        (last, who)
        for last in WAYS
        for who in ("firm", "officer")
        if who == "firm" or last not in ("has_it", "set_aside")
    ],
)
def test_what_follows_is_said_and_taken_back_and_nothing_else_is(submission, officer, voice, last, first):
    scheme, other = (match.scheme for match in first_matches(submission, 2))
    elsewhere = make_submission(confirmed=True, siret="", siren="")
    speaks = of_voice(voice, officer)
    before = of_voice(first, officer)
    follows = AFTER[last]
    if voice != "firm":
        follows |= SETTLES.get(last, frozenset()) if first == "firm" else frozenset()
        follows |= {"granted", "refused"} if last in ("", "followed") else frozenset()  # the request is implied
    for each in WAYS[last]:
        speak(submission, scheme, each, **before)
    speak(submission, other, "followed")  # of another scheme, and of another firm: no matter
    speak(elsewhere, scheme, "applied")
    for state in SAID:
        n_rows = ours(SchemeEvent).count()
        if state == last and voice == first:
            continue  # the same again: below
        if state in follows and state in MAY_SAY[VOICES[voice]]:
            speak(submission, scheme, state, **speaks)
            assert state_of(submission, scheme) == state
            undo_last(submission=submission, scheme=scheme, on=DAY, officer=speaks.get("officer"))
            assert ours(SchemeEvent).count() == n_rows + 2  # nothing is rewritten
        else:
            with pytest.raises(StateError, match=r"dans la liste|ne peut pas suivre|Avant « |Un porteur dit"):
                speak(submission, scheme, state, **speaks)
            assert ours(SchemeEvent).count() == n_rows
        assert state_of(submission, scheme) == last
    assert state_of(elsewhere, scheme) == "applied"


def test_the_same_word_sent_twice_is_one_row(submission, officer, scheme):
    other = make_submission(confirmed=True, siret="", siren="")
    speak(other, scheme, "set_aside")
    for voice, said in (({}, {"euros": 900}), ({"officer": officer}, {"euros": 900, "note": "au téléphone"})):
        case = {"submission": submission, "scheme": scheme, "state": "granted", "on": DAY, **voice, **said}
        if not voice:
            say(**{**case, "state": "applied"})
        else:
            undo_last(submission=submission, scheme=scheme, on=DAY)
        first = say(**case)
        n_rows = ours(SchemeEvent).count()
        assert say(**case) == first
        for change in ({"euros": 901}, {"euros": None}, {"happened_on": DAY - timedelta(days=1)}):
            with pytest.raises(StateError, match="ne peut pas suivre « obtenu »"):
                say(**{**case, **change})
        assert ours(SchemeEvent).count() == n_rows


@pytest.mark.parametrize("voice", VOICES)
def test_an_amount_that_was_not_known_is_added_afterwards(submission, officer, scheme, voice):
    speaks, before = of_voice(voice, officer), DAY - timedelta(days=3)
    speak(submission, scheme, "applied", **speaks)
    first = speak(submission, scheme, "granted", happened_on=before, note="par courrier", **speaks)
    added = speak(submission, scheme, "granted", euros=12_500, **speaks)
    assert (added.euros, added.happened_on, added.note) == (12_500, before, "par courrier")
    assert list(ours(SchemeEvent).standing().filter(state="granted")) == [added]
    assert ours(SchemeEvent).get(undoes=first).state == "withdrawn"
    with pytest.raises(StateError, match="ne peut pas suivre « obtenu »"):
        speak(submission, scheme, "granted", euros=13_000, **speaks)


def test_an_officer_adds_the_amount_to_what_the_firm_obtained_and_not_under_what_it_said_since(
    submission, officer, scheme
):
    speak(submission, scheme, "applied", officer=officer)
    speak(submission, scheme, "granted")
    added = speak(submission, scheme, "granted", officer=officer, euros=12_500)
    assert states_of(submission, told=True).own[scheme.pk].counts.event == added
    undo_last(submission=submission, scheme=scheme, on=DAY, officer=officer)
    speak(submission, scheme, "applied", officer=officer, euros=20_000)  # settles it: it was not granted
    assert state_of(submission, scheme) == "applied"
    assert ours(SchemeEvent).standing().filter(state="applied").count() == 2


def test_who_asks_again_after_a_refusal_is_not_taken_for_a_second_click(submission, officer, scheme):
    speak(submission, scheme, "applied")
    speak(submission, scheme, "refused", officer=officer)
    speak(submission, scheme, "applied")
    assert state_of(submission, scheme) == "applied"


def test_a_refusal_names_who_said_what_stands(submission, officer, scheme):
    speak(submission, scheme, "has_it")
    with pytest.raises(
        StateError, match=r"« ça m’intéresse » ne peut pas suivre « je l’ai déjà », .* à elle de l’annuler"
    ):
        speak(submission, scheme, "followed", officer=officer)
    speak(submission, scheme, "given_up", officer=officer)
    with pytest.raises(StateError, match=f"par {officer} : demandez-lui"):
        speak(submission, scheme, "set_aside")


def test_a_refusal_says_what_stands_and_since_when(submission, officer, scheme):
    with pytest.raises(StateError, match="Avant « obtenu », notez « demande déposée »"):
        speak(submission, scheme, "granted")
    speak(submission, scheme, "applied", officer=officer)
    speak(submission, scheme, "granted", officer=officer)
    today = f"{timezone.localdate():%d/%m/%Y}"
    with pytest.raises(StateError, match=f"« refusé » ne peut pas suivre « obtenu », noté le {today}"):
        speak(submission, scheme, "refused")


def test_what_cannot_be_says_what_is_wrong(submission, scheme):
    for said, sentence in (
        ({"state": "?"}, "dans la liste"),
        ({"state": "withdrawn"}, "dans la liste"),
        ({"state": "set_aside"}, "choisissez une raison"),
        ({"state": "set_aside", "reason": "parce que"}, "choisissez une raison"),
        ({"state": "applied", "happened_on": DAY + timedelta(days=1)}, "est à venir"),
        ({"state": "applied", "happened_on": date(1999, 1, 1)}, "Le 01/01/1999 est trop ancien"),
    ):
        with pytest.raises(StateError, match=sentence):
            say(submission=submission, scheme=scheme, on=DAY, **said)
        assert not ours(SchemeEvent).exists(), said


def test_what_was_granted_long_before_the_file_came_is_what_the_firm_has_already(submission, officer, scheme):
    speak(submission, scheme, "applied")
    early = {"state": "granted", "happened_on": date(2021, 3, 1)}
    with pytest.raises(StateError, match="Le 01/03/2021 est plus d’un an avant votre demande"):
        say(submission=submission, scheme=scheme, on=DAY, **early)
    with pytest.raises(StateError, match="avant la demande : écartez-le, « l’entreprise l’a déjà »"):
        say(submission=submission, scheme=scheme, on=DAY, officer=officer, **early)
    event = say(submission=submission, scheme=scheme, on=DAY, **early | {"happened_on": DAY - timedelta(days=200)})
    assert event.state == "granted"  # asked for and granted before it told us of its need


def test_a_scheme_that_the_file_was_not_answered_is_refused(submission, scheme):
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    with pytest.raises(StateError, match="n’est pas, ou plus"):
        speak(submission, scheme, "followed")


def test_what_an_operator_said_is_named_with_who_noted_it(submission, officer, scheme):
    event = speak(submission, scheme, "applied", officer=officer, by_operator=True, euros=12_000)
    assert (event.origin, event.actor, event.euros) == ("operator", officer, 12_000)
    (word,) = states_of(submission, told=False).own[scheme.pk].words
    assert word.who == f"{officer}, d’après le porteur"


@pytest.mark.parametrize("make_person", [make_lead, lambda: make_officer(CCLO)])
def test_only_those_in_charge_say_something_of_a_file(submission, officer, scheme, make_person):
    speak(submission, scheme, "followed", officer=officer)
    for act in (
        lambda: speak(submission, scheme, "applied", officer=make_person()),
        lambda: undo_last(submission=submission, scheme=scheme, officer=make_person(), on=DAY),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_rows_are_never_rewritten_and_say_who_and_why(submission, scheme):
    event = speak(submission, scheme, "followed")
    for columns in ({"state": "applied"}, {"note": "autre"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SchemeEvent.objects.filter(pk=event.pk).update(**columns)
    for columns in ({"state": "set_aside"}, {"origin": "officer"}, {"euros": 3}, {"state": "withdrawn"}):
        with pytest.raises(IntegrityError), transaction.atomic(), rewriting():
            SchemeEvent.objects.filter(pk=event.pk).update(**columns)


# -- undoing


def test_there_is_nothing_to_undo_but_ones_own_words(submission, officer, scheme):
    with pytest.raises(StateError, match="rien à annuler"):
        undo_last(submission=submission, scheme=scheme, on=DAY)
    speak(submission, scheme, "followed", officer=officer)
    with pytest.raises(StateError, match="rien à annuler"):
        undo_last(submission=submission, scheme=scheme, on=DAY)


def test_what_is_taken_back_is_what_was_named(submission, officer, scheme):
    case = {"submission": submission, "scheme": scheme, "on": DAY}
    for voice in ({}, {"officer": officer}):
        first = speak(submission, scheme, "followed" if not voice else "applied", **voice)
        second = speak(submission, scheme, "applied" if not voice else "granted", **voice)
        n_rows = ours(SchemeEvent).count()
        for named in (first.pk, 0):
            with pytest.raises(StateError, match=f"« {second.get_state_display()} » a été dit en dernier"):
                undo_last(**case, **voice, named=named)
        assert ours(SchemeEvent).count() == n_rows
        assert undo_last(**case, **voice, named=second.pk).undoes == second
        if not voice:
            undo_last(**case, named=first.pk)


def test_a_word_on_which_one_of_the_other_voice_stands_is_not_undone_before_it(submission, officer, scheme):
    speak(submission, scheme, "applied")
    speak(submission, scheme, "granted", officer=officer)
    case = {"submission": submission, "scheme": scheme, "on": DAY}
    with pytest.raises(StateError, match=f"« obtenu », dit après par {officer}, en dépend"):
        undo_last(**case)
    undo_last(**case, officer=officer)
    undo_last(**case)
    assert state_of(submission, scheme) == ""


# -- an answer of the operator, where nobody noted the request


def test_an_officer_notes_an_answer_at_once_of_what_was_kept(submission, officer, scheme):
    decide(submission, scheme, officer)
    for voice, answer in (("officer", "granted"), ("operator", "refused"), ("officer", "refused")):
        with undone():
            speak(submission, scheme, answer, **of_voice(voice, officer))
            assert state_of(submission, scheme) == answer
            undo_last(submission=submission, scheme=scheme, on=DAY, officer=officer)
            assert state_of(submission, scheme) == KEPT
            speak(submission, scheme, "followed")
            speak(submission, scheme, answer, **of_voice(voice, officer))
            assert state_of(submission, scheme) == answer


def test_an_answer_that_contradicts_what_was_said_asks_for_the_request_first(submission, officer, scheme):
    decide(submission, scheme, officer)
    speak(submission, scheme, "followed")
    for before in ("refused", "given_up", "has_it", "set_aside"):
        with undone():
            for state in WAYS[before]:
                speak(submission, scheme, state)
            with pytest.raises(StateError):
                speak(submission, scheme, "granted", officer=officer)
            assert state_of(submission, scheme) == before


def test_the_last_word_of_the_firm_is_not_overturned_at_once(submission, officer, scheme):
    for state in ("applied", "granted"):
        speak(submission, scheme, state)
    with pytest.raises(StateError, match="par l’entreprise"):
        speak(submission, scheme, "refused", officer=officer)


def test_the_firm_itself_notes_its_request_first(submission, scheme):
    speak(submission, scheme, "followed")
    with pytest.raises(StateError):
        speak(submission, scheme, "granted")


# -- which word counts


WORDS = [  # of the officer, of the firm, which one counts, whether they differ
    ("", "followed", "followed", False),
    ("", "set_aside", "set_aside", True),
    ("", "has_it", "has_it", True),
    ("not_worth_it", "followed", "set_aside", True),  # what takes it away wins until it is settled
    ("not_interested", "applied", "set_aside", True),
    ("already_has_it", "", "has_it", False),
    ("asked_and_refused", "applied", "applied", False),  # it asks again
]


def test_what_takes_a_scheme_away_wins_until_the_officer_settles_it(submission, officer, scheme):
    for staff, firm, counts, differs in WORDS:
        with undone():
            decide(submission, scheme, officer, staff)
            if firm:
                speak(submission, scheme, firm)
            state = states_of(submission, told=False).own[scheme.pk]
            assert (state.counts.state, state.differ) == (counts, differs), (staff, firm)
            decide(submission, scheme, officer)
            state = states_of(submission, told=False).own[scheme.pk]
            settled = firm if firm in ("followed", "applied") else KEPT
            assert (state.counts.state, state.differ) == (settled, False), (staff, firm)


def test_a_verdict_that_the_firm_was_not_told_does_not_count_for_it(submission, officer, scheme):
    speak(submission, scheme, "set_aside")
    decide(submission, scheme, officer)
    assert (state_of(submission, scheme, told=True), state_of(submission, scheme)) == ("set_aside", KEPT)
    end_review(submission=submission, officer=officer, on=DAY)
    assert state_of(submission, scheme, told=True) == KEPT


def test_a_fact_alone_says_that_the_firm_has_it(submission, officer, scheme):
    correct_submission(submission=submission, facts={f"scheme:{scheme.key}": True}, on=DAY)
    word = states_of(submission, told=True).own[scheme.pk].counts
    assert (word.state, word.is_firms, word.who) == ("has_it", True, "l’entreprise")


# -- what it does


def test_what_is_over_leaves_what_the_firm_is_proposed_and_comes_back_undone(submission, scheme):
    for last, states in WAYS.items():
        for state in states:
            speak(submission, scheme, state)
        assert (scheme.pk not in listed(submission)) is (last in OVER), last
        for _ in states:
            undo_last(submission=submission, scheme=scheme, on=DAY)
        if last in OVER:
            assert scheme.pk in listed(submission), last


REOPENED, PAID = {"closes_on": date(2027, 6, 30)}, {"ceiling_eur": 90_000}


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("state", "reason", "ends_with", "holds_elsewhere"),
    [
        ("set_aside", "deadline_too_close", [REOPENED], True),
        ("set_aside", "not_interested", [], True),
        ("set_aside", "other_project", [], False),
        ("set_aside", "not_worth_it", [PAID], False),
        ("has_it", "", [], True),
        ("granted", "", [], True),
        ("refused", "", [REOPENED], True),
        ("given_up", "", [], False),
    ],
)
def test_each_reason_holds_until_its_own_end(submission, scheme, state, reason, ends_with, holds_elsewhere):
    publish_revision(scheme, window_state="dated", opens_on=None, closes_on=DAY + timedelta(days=3))
    again, stranger = make_submission(confirmed=True), make_submission(confirmed=True, siret="", siren="")
    for each in WAYS[state]:
        say(submission=submission, scheme=scheme, state=each, reason=reason, on=DAY)
    assert (scheme.pk not in listed(again)) is holds_elsewhere
    assert scheme.pk in listed(stranger)
    assert told_decisions(stranger) == {}
    publish_revision(scheme, summary="Autre résumé.")  # nothing that ends a reason
    assert scheme.pk not in listed(submission)
    for changes in (REOPENED, PAID):
        publish_revision(scheme, **changes)
        assert (scheme.pk in listed(submission)) is (changes in ends_with)
        if changes in ends_with:
            return


def test_the_answer_by_email_names_no_scheme_that_the_firm_dismissed(submission, officer):
    kept, dismissed = (match.scheme for match in first_matches(submission, 2))
    decide(submission, kept, officer)
    decide(submission, dismissed, officer)
    speak(submission, dismissed, "has_it")
    end_review(submission=submission, officer=officer, on=DAY)
    text = ours(Notification).get(kind="reviewed").text
    assert str(kept) in text
    assert str(dismissed) not in text
