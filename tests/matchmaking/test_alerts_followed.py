"""What becomes of the schemes a firm reads first and of all it follows: opens, changes, closes, reopens."""

from datetime import timedelta

import pytest

from backend.matchmaking import alerts, usefulness
from backend.matchmaking.evaluation.fitting_usefulness import write_usefulness
from backend.matchmaking.models import Alert, Reminder
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.usefulness import N_CARDS
from backend.schemes.models import Relation, Scheme
from tests.factories import DAY, decide, first_matches, make_officer, publish_revision
from tests.matchmaking.subscribers import IMMEDIATE, NEXT_DAY, WEEKLY, closing, publish, subscriber, sweep, withhold
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
CLOSED = "N’ACCEPTE PLUS DE DEMANDES"
CLOSING = Alert.Frequency.CLOSING
ELSEWHERE = "creation.transmettre"  # a need the firm does not have
UNNEEDED = "geiq-industrie"
TERRAIN = "Nous cherchons un terrain pour agrandir"


def on_day(n):
    return DAY + timedelta(days=n)


def permanent(scheme, **changes):
    """Publish a scheme with a window that nothing ends."""
    publish(scheme)
    publish_revision(scheme, window_state="permanent", opens_on=None, closes_on=None, **changes)


@pytest.fixture
def submission():
    return subscriber()


@pytest.fixture
def shown(submission):
    """Return the scheme that the firm reads first, permanent; nothing of it waits to be told."""
    scheme = next(match.scheme for match in first_matches(submission, 2) if match.scheme.source_key != UNNEEDED)
    permanent(scheme)
    sweep()
    return scheme


@pytest.fixture
def unneeded():
    """Return a scheme that serves another need than those of the firm."""
    scheme = Scheme.objects.get(source=Scheme.OWN, source_key=UNNEEDED)
    permanent(scheme, needs={ELSEWHERE: 1.0})
    return scheme


WAYS = ["interested", "applied", "kept"]


def follow(submission, scheme, way):
    """Follow a scheme the way a firm or its officer does."""
    if way == "kept":
        officer = make_officer()
        decide(submission, scheme, officer)
        end_review(submission=submission, officer=officer, on=DAY)
    else:
        say(submission=submission, scheme=scheme, on=DAY, state={"interested": "followed"}.get(way, way))


# -- closes


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", ["exhausted", "suspended", "closed"])
def test_a_listed_scheme_that_closes_is_told_though_nobody_kept_it(submission, shown, state):
    publish_revision(shown, window_state=state)
    (email,) = sweep(NEXT_DAY)
    assert CLOSED in email.text
    assert shown.current.name in email.text
    assert sweep(on_day(2)) == []


@pytest.mark.slow
def test_a_listed_scheme_that_leaves_the_catalogue_is_told(submission, shown):
    withhold(shown)
    (email,) = sweep(NEXT_DAY)
    assert CLOSED in email.text
    assert "Il n’est plus proposé" in email.text
    assert shown.current.name in email.html


@pytest.mark.slow
def test_a_scheme_far_down_the_list_closes_in_silence(submission):
    last = first_matches(submission, 50)[-1].scheme
    permanent(last)
    sweep()
    publish_revision(last, window_state="closed")
    assert sweep(NEXT_DAY) == []


def test_what_has_no_card_closes_in_silence_and_what_has_one_is_told():
    few = subscriber(needs=(), text=TERRAIN, siret="", siren="")
    subscriber(text="", email="autre@firm.example")
    result = latest_result(few, on=DAY)
    cards = {card.match.scheme_id for card in shortlist_of(few, result).cards}
    listed = [match.scheme for match in result.matches.answering().filter(guide=False)[:N_CARDS]]
    told = next(scheme for scheme in listed if scheme.pk in cards)
    silent = next(scheme for scheme in listed if scheme.pk not in cards)
    for scheme in (told, silent):
        publish_revision(scheme, window_state="closed")
    mine = [email for email in sweep(NEXT_DAY) if email.recipient == few.contact.email]
    assert [(told.current.name in email.text, silent.current.name in email.text) for email in mine] == [(True, False)]


