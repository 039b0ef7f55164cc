"""Trying what changed of the catalogue on every firm, and keeping whom it moves: minutes, not the next morning.

The database says what is left to do. A rematch is opened for the schemes whose revision in force is not the one that
firms were answered by; its shards are taken in by whoever is free, each in one transaction: killed half-way, it was
never begun, and done twice, it is done once. What a rematch finds makes the alerts of those firms due.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min, OuterRef, Subquery
from django.utils import timezone

from backend.common.locks import wait_for_turn
from backend.common.work import Work
from backend.matchmaking import engine
from backend.matchmaking.differences import changes_of
from backend.matchmaking.models import Rematch, SchemeChange, Shard, Submission, VerdictMove
from backend.matchmaking.results import packed_facts_of
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Revision, Scheme

_INSERT = """
INSERT INTO matchmaking_verdictmove (change_id, submission_id, before, after)
SELECT %s, firm, was, is_now FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS moved (firm, was, is_now)
"""
ABSENT = VerdictMove.Verdict.ABSENT
POSSIBLE = (VerdictMove.Verdict.ELIGIBLE, VerdictMove.Verdict.UNDECIDED)


# -- opening


@transaction.atomic
def open_rematch(*, on: date) -> Rematch | None:
    """Open a rematch for every scheme that changed since the last one; ``None`` where none did.

    The very first takes the catalogue as firms were answered by it: nobody is moved.
    """
    wait_for_turn("rematching")  # two at once would open the same one twice
    changed = _changed()
    if not changed:
        return None
    is_first = not SchemeChange.objects.exists()
    rematch = Rematch.objects.create(on=on, opened_at=timezone.now())
    SchemeChange.objects.bulk_create(
        SchemeChange(rematch=rematch, scheme_id=scheme, before_id=None if is_first else before, after_id=after)
        for scheme, (before, after) in changed.items()
    )
    if not is_first:
        Shard.objects.bulk_create(
            Shard(rematch=rematch, first=first, last=first + settings.SHARD_FILES - 1) for first in _firsts_of_shards()
        )
    return rematch


def _changed() -> dict[int, tuple[int | None, int | None]]:
    """Return, by scheme, the revision that was taken in last and the one in force, where they differ."""
    last = SchemeChange.objects.filter(scheme=OuterRef("pk")).order_by("-pk").values("after")[:1]
    schemes = Scheme.objects.of_source(Scheme.OWN).order_by("pk").annotate(taken_in=Subquery(last))
    taken_in = dict(schemes.values_list("pk", "taken_in"))
    in_force = dict(Scheme.objects.matchable(Scheme.OWN).values_list("pk", "current"))
    both = {scheme: (before, in_force.get(scheme)) for scheme, before in taken_in.items()}
    return {scheme: (before, after) for scheme, (before, after) in both.items() if before != after}


def _firsts_of_shards() -> range:
    bounds = Submission.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return (
        range(bounds["first"], bounds["last"] + 1, settings.SHARD_FILES) if bounds["first"] is not None else range(0)
    )


# -- taking in


def take_in(*, pk: int) -> int | None:
    """Try the changes of a rematch on the firms of one shard; return how many move, ``None`` where it is another's.

    Firms filed since are answered by the catalogue of now, and not by this.
    """
    with transaction.atomic():
        waiting = Shard.objects.waiting().select_for_update(skip_locked=True, of=("self",))
        shard = waiting.select_related("rematch").filter(pk=pk).first()
        if shard is None:
            return None
        files, facts = packed_facts_of(Submission.objects.confirmed().filter(pk__range=(shard.first, shard.last)))
        n_moves = _keep_moves(shard.rematch, files, engine.Firms(facts, on=shard.rematch.on)) if files else 0
        shard.n_firms, shard.done_at = len(files), timezone.now()
        shard.save(update_fields=["n_firms", "done_at"])
    return n_moves


def _keep_moves(rematch: Rematch, files: Sequence[int], firms: engine.Firms) -> int:
    """Keep what the changes of a rematch move of some files, in their order within each change; return how many.

    A statement a change: a third of a million firms may move, and a row each would take longer than to find them.
    """
    n_moves = 0
    for change in rematch.changes.select_related("before__scheme", "after__scheme"):
        is_news = _is_news(change, rematch.on)
        before, after = (_verdicts(firms, revision, len(files)) for revision in (change.before, change.after))
        moves = [
            (file, was, is_now)
            for file, was, is_now in zip(files, before, after, strict=True)
            if _moves(was, is_now, is_news=is_news)
        ]
        if moves:
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, [change.pk, *map(list, zip(*moves, strict=True))])
        n_moves += len(moves)
    return n_moves


def _moves(was: str, is_now: str, *, is_news: bool) -> bool:
    """Tell whether a firm gains a scheme, loses it, has another question about it, or news of one that it may have."""
    return (was != is_now or is_news) and (was in POSSIBLE or is_now in POSSIBLE)


def _verdicts(firms: engine.Firms, revision: Revision | None, n_firms: int) -> Sequence[str]:
    return [str(ABSENT)] * n_firms if revision is None else firms.verdicts(read_record(revision))


def _is_news(change: SchemeChange, on: date) -> bool:
    """Tell whether a scheme says something else to the firms whose verdict stays: amount, dates, needs it serves."""
    if change.before is None or change.after is None:
        return False
    return bool(changes_of(change.before, change.after, on=on)) or _needs(change.before) != _needs(change.after)


def _needs(revision: Revision) -> Mapping[str, float]:
    return dict(revision.served_needs.values_list("sub_need", "weight"))


# -- the job


def rematch(*, on: date, hand_out: Callable[[int], object] | None = None) -> Work:
    """Open a rematch where the catalogue changed, and give each shard that waits to ``hand_out``, or take it in here.

    A shard that is handed out twice is taken in once.
    """
    open_rematch(on=on)
    waiting = list(Shard.objects.waiting().values_list("pk", flat=True))
    for pk in waiting:
        if hand_out:
            hand_out(pk)
        else:
            take_in(pk=pk)
    Rematch.objects.finished().update(done_at=timezone.now())
    return Work(n_looked_at=len(waiting), n_changed=len(waiting))
