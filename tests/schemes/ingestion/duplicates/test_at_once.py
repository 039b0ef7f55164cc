"""Two people at the same moment, each with a connection of its own: one decides, the other one is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backend.accounts.models import Organisation, User
from backend.notifications.models import Notification
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import publish
from backend.schemes.editing.fusions import carry_out, propose_fusion
from backend.schemes.ingestion.duplicates.deciding import DuplicateError
from backend.schemes.models import (
    Criterion,
    DuplicateDecision,
    DuplicatePair,
    Fusion,
    Proposal,
    Revision,
    Scheme,
)
from tests.factories import rewriting
from tests.schemes.ingestion.duplicates.pairs import decide_as, make_pair
from tests.schemes.people import get_scheme, make_approver, make_editor, make_proposal

KEYS = ("essai-a-la-fois-1", "essai-a-la-fois-2")


def commit(function, *arguments):
    """Run in a thread, so with a connection of its own: what it writes is committed and seen by the other threads."""
    try:
        return function(*arguments)
    finally:
        connection.close()


@rewriting()
def erase():
    for model in (Fusion, DuplicateDecision, DuplicatePair):
        model.objects.all().delete()
    schemes = Scheme.objects.filter(source_key__in=KEYS)
    schemes.update(current=None)
    Proposal.objects.all().delete()
    Criterion.objects.filter(revision__scheme__in=schemes).delete()  # it protects its source
    Revision.objects.filter(scheme__in=schemes).delete()
    schemes.delete()
    for model in (Notification, User, Organisation):
        model.objects.all().delete()


def make_two() -> list[Scheme]:
    for key in KEYS:
        publish(proposal=make_proposal(key=key, name=f"Essai {key}"), approver=make_approver())
    return [get_scheme(key) for key in KEYS]


@pytest.fixture
def threads(db):
    with ThreadPoolExecutor(2) as pool:
        yield pool
        pool.submit(commit, erase).result()


def test_of_two_who_decide_on_a_pair_at_the_same_moment_one_does(threads):
    together = Barrier(2)

    def prepare():
        pair = make_pair(*make_two())
        return [(pair, make_editor(), verdict) for verdict in ("same", "other")]

    def decide(asked):
        together.wait(timeout=10)
        try:
            return decide_as(*asked)
        except DuplicateError as error:
            return error

    asked = threads.submit(commit, prepare).result()
    answers = list(threads.map(commit, [decide] * 2, asked))
    assert {type(answer) for answer in answers} == {DuplicateDecision, DuplicateError}
    assert DuplicateDecision.objects.count() == 1


def test_of_two_who_join_the_same_sheets_at_the_same_moment_one_does(threads):
    together = Barrier(2)

    def prepare():
        gone, stays = make_two()
        fusion = propose_fusion(gone=gone.current, stays=stays.current, author=make_editor(), why="La même page.")
        return [(fusion, gone.current, stays.current, make_approver()) for _ in range(2)]

    def join(asked):
        fusion, gone, stays, approver = asked
        together.wait(timeout=10)
        try:
            return carry_out(fusion=fusion, approver=approver, gone=gone, stays=stays)
        except PublishingError as error:
            return error

    asked = threads.submit(commit, prepare).result()
    answers = list(threads.map(commit, [join] * 2, asked))
    assert {type(answer) for answer in answers} == {Fusion, PublishingError}
    assert [get_scheme(key).state for key in KEYS] == [Scheme.State.ARCHIVED, Scheme.State.PUBLISHED]
    assert Fusion.objects.done().count() == 1
