"""What nothing answers: why, and since when."""

from datetime import timedelta

import pytest

from backend.matchmaking.corrections import correct_need
from backend.matchmaking.models import UnmetNeed
from backend.matchmaking.queue import Filters, queue_of
from backend.matchmaking.queue_rows import rows_of
from backend.matchmaking.results import compute_result
from backend.matchmaking.services import correct_submission
from backend.matchmaking.unmet import why
from backend.schemes.models import Revision, Scheme, SubNeed
from tests.factories import (
    CCLO,
    COMMUNES,
    DAY,
    archive_serving,
    make_officer,
    make_submission,
    publish_revision,
    rewriting,
)

pytestmark = pytest.mark.django_db
NEED, OTHER = "cyber.diagnostic", "risques.technologique"
NONSENSE = "asdfgh qwerty"


@pytest.fixture(autouse=True)
def _nothing_serves_one_need():
    archive_serving(OTHER)


def make(**changes):
    return make_submission(confirmed=True, **{"needs": (NEED,), **changes})


def unmet(submission):
    return {row.sub_need_id: (row.reason, row.blocking) for row in submission.unmet_needs.all()}


def serving(key):
    return Scheme.objects.matchable(Scheme.OWN).filter(current__served_needs__sub_need=key)


def close_all(key):
    for scheme in serving(key):
        publish_revision(
            scheme,
            window_state=Revision.WindowState.DATED,
            opens_on=DAY - timedelta(days=30),
            closes_on=DAY - timedelta(days=1),
        )


def restrict_all(key, definition):
    for scheme in serving(key):
        revision = publish_revision(scheme, window_state=Revision.WindowState.PERMANENT, opens_on=None, closes_on=None)
        with rewriting():
            revision.criteria.all().delete()
        revision.criteria.create(position=0, definition=definition)


def test_a_need_that_is_answered_is_not_unmet():
    assert unmet(make()) == {}


def test_a_need_that_no_scheme_serves():
    assert unmet(make(needs=(OTHER,))) == {OTHER: ("no_scheme", "")}


def test_a_need_that_only_closed_schemes_serve():
    close_all(NEED)
    assert unmet(make()) == {NEED: ("none_open", "")}


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("definition", "blocking"),
    [
        ({"kind": "headcount", "below": 10}, "headcount"),
        (
            {"kind": "all", "of": [{"kind": "headcount", "at_least": 1}, {"kind": "turnover", "below": 1000}]},
            "turnover",
        ),
        ({"kind": "not", "of": {"kind": "headcount", "at_least": 1}}, "headcount"),
    ],
)
def test_a_need_whose_schemes_all_exclude_the_firm_names_what_excludes_it(definition, blocking):
    restrict_all(NEED, definition)
    assert unmet(make()) == {NEED: ("none_for_firm", blocking)}


def test_words_that_nothing_is_understood_of():
    assert unmet(make(needs=(), text=NONSENSE)) == {None: ("not_understood", "")}


def test_a_guess_among_others_is_no_unmet_need():
    close_all(NEED)
    submission = make(needs=("competences.recruter",))
    submission.needs.create(sub_need_id=NEED, weight=0.2)
    compute_result(submission=submission, on=DAY)
    assert unmet(submission) == {}


def test_it_is_kept_up_to_date_and_never_doubled():
    submission = make(needs=(OTHER,), text="")
    first = submission.unmet_needs.get()
    compute_result(submission=submission, on=DAY + timedelta(days=3))
    assert submission.unmet_needs.get() == first
    assert submission.unmet_needs.get().since == DAY
    correct_submission(submission=submission, facts={"commune": COMMUNES[CCLO]}, on=DAY + timedelta(days=3))
    assert submission.unmet_needs.get().since == DAY
    correct_submission(submission=submission, facts={}, ticked=[NEED], on=DAY)
    assert not submission.unmet_needs.exists()


def test_words_that_were_not_understood_are_not_doubled_either():
    submission = make(needs=(), text=NONSENSE)
    compute_result(submission=submission, on=DAY)
    assert submission.unmet_needs.get().reason == UnmetNeed.Reason.NOT_UNDERSTOOD


def test_it_is_met_once_an_officer_says_what_the_words_meant():
    submission = make(needs=(), text=NONSENSE)
    sub_need = SubNeed.objects.get(pk=NEED)
    correct_need(submission=submission, sub_need=sub_need, change="added", officer=make_officer(), on=DAY)
    assert unmet(submission) == {}


def test_it_goes_with_the_file():
    with rewriting():
        make(needs=(OTHER,)).delete()
    assert not UnmetNeed.objects.exists()


# -- the queue


def test_the_queue_marks_what_nothing_answers_and_narrows_to_it():
    nothing, answered = make(needs=(OTHER,)), make()
    user = make_officer()
    keys = queue_of(user, Filters(), on=DAY).values_list("pk", flat=True)
    marks = {row.submission: not row.is_answered for row in rows_of(keys, on=DAY)}
    assert marks == {nothing: True, answered: False}
    assert list(queue_of(user, Filters(unanswered=True), on=DAY)) == [nothing]


def test_the_mark_follows_the_newest_result():
    submission = make(needs=(OTHER,))
    correct_submission(submission=submission, facts={}, ticked=[NEED], on=DAY)
    assert not queue_of(make_officer(), Filters(unanswered=True), on=DAY).exists()


# -- what officers read


def test_an_officer_reads_what_excludes_the_firm():
    restrict_all(NEED, {"kind": "headcount", "below": 10})
    assert why(make().unmet_needs.get()) == "aucun n’accepte l’entreprise (effectif)"
