"""Whether a file is read before its schemes are e-mailed: by default always; by need, where its lead decided so."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.common.days import current_day
from backend.matchmaking import alerts, review_policies
from backend.matchmaking.batches import reopen_several
from backend.matchmaking.corrections import confirm_needs, correct_need
from backend.matchmaking.dead_addresses import correct_address
from backend.matchmaking.models import Alert, Match, NeedCorrection, ReviewPolicy, Submission
from backend.matchmaking.queue import Filters, queue_of
from backend.matchmaking.replies import said_back
from backend.matchmaking.review_policies import (
    Judged,
    PolicyError,
    arrived_lately,
    judge,
    policies_in_force,
    policy_for,
    reading_of_need,
    set_policy,
    would_leave,
)
from backend.matchmaking.reviews import end_review, end_with_nothing, keep_scheme, reopen_review
from backend.matchmaking.services import confirm_address, correct_submission
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.standing import Standing, standing
from backend.matchmaking.usefulness import N_CARDS
from backend.notifications.models import Notification
from backend.schemes.models import Scheme, SubNeed, TaxonomyNeed
from tests.factories import DAY, SIREN, SIRET, bounce, decide, make_lead, make_officer, make_submission
from tests.matchmaking.subscribers import IMMEDIATE, NEXT_DAY, publish, read, sweep, withheld
from tests.neighbour import ours
from tests.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
READ, SAMPLED, AUTO = ReviewPolicy.Mode.READ, ReviewPolicy.Mode.SAMPLED, ReviewPolicy.Mode.AUTO
LIKELY = frozenset({Standing.ELIGIBLE, Standing.LIKELY})


@pytest.fixture
def lead():
    return make_lead()


def choose(lead, key, mode=AUTO, least=80):
    current = policies_in_force().get(key)
    need = TaxonomyNeed.objects.get(pk=key)
    chosen = {"mode": mode, "least": None if mode == READ else least}
    return set_policy(user=lead, need=need, **chosen, instead_of=current.pk if current else None)


def policy(mode=AUTO, least=80):
    return ReviewPolicy(mode=mode, least=None if mode == READ else least)


def judged(*needs, certainty=1.0, is_likely=True):
    return Judged(needs=frozenset(needs), certainty=certainty, is_likely=is_likely, shown=frozenset({1}))


def sure_file(**changes):
    """File of a need of which all that is listed is sure: what is not is taken out of the catalogue."""
    while True:
        submission = make_submission(**{"needs": ("competences.recruter",), "siret": "", "siren": "", **changes})
        matches = submission.results.first().matches.answering().filter(guide=False).select_related("revision")
        doubtful = [match.scheme_id for match in matches if standing(match, match.revision) not in LIKELY]
        if not doubtful:
            assert judge(submission.results.first()).is_likely
            return submission
        Scheme.objects.filter(pk__in=doubtful).update(state=Scheme.State.ARCHIVED)


# -- the strictest need decides


@pytest.mark.parametrize(
    ("file", "policies", "leaves"),
    [
        (judged("a"), {}, False),
        (judged("a"), {"a": policy()}, True),
        (judged("a", "b"), {"a": policy()}, False),  # nothing was decided for the other: it is read
        (judged("a", "b"), {"a": policy(), "b": policy(READ)}, False),
        (judged("a", "b", certainty=0.85), {"a": policy(least=80), "b": policy(least=90)}, False),
        (judged("a", certainty=0.8), {"a": policy(least=80)}, True),
        (judged("a", certainty=0.79), {"a": policy(least=80)}, False),
        (judged("a", is_likely=False), {"a": policy()}, False),
        (judged(), {"a": policy()}, False),
    ],
)
def test_the_strictest_need_of_a_file_decides(file, policies, leaves):
    assert (policy_for(file, policies) is not None) == leaves


def test_one_need_that_is_drawn_from_makes_the_whole_file_drawn_from():
    sampled = policy(SAMPLED, 50)
    assert policy_for(judged("a", "b"), {"a": policy(AUTO, 90), "b": sampled}) is sampled


# -- the needs of a file are those that are said back


@pytest.mark.parametrize(
    ("ticked", "text", "needs", "least", "most"),
    [
        # recruiting surely, growth asked back; money and export, which nobody has, were read at 1 and 2 %
        ((), "Je cherche deux soudeurs et je refuse des commandes.", {"competences", "invest"}, 0.05, 0.6),
        ((), "Je cherche deux soudeurs.", {"competences"}, 0.8, 0.99),
        # asked back: welders, and a machine where the language finds it likely enough
        (("numerique.robot",), "Je voudrais un robot de soudage.", {"numerique", "competences"}, 0.05, 0.6),
        (("competences.recruter",), "", {"competences"}, 1.0, 1.0),
        ((), "Recruter", {"competences"}, 0.6, 1.0),
    ],
)
def test_a_need_that_is_not_said_back_is_no_need_of_the_file(ticked, text, needs, least, most):
    submission = make_submission(needs=ticked, text=text, siret="", siren="")
    result = submission.results.first()
    found = judge(result)
    assert needs <= found.needs <= {"competences", "invest", "numerique"}
    assert least <= found.certainty <= most
    said = said_back(submission, result)
    chips = {chip.need.sub_need.need_id for chip in (*said.sure, *said.doubtful, *said.unserved)}
    assert found.needs == chips | {key.partition(".")[0] for key in ticked}
    confirm(submission)
    assert [one.judged for one in arrived_lately(on=current_day()) if one.judged.shown == found.shown] == [found]


def test_a_file_in_its_own_words_leaves_where_its_need_is_sure(lead):
    choose(lead, "competences", least=80)
    text = "Je cherche deux soudeurs."
    submission = confirm(sure_file(needs=(), text=text))
    assert submission.unread_by is not None
    assert all(name in receipt_of(submission).text for name in names_of(submission))


def test_the_receipt_names_the_schemes_that_have_a_card_and_no_other(lead):
    choose(lead, "competences", least=50)
    file = confirm(sure_file(needs=(), text="Je cherche un soudeur"))
    other = confirm(make_submission(needs=("competences.recruter",), text="", email="autre@firm.example"))
    result = file.results.first()
    cards = [card.revision.name for card in shortlist_of(file, result).cards]
    listed = [match.revision.name for match in result.matches.answering().filter(guide=False)[:N_CARDS]]
    assert file.unread_by is not None
    assert 1 <= len(cards) < len(listed)
    text = receipt_of(file).text
    assert [name for name in listed if name in text] == cards
    assert "pas encore relus :" in text
    assert file.reference not in receipt_of(other).text


def test_the_preview_knows_a_text_was_read_where_only_what_stands_last_shares_its_words():
    file = confirm(make_submission(needs=(), text="acheter un robot", siret="", siren=""))
    result = file.results.first()
    listed = [*result.matches.answering().filter(guide=False)]
    result.pk = None
    result.save(force_insert=True)
    for match in listed:
        words = match.parts["words"] if match is listed[-1] else 0.0
        match.pk, match.result, match.parts = None, result, {**match.parts, "words": words}
    Match.objects.bulk_create(listed)
    found = judge(file.results.first())
    assert 1 <= len(found.shown) < N_CARDS < len(listed)
    assert found in [one.judged for one in arrived_lately(on=current_day())]


# -- a file that arrives


def receipt_of(submission):
    return ours(Notification).get(kind="receipt", about=[submission.topic])


def confirm(submission):
    confirm_address(submission=submission)
    submission.refresh_from_db()
    return submission


def names_of(submission):
    shown = judge(submission.results.first()).shown
    return list(
        Match.objects.filter(result=submission.results.first(), scheme__in=shown).values_list(
            "revision__name", flat=True
        )
    )


def test_by_default_the_receipt_names_no_scheme():
    submission = confirm(sure_file())
    assert submission.unread_by is None
    text = receipt_of(submission).text
    assert not any(name in text for name in names_of(submission))


def test_an_auto_file_names_its_schemes_and_stays_in_the_queue(lead):
    submission = sure_file()
    chosen = choose(lead, "competences")
    confirm(submission)
    assert submission.unread_by == chosen
    email = receipt_of(submission)
    assert all(name in email.text for name in names_of(submission))
    assert "pas encore relus :" in email.text
    assert submission.reviewed_at is None
    assert submission in queue_of(make_officer(), Filters(), on=current_day())
    assert not ours(Notification).filter(kind="receipt").exclude(about=[submission.topic]).exists()


def test_a_file_of_which_one_of_the_five_is_not_sure_is_read_first(lead):
    choose(lead, "numerique")
    choose(lead, "competences")
    submission = make_submission(siret="", siren="")
    assert not judge(submission.results.first()).is_likely  # else it would show nothing
    confirm(submission)
    assert submission.unread_by is None


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", ["already_has_it", "not_interested"])
def test_the_receipt_names_nothing_that_was_taken_away_from_the_firm(lead, reason):
    officer, firm = make_officer(), {"siret": SIRET, "siren": SIREN}
    choose(lead, "competences")
    first = confirm(sure_file(**firm))
    away = Scheme.objects.get(pk=min(judge(first.results.first()).shown))
    decide(first, away, officer, reason)
    end_review(submission=first, officer=officer, on=current_day())
    second = confirm(sure_file(**firm))
    result = second.results.first()
    assert result.matches.answering().filter(scheme=away).exists()  # it would be named, were nothing decided
    assert second.unread_by is not None
    assert away.pk not in judge(result).shown
    email = receipt_of(second)
    assert away.current.name not in email.text
    assert all(name in email.text for name in names_of(second))


@pytest.mark.slow
def test_a_second_receipt_of_a_file_that_was_read_names_nothing(lead):
    officer = make_officer()
    choose(lead, "competences")
    submission = confirm(sure_file())
    names = names_of(submission)
    decide(submission, Scheme.objects.get(pk=min(judge(submission.results.first()).shown)), officer, "not_worth_it")
    end_review(submission=submission, officer=officer, on=current_day())
    correct_submission(submission=submission, facts={"headcount": 36.0}, on=current_day())
    bounce(submission)
    correct_address(submission=submission, officer=officer, email="nouvelle@firm.example", on=current_day())
    confirm(submission)
    assert submission.reviewed_at is None
    again = ours(Notification).get(kind="receipt", recipient="nouvelle@firm.example")
    assert not any(name in again.text for name in names)


def test_a_file_that_was_answered_before_it_was_confirmed_does_not_leave_unread(lead):
    choose(lead, "competences")
    submission = sure_file()
    end_with_nothing(submission=submission, officer=make_officer(), on=current_day())
    confirm(submission)
    assert submission.unread_by is None
    assert not any(name in receipt_of(submission).text for name in names_of(submission))


def test_one_in_ten_is_drawn_to_be_read_first(lead, monkeypatch):
    submission = sure_file()
    choose(lead, "competences", SAMPLED)
    for drawn, leaves in ((0, False), (1, True), (9, True)):
        draw = {review_policies.ONE_IN: drawn}
        monkeypatch.setattr(review_policies.secrets, "randbelow", draw.__getitem__)
        with undone():
            assert (confirm(Submission.objects.get(pk=submission.pk)).unread_by is not None) == leaves, drawn


def add_by_page(file):
    ticked = ("competences.recruter", "numerique.robot")
    correct_submission(submission=file, facts={}, ticked=ticked, on=current_day())


def add_by_boxes(file):
    confirm_needs(submission=file, has=["numerique.robot"], has_not=[], on=current_day())


def add_by_officer(file):
    added = {"sub_need": SubNeed.objects.get(pk="numerique.robot"), "change": NeedCorrection.Change.ADDED}
    correct_need(submission=file, **added, officer=make_officer(), on=current_day())


@pytest.mark.cases(1)
@pytest.mark.parametrize("add", [add_by_page, add_by_boxes, add_by_officer])
def test_a_need_that_is_read_first_puts_an_unread_file_back_to_be_read(lead, add):
    choose(lead, "competences")
    file, other = confirm(sure_file()), confirm(sure_file(email="autre@firm.example"))
    alerts.subscribe(submission=file, frequency=IMMEDIATE, paused_until=None, on=current_day())
    assert file.alerts.get() in Alert.objects.released()
    add(file)
    file.refresh_from_db()
    other.refresh_from_db()
    assert (file.unread_by, other.unread_by is None) == (None, False)
    assert file.alerts.get() not in Alert.objects.released()


def test_a_correction_that_leaves_all_sure_leaves_the_file_unread(lead):
    chosen = choose(lead, "competences")
    file = confirm(sure_file())
    correct_submission(submission=file, facts={"headcount": 36.0}, on=current_day())
    file.refresh_from_db()
    assert judge(file.results.first()).is_likely
    assert file.unread_by == chosen


# -- alerts


@pytest.fixture
def scheme():
    return withheld()


def subscribed(**changes):
    submission = make_submission(confirmed=True, siret="", siren="", **changes)
    alerts.subscribe(submission=submission, frequency=IMMEDIATE, paused_until=None, on=DAY)
    return submission


def test_no_alert_leaves_before_the_first_review_ends(scheme):
    submission = subscribed()
    publish(scheme)
    assert sweep(NEXT_DAY) == []
    read(submission, on=NEXT_DAY)
    assert [email.kind for email in sweep(NEXT_DAY)] == []  # what came before it was read is on its page
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    sweep(NEXT_DAY + timedelta(days=1))
    publish(scheme)
    assert [email.kind for email in sweep(NEXT_DAY + timedelta(days=2))] == ["alert"]


def test_no_alert_leaves_after_a_first_answer_that_was_undone(scheme):
    submission, officer = subscribed(), make_officer()
    end_with_nothing(submission=submission, officer=officer, on=DAY, takes_turn=True)
    assert reopen_several(submissions=[submission], officer=officer) == [submission]
    publish(scheme)
    assert sweep(NEXT_DAY) == []
    assert not Alert.objects.released().filter(submission=submission).exists()
    read(submission, on=NEXT_DAY)
    assert Alert.objects.released().filter(submission=submission).exists()
    submission.refresh_from_db()
    first = submission.first_answered_at
    undo(submission, officer)  # of a later one: it was answered all the same
    submission.refresh_from_db()
    assert submission.first_answered_at == first


def undo(submission, officer, *, on=NEXT_DAY):
    end_with_nothing(submission=submission, officer=officer, on=on, takes_turn=True)
    reopen_several(submissions=[submission], officer=officer)


# -- an end that is undone before it was told gives back what was


def test_a_file_waits_as_long_as_before_an_answer_that_was_undone():
    submission, officer = make_submission(confirmed=True, siret="", siren=""), make_officer()
    long_ago = timezone.now() - timedelta(days=60)
    Submission.objects.filter(pk=submission.pk).update(confirmed_at=long_ago)
    undo(submission, officer)
    submission.refresh_from_db()
    assert submission.waits_since == timezone.localdate(long_ago)
    assert submission.officer is None
    assert submission.reviewed_at is None
    reopen_review(submission=submission, officer=officer)  # a second click
    submission.refresh_from_db()
    assert submission.reopened_at is None


def test_a_file_waits_anew_after_an_answer_that_left():
    submission = make_submission(confirmed=True, siret="", siren="")
    Submission.objects.filter(pk=submission.pk).update(confirmed_at=timezone.now() - timedelta(days=60))
    read(submission)
    assert submission.waits_since == timezone.localdate()
    assert submission.officer is not None
    assert submission.first_answered_at is not None


def test_a_file_that_somebody_had_stays_theirs():
    submission, officer = make_submission(confirmed=True, siret="", siren=""), make_officer()
    Submission.objects.filter(pk=submission.pk).update(officer=officer)
    undo(submission, officer)
    submission.refresh_from_db()
    assert submission.officer == officer


@pytest.mark.slow
def test_a_subscriber_is_told_of_what_an_undone_answer_would_have_covered(scheme):
    submission = subscribed()
    read(submission)
    publish(scheme)
    undo(submission, make_officer())
    assert sweep(NEXT_DAY) == []  # the e-mail that was taken back had the turn of that day
    assert [email.kind for email in sweep(NEXT_DAY + timedelta(days=1))] == ["alert"]


def test_the_alert_of_an_auto_file_leaves_unread(lead, scheme):
    submission = subscribed()
    Submission.objects.filter(pk=submission.pk).update(unread_by=choose(lead, "numerique"))
    publish(scheme)
    assert [email.kind for email in sweep(NEXT_DAY)] == ["alert"]


# -- who decides, and what that would do


@pytest.mark.parametrize("make", [make_officer, lambda: make_officer(role="epci_lead")])
def test_only_the_territory_lead_decides(make):
    with pytest.raises(PermissionDenied):
        choose(make(), "energie")
    assert not ReviewPolicy.objects.exists()


def test_each_choice_stays_with_who_made_it(lead):
    choose(lead, "energie")
    with pytest.raises(PolicyError, match="déjà"):
        choose(lead, "energie")
    choose(lead, "energie", READ)
    assert [row.mode for row in ReviewPolicy.objects.all()] == [READ, AUTO]
    assert policies_in_force()["energie"].mode == READ
    with pytest.raises(PolicyError, match="entre-temps"):
        set_policy(user=lead, need=TaxonomyNeed.objects.get(pk="energie"), mode=AUTO, least=90, instead_of=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewPolicy.objects.update(mode=AUTO)


def test_what_reading_changed_is_counted_beside_what_would_have_left(lead):
    officer = make_officer()
    sure = [confirm(sure_file(email=f"a{i}@firm.example")) for i in range(3)]
    shown = [judge(file.results.first()).shown for file in sure]
    match = sure[0].results.first().matches.filter(scheme__in=shown[0]).first()
    decide(sure[0], match.scheme, officer, "not_worth_it")
    keep_scheme(submission=sure[1], scheme=match.scheme, officer=officer, on=DAY)  # one of the five: nothing changes
    for file in sure[:2]:
        end_review(submission=file, officer=officer, on=DAY, message="Vu.")
    arrived = arrived_lately(on=current_day())
    reading = reading_of_need(arrived, "competences")
    ours_only = [one for one in arrived if one.judged.needs == {"competences"}]
    assert (len(ours_only), sum(one.was_read for one in ours_only), sum(one.was_changed for one in ours_only)) == (
        3,
        2,
        1,
    )
    assert reading.n_changed >= 1
    left = would_leave(ours_only, "competences", {"competences": policy()})
    assert (left.n_files, left.n_read, left.n_changed) == (3, 2, 1)
    assert would_leave(ours_only, "competences", {}).n_files == 0
    assert [one.judged.shown for one in ours_only] == shown


def test_the_preview_asks_a_fixed_number_of_questions(django_assert_max_num_queries):
    for i in range(4):
        confirm(make_submission(email=f"a{i}@firm.example", siret="", siren=""))
    arrived_lately(on=current_day())  # sheets are read once for all
    with django_assert_max_num_queries(8):
        assert len(arrived_lately(on=current_day())) >= 4
