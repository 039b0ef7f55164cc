"""What changed of the catalogue is tried on every firm, each once, whoever dies on the way."""

import pytest

from backend.matchmaking import alerts
from backend.matchmaking.models import Alert, Match, Rematch, Shard, VerdictMove
from backend.matchmaking.rematching import POSSIBLE, open_rematch, rematch, take_in
from backend.matchmaking.results import compute_result
from backend.schemes.models import Scheme
from tests.factories import DAY, make_submission, publish_revision
from tests.matchmaking.subscribers import read

pytestmark = pytest.mark.django_db
# Firms that differ by what schemes read of them: size, activity, place, and what nobody knows.
FIRMS = (
    {},
    {"without": ("headcount",)},
    {"facts": {"headcount": 6_000.0}},
    {"facts": {"naf": "01.11Z"}},
    {"without": ("naf",)},
    {"without": ("commune",)},
)


@pytest.fixture
def files():
    return [make_submission(confirmed=True, email=f"{n}@firm.example", **firm) for n, firm in enumerate(FIRMS)]


@pytest.fixture
def scheme(files):
    """Return the scheme that these firms read the most different verdicts of."""
    said: dict[int, set[str]] = {}
    for file in files:
        for match in file.results.get().matches.all():
            said.setdefault(match.scheme_id, set()).add(verdict(match))
    best = min(said, key=lambda pk: (-len(said[pk]), pk))
    assert len(said[best]) >= 3
    return Scheme.objects.get(pk=best)


def verdict(match):
    """Return the verdict that the result page shows."""
    if match is None:
        return "absent"
    if match.opens_later:
        return "later"
    return "ineligible" if match.eligibility == Match.Verdict.INELIGIBLE else match.typed


def answers(files, scheme):
    """Return what the whole answer says of one scheme to each file: the long way round."""
    results = [compute_result(submission=file, on=DAY) for file in files]
    return [verdict(result.matches.filter(scheme=scheme).first()) for result in results]


def moves():
    return {move.submission_id: (move.before, move.after) for move in VerdictMove.objects.all()}


def archive(scheme):
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)


def test_the_catalogue_of_a_new_service_moves_nobody(files):
    Rematch.objects.all().delete()
    assert open_rematch(on=DAY).changes.count() == Scheme.objects.matchable(Scheme.OWN).count()
    assert not Shard.objects.exists()
    rematch(on=DAY)
    assert Rematch.objects.get().done_at
    assert open_rematch(on=DAY) is None


def test_a_scheme_that_goes_or_comes_moves_those_to_whom_it_said_something(files, scheme):
    make_submission(email="unconfirmed@firm.example")  # left alone until it is confirmed
    said = answers(files, scheme)
    archive(scheme)
    rematch(on=DAY)
    assert moves() == {file.pk: (was, "absent") for file, was in zip(files, said, strict=True) if was in POSSIBLE}
    VerdictMove.objects.all().delete()
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.PUBLISHED)
    rematch(on=DAY)
    assert moves() == {file.pk: ("absent", now) for file, now in zip(files, said, strict=True) if now in POSSIBLE}


def test_a_changed_scheme_moves_whom_the_whole_answer_moves(files, scheme):
    before = answers(files, scheme)
    revision = publish_revision(scheme)
    revision.criteria.create(
        position=1 + max(revision.criteria.values_list("position", flat=True), default=0),
        definition={"kind": "headcount", "at_least": 250},
    )
    after = answers(files, scheme)
    assert before != after
    rematch(on=DAY)
    assert moves() == {file.pk: (was, now) for file, was, now in zip(files, before, after, strict=True) if was != now}


def test_who_may_have_a_scheme_is_moved_by_another_amount_and_nobody_else_nor_by_other_words(files, scheme):
    assert open_rematch(on=DAY) is None  # nothing has changed
    assert rematch(on=DAY).n_looked_at == 0
    publish_revision(scheme, summary="Dit autrement la même chose.")
    rematch(on=DAY)
    assert open_rematch(on=DAY) is None
    assert moves() == {}
    said = answers(files, scheme)
    publish_revision(scheme, amount_text="Une autre somme")
    rematch(on=DAY)
    possible = {file.pk: (was, was) for file, was in zip(files, said, strict=True) if was in POSSIBLE}
    assert possible
    assert moves() == possible


def test_several_changes_are_tried_in_one_reading_of_each_firm(files, scheme):
    other = Scheme.objects.of_source(Scheme.OWN).published().exclude(pk=scheme.pk).first()
    archive(scheme)
    archive(other)
    rematch(on=DAY)
    latest = Rematch.objects.last()
    assert {change.scheme_id for change in latest.changes.all()} == {scheme.pk, other.pk}
    assert latest.shards.count() == 1


def test_every_file_is_in_one_shard(files, scheme, settings):
    settings.SHARD_FILES = 2
    archive(scheme)
    rematch(on=DAY)
    shards = list(Shard.objects.all())
    assert sum(shard.n_firms for shard in shards) == len(files)
    assert 0 < len(moves()) < len(files)
    assert all(shard.done_at for shard in shards)
    assert Rematch.objects.last().done_at


def test_a_shard_is_taken_in_once_however_often_it_is_handed_out(files, scheme):
    archive(scheme)
    handed_out: list[int] = []
    rematch(on=DAY, hand_out=handed_out.append)
    rematch(on=DAY, hand_out=handed_out.append)
    first, again = handed_out
    assert first == again
    assert take_in(pk=first) == len(moves()) > 0
    assert take_in(pk=again) is None


def test_a_shard_that_fails_half_way_was_never_begun(files, scheme, monkeypatch):
    archive(scheme)
    handed_out: list[int] = []
    rematch(on=DAY, hand_out=handed_out.append)
    with monkeypatch.context() as context:
        context.setattr(Shard, "save", lambda *args, **options: 1 / 0)  # after its moves were written
        with pytest.raises(ZeroDivisionError):
            take_in(pk=handed_out[0])
    assert moves() == {}
    assert Rematch.objects.last().done_at is None
    rematch(on=DAY)
    assert moves()


@pytest.mark.slow
def test_only_those_who_are_moved_are_compared_again(files, scheme):
    for file in files:
        read(file)
        alerts.subscribe(submission=file, frequency=Alert.Frequency.IMMEDIATE, paused_until=None, on=DAY)
        alerts.tell(pk=file.alerts.get().pk, on=DAY)
    publish_revision(scheme, amount_text="Une autre somme")
    rematch(on=DAY)
    concerned = set(moves())
    assert 0 < len(concerned) < len(files)
    due = Alert.objects.filter(pk__in=alerts.due(on=DAY))
    assert {alert.submission_id for alert in due} == concerned
    for alert in due:
        alerts.tell(pk=alert.pk, on=DAY)
    assert alerts.due(on=DAY) == []
    assert not VerdictMove.objects.unheard().exists()
