"""What other points would change: exactly what they do change once in force, and nothing is kept of the trial."""

import pytest

from backend.matchmaking.effects import N_SHOWN, Move, preview
from backend.matchmaking.models import Match, Result, WeightSet
from backend.matchmaking.results import latest_result
from backend.matchmaking.weights import activate_weights
from backend.schemes.models import Revision
from tests.factories import DAY, make_lead, make_submission, rewriting, write_version

pytestmark = pytest.mark.django_db
OTHER = {"need": 5, "near": 80}


def points(**changes):
    return {**WeightSet.objects.in_force().get().points, **changes}


def first_names(submission, n=N_SHOWN):
    matches = latest_result(submission, on=DAY).matches.filter(addresses=True).exclude(eligibility="ineligible")
    return [match.revision.name for match in matches.select_related("revision")[:n]]


def test_the_points_in_force_change_nothing():
    make_submission(confirmed=True)
    effect = preview(points(), on=DAY)
    assert (len(effect.files), effect.changed, effect.n_first, effect.percent_kept) == (1, [], 0, 100)
    assert effect.gains == effect.losses == ()


def test_the_trial_says_what_activation_does():
    submissions = [make_submission(confirmed=True), make_submission(confirmed=True, needs=("energie.facture",))]
    before = [first_names(submission) for submission in submissions]
    effect = preview(points(**OTHER), on=DAY)
    lead, in_force = make_lead(), WeightSet.objects.in_force().get()
    activate_weights(weights=write_version(lead, **OTHER), by=lead, instead_of=in_force.version)
    changed = [file.submission for file in effect.changed]
    assert effect.n_first
    for submission, old in zip(submissions, before, strict=True):
        (file,) = [file for file in effect.files if file.submission == submission]
        new = first_names(submission)
        assert [move.name for move in file.first] == new
        assert {move.name for move in file.gone} == set(old) - set(new)
        assert [move.name for move in sorted(file.moves, key=lambda move: move.before)][: len(old)] == old
        assert file.overlap == len(set(old) & set(new)) / len(new)
        assert (submission in changed) == (old != new)
        assert file.changes_first == (old[:3] != new[:3])


def test_nothing_is_kept_of_a_trial():
    make_submission(confirmed=True)
    counts = [model.objects.count() for model in (Result, Match, WeightSet)]
    assert preview(points(**OTHER), on=DAY).changed
    assert [model.objects.count() for model in (Result, Match, WeightSet)] == counts


def test_it_reads_the_latest_files_that_their_firms_confirmed():
    make_submission(confirmed=True)
    latest = [make_submission(confirmed=True) for _ in range(2)]
    make_submission()
    effect = preview(points(), on=DAY, n_files=2)
    assert {file.submission for file in effect.files} == set(latest)


def test_a_file_that_nothing_answers_is_counted_apart():
    make_submission(confirmed=True, needs=(), text="asdfgh qwerty")
    effect = preview(points(**OTHER), on=DAY)
    assert (effect.files, effect.n_silent, effect.n_first) == ((), 1, 0)
    assert effect.percent_kept is None


@pytest.mark.slow
def test_a_file_that_something_answers_with_some_points_only_is_shown():
    submission = make_submission(confirmed=True, needs=(), text="Je cherche un soudeur.")
    listed = first_names(submission)
    (file,) = preview(points(sure=100, likely=100), on=DAY).files
    assert (file.first, [move.name for move in file.gone], file.overlap) == ([], listed, 0)
    assert {move.after for move in file.gone} == {max(N_SHOWN, len(first_names(submission, None))) + 1}


@pytest.mark.parametrize(
    ("before", "after", "gained"), [(5, 2, 3), (2, 5, -3), (14, 8, 3), (10, 11, -1), (1, 40, -10), (30, 12, 0)]
)
def test_places_count_among_the_first_ten_only(before, after, gained):
    assert Move(revision_id=1, name="x", before=before, after=after).gained == gained


def test_who_gains_most_and_who_loses_most_come_first():
    make_submission(confirmed=True)
    make_submission(confirmed=True, needs=("energie.facture",))
    effect = preview(points(**OTHER), on=DAY)
    summed = {}
    for move in (move for file in effect.files for move in file.moves):
        summed[move.name] = summed.get(move.name, 0) + move.gained
    assert [places for _name, places in effect.gains] == sorted((n for n in summed.values() if n > 0), reverse=True)[
        :5
    ]
    assert [-places for _name, places in effect.losses] == sorted(n for n in summed.values() if n < 0)[:5]
    assert all(summed[name] == places for name, places in effect.gains)


def test_two_schemes_of_one_name_gain_and_lose_each_for_itself():
    make_submission(confirmed=True)
    before = preview(points(**OTHER), on=DAY)
    with rewriting():
        Revision.objects.update(name="Prêt")
    after = preview(points(**OTHER), on=DAY)
    assert [places for _name, places in after.gains] == [places for _name, places in before.gains]
    assert [places for _name, places in after.losses] == [places for _name, places in before.losses]
    assert len(after.losses) > 1