@pytest.mark.slow
def test_a_last_day_is_reminded_of_what_has_a_card_only():
    few = subscriber(needs=(), text=TERRAIN, siret="", siren="")
    cards = {card.match.scheme_id for card in shortlist_of(few, latest_result(few, on=DAY)).cards}
    listed = [match.scheme for match in latest_result(few, on=DAY).matches.answering().filter(guide=False)[:N_CARDS]]
    reminded = next(scheme for scheme in listed if scheme.pk in cards)
    silent = next(scheme for scheme in listed if scheme.pk not in cards)
    for scheme in (reminded, silent):
        publish_revision(scheme, window_state="dated", opens_on=None, closes_on=on_day(5))
    sweep()
    sweep(NEXT_DAY)
    assert set(few.alerts.get().reminders.values_list("scheme", flat=True)) == {reminded.pk}


@pytest.mark.slow
def test_another_model_of_cards_mails_nobody(submission, tmp_path, monkeypatch):
    """What has a card comes and goes with it: the schemes are the same."""
    few = subscriber(needs=(), text=TERRAIN, email="autre@firm.example", siret="", siren="")
    sweep(NEXT_DAY)
    before = cards_of(few, on=NEXT_DAY)
    for days, intercept in ((2, 9.0), (3, -9.0)):
        path = tmp_path / f"{days}.yaml"
        write_usefulness({"intercept": intercept, "need": 5.8, "words": 2.0, "off_target": 0.0}, path, on=on_day(days))
        monkeypatch.setattr(usefulness, "PATH", path)
        usefulness.usefulness.cache_clear()
        now = cards_of(few, on=on_day(days))
        assert now != before
        before = now
        assert sweep(on_day(days)) == []


@pytest.fixture(autouse=True)
def model_of_cards():
    yield
    usefulness.usefulness.cache_clear()


def cards_of(submission, *, on):
    return [card.match.scheme_id for card in shortlist_of(submission, latest_result(submission, on=on)).cards]


def test_what_takes_its_place_is_named(submission, shown):
    other = first_matches(submission, 30)[-1].scheme
    permanent(other)
    sweep(NEXT_DAY)
    closed = publish_revision(shown, window_state="closed")
    Relation.objects.create(revision=closed, kind=Relation.Kind.ALTERNATIVE_TO, other_key=other.source_key)
    (email,) = sweep(on_day(2))
    assert f"À la place : {other.current.name}" in " ".join(email.text.split())


def test_a_last_day_that_passes_is_no_news(submission, shown):
    closing(shown, on_day(9))
    told = [email for day in (1, 2, 8, 9, 10) for email in sweep(on_day(day))]
    assert not any(CLOSED in email.text for email in told)
    assert ours(Reminder).filter(scheme=shown).count() == 1


@pytest.mark.slow
def test_a_scheme_that_closes_before_its_last_day_is_told(submission, shown):
    closing(shown, on_day(60))
    sweep(NEXT_DAY)
    publish_revision(shown, window_state="exhausted")
    (email,) = sweep(on_day(2))
    assert CLOSED in email.text


# -- follows


@pytest.mark.cases(1)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_followed_is_told_whatever_the_firm_needs(submission, unneeded, way):
    follow(submission, unneeded, way)
    sweep()
    publish_revision(unneeded, amount_text="Jusqu’à 10 000 €", rate_max_pct=None, floor_eur=None, ceiling_eur=None)
    sweep(NEXT_DAY)
    publish_revision(unneeded, amount_text="Jusqu’à 25 000 €")
    (changed,) = sweep(on_day(2))
    assert "Jusqu’à 10 000 € → Jusqu’à 25 000 €" in changed.text
    publish_revision(unneeded, window_state="suspended")
    (closed,) = sweep(on_day(3))
    assert CLOSED in closed.text
    assert unneeded.current.name in closed.text
    publish_revision(unneeded, window_state="permanent")
    (reopened,) = sweep(on_day(4))
    assert "VIENT D’OUVRIR" in reopened.text
    assert unneeded.current.name in reopened.text


