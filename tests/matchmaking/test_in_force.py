"""What is in force, read in one query: what was changed a moment ago is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from backend.matchmaking import engine
from backend.matchmaking.engine.compiled import compiled_once
from backend.matchmaking.models import Activation, Language, Ranker, WeightSet
from backend.schemes.models import Scheme
from backend.territories.models import ActivityTable
from tests.factories import make_lead, publish_revision, rewriting
from tests.matchmaking.rankers import make_ranker

pytestmark = pytest.mark.django_db


def as_read_apart() -> engine.InForce:
    """Return the same, each by the query of its own."""
    weight_set, weights = engine.active_weights()
    ranker = engine.adopted_ranker(weight_set)
    return engine.InForce(
        weights=weights,
        ranker=engine.ranker_of(ranker),
        ranker_id=ranker.pk if ranker else None,
        language=engine.language_in_force(),
        compiled=engine.catalogue(),
    )


def publish() -> None:
    publish_revision(Scheme.objects.get(source_key="adie"), name="Un autre nom")


def archive() -> None:
    Scheme.objects.filter(source_key="adie").update(state=Scheme.State.ARCHIVED)


def empty() -> None:
    Scheme.objects.update(state=Scheme.State.ARCHIVED)


def put_points_in_force() -> None:
    points = WeightSet.objects.in_force().get().points | {"near": 1.5}
    weights = WeightSet.objects.create(version="another", points=points, written_on=date(2026, 1, 1))
    Activation.objects.create(weights=weights, at=timezone.now())


def adopt() -> None:
    make_ranker(make_lead())


def learn() -> None:
    last = Language.objects.latest()
    Language.objects.create(version="another", arrays=last.arrays, n_sentences=1, learnt_at=timezone.now())


def load_table() -> None:
    ActivityTable.objects.create(source="a", dated=date(2026, 1, 1), loaded_at=timezone.now(), digest="a", pairs=[])


@pytest.mark.cases(3)
@pytest.mark.parametrize("change", [publish, archive, empty, put_points_in_force, adopt, learn, load_table])
def test_what_changes_is_in_force_at_once(change: Callable[[], None]) -> None:
    before = engine.in_force()
    assert before == as_read_apart()
    assert engine.in_force() == before
    change()
    after = engine.in_force()
    assert after == as_read_apart()
    assert after != before


def test_what_was_learnt_beside_other_points_is_not_in_force() -> None:
    adopt()
    put_points_in_force()
    assert Ranker.objects.adopted().exists()
    assert engine.in_force().ranker is None


def test_without_points_nothing_is_answered() -> None:
    with rewriting():
        Activation.objects.all().delete()
    with pytest.raises(WeightSet.DoesNotExist):
        engine.in_force()


def test_threads_that_ask_at_once_share_one_catalogue() -> None:
    numbers = ",".join(map(str, engine.in_force().compiled.revisions.values()))
    engine.clear_caches()
    start = Barrier(3)

    def ask(_: int) -> engine.Catalogue:
        start.wait()
        try:
            return compiled_once(f"{{{numbers}}}", None)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(ask, range(3)))
    assert len(set(map(id, found))) == 1
    assert len({id(catalogue.index) for catalogue in found}) == 1
    engine.clear_caches()