@pytest.mark.cases(1)  # what a firm follows is reminded of below, to who asks for closings only
@pytest.mark.parametrize(("way", "reminded"), [("applied", False), ("interested", True), ("kept", True)])
def test_the_last_day_is_reminded_of_what_is_still_to_be_asked_for(submission, unneeded, way, reminded):
    follow(submission, unneeded, way)
    sweep()
    closing(unneeded, on_day(20))
    sweep(NEXT_DAY)
    assert ours(Reminder).filter(scheme=unneeded).exists() == reminded


def test_a_followed_scheme_whose_first_day_moves_is_told(submission, unneeded):
    publish_revision(unneeded, window_state="dated", opens_on=on_day(20), closes_on=on_day(90))
    follow(submission, unneeded, "interested")
    sweep()
    publish_revision(unneeded, opens_on=on_day(30))
    (email,) = sweep(NEXT_DAY)
    assert "A CHANGÉ" in email.text
    assert "24 décembre 2026" in email.text
    assert [len(sweep(on_day(day))) for day in (29, 30)] == [0, 1]


@pytest.mark.cases(1)
@pytest.mark.parametrize("said", [{"state": "has_it"}, {"state": "set_aside", "reason": "not_interested"}])
def test_what_is_set_aside_closes_in_silence_until_the_word_is_taken_back(submission, shown, said):
    say(submission=submission, scheme=shown, on=DAY, **said)
    publish_revision(shown, window_state="suspended")
    assert sweep(NEXT_DAY) == []
    undo_last(submission=submission, scheme=shown, on=NEXT_DAY)
    publish_revision(shown, window_state="permanent")
    (email,) = sweep(on_day(2))
    assert shown.current.name in email.text


def test_what_another_firm_follows_is_not_told(submission, unneeded):
    other = subscriber(email="autre@firm.example", siret="", siren="")
    follow(other, unneeded, "interested")
    sweep()
    publish_revision(unneeded, window_state="suspended")
    assert [email.recipient for email in sweep(NEXT_DAY)] == ["autre@firm.example"]


# -- only what closes


def test_who_asks_for_closings_only_hears_of_nothing_else(unneeded):
    submission = subscriber(CLOSING)
    follow(submission, unneeded, "interested")
    sweep()
    publish_revision(unneeded, amount_text="Jusqu’à 25 000 €")
    assert sweep(NEXT_DAY) == []
    closing(unneeded, on_day(9))
    (reminder,) = sweep(on_day(2))
    assert "FERME BIENTÔT" in reminder.text
    assert "prévenu seulement quand un dispositif ferme, sans attendre" in reminder.text
    publish_revision(unneeded, window_state="exhausted")
    (closed,) = sweep(on_day(3))
    assert CLOSED in closed.text
    alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=on_day(3))
    assert sweep(on_day(4)) == []  # what it did not want to hear of is not told afterwards


def test_what_closes_goes_before_what_waits_and_the_rest_follows_the_next_day(submission, shown, unneeded):
    other = subscriber(WEEKLY)  # of the same address and firm
    follow(submission, unneeded, "interested")
    publish_revision(shown, amount_text="Jusqu’à 25 000 €")
    (news,) = sweep(NEXT_DAY)
    assert news.about == [submission.topic]
    closing(shown, on_day(8))
    (closes,) = sweep(NEXT_DAY)
    news.refresh_from_db()
    assert (closes.about, closes.cap_day, news.cap_day) == ([other.topic], NEXT_DAY, on_day(2))
