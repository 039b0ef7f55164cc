"""What the needs of live files get: the best standing of a scheme for each, and what alone keeps a firm from one.

Made each night for all files, by the engine, of what is known of each firm now. A guide (``matching.Scheme.is_guide``)
knows whom to turn to, whatever the need: it is counted apart, or no need of the territory would ever lack a scheme.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from backend.common.work import Work
from backend.matchmaking import engine
from backend.matchmaking.models import Need, Submission
from backend.matchmaking.results import facts_of_all, packed_facts_of
from backend.matchmaking.standing import standing
from backend.schemes.catalogue.windows import has_ended
from backend.schemes.models import Criterion, Revision
from backend.steering.models import FileFact, NeedFact, SoleBlocker
from backend.steering.need_table import pack_needs

SHARD = 200  # files asked of the engine at once
RANKS = {word: rank for rank, word in enumerate(NeedFact.BEST_FIRST)}
type Made = tuple[NeedFact, list[SoleBlocker]]


def rebuild_gaps(*, on: date) -> Work:
    """Make what stands of the needs of all live files, and put it in place of what was there, some files at a time."""
    catalogue, n_made = Serving(), 0
    counted = Submission.objects.confirmed().still_open().filter(pk__in=FileFact.objects.values("pk"))
    keys = list(counted.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), SHARD):
        shard = keys[first : first + SHARD]
        made = list(_of_shard(Submission.objects.filter(pk__in=shard).order_by("pk"), catalogue, on))
        n_made += _write(made, shard, counted)
    NeedFact.objects.exclude(file__in=counted.values("pk")).delete()  # of files closed or erased since
    pack_needs()
    return Work(n_looked_at=len(keys), n_changed=n_made)


@transaction.atomic
def _write(made: Sequence[Made], shard: Sequence[int], counted: QuerySet[Submission]) -> int:
    """Put what was made of some files in place of what was there; return of how many needs."""
    # A file that was closed or erased meanwhile has nothing to count any more.
    live = set(counted.filter(pk__in=shard).select_for_update(of=("self",)).values_list("pk", flat=True))
    made = [(need, blockers) for need, blockers in made if need.file_id in live]
    NeedFact.objects.filter(file__in=shard).delete()
    NeedFact.objects.bulk_create([need for need, _blockers in made])
    SoleBlocker.objects.bulk_create([each for _need, blockers in made for each in blockers])
    return len(made)


class Serving:
    """The catalogue in force: its revisions, which serve what, and which row each condition comes from."""

    def __init__(self) -> None:
        rules = engine.in_force()
        self.compiled, self._weights, self._ranker = rules.compiled, rules.weights, rules.ranker
        rows = Revision.objects.select_related("scheme").prefetch_related("criteria", "served_needs")
        revisions = rows.in_bulk(self.compiled.revisions.values())
        self.revisions = {key: revisions[pk] for key, pk in self.compiled.revisions.items()}
        self.of_need: dict[str, list[str]] = defaultdict(list)  # what helps with it
        self.guides_of_need: dict[str, list[str]] = defaultdict(list)
        for scheme in self.compiled.schemes:
            for need in scheme.needs:
                only_guides = scheme.is_guide and need not in engine.transversal_needs()
                (self.guides_of_need if only_guides else self.of_need)[need].append(scheme.key)

    def answers(self, asked: Sequence[engine.Request]) -> Iterator[list[engine.Ranked]]:
        """Yield what each firm is answered, with what is presumed of it."""
        rules: dict[str, Any] = {"compiled": self.compiled, "weights": self._weights, "ranker": self._ranker}
        for ask, found in zip(asked, engine.answer(asked, **rules), strict=True):
            yield engine.with_presumed(found, ask, **rules).ranked

    def criterion(self, key: str, place: int) -> Criterion | None:
        """Return the row of a condition by its place; none for the window, which is the first of them."""
        rows = sorted(self.revisions[key].criteria.all(), key=lambda row: row.from_text)
        return rows[place - 1] if place else None


def _of_shard(rows: QuerySet[Submission], catalogue: Serving, on: date) -> Iterator[Made]:
    files = list(rows.select_related("sheet"))
    needs: Mapping[int, list[str]] = defaultdict(list)
    clear = Need.objects.clear().filter(submission__in=files).order_by("submission", "sub_need")
    for pk, sub_need in clear.values_list("submission", "sub_need"):
        needs[pk].append(sub_need)
    answers = _answers(files, catalogue, on)
    alone = _alone(rows, {need for several in needs.values() for need in several}, catalogue, on)
    for place, file in enumerate(files):
        for need in needs[file.pk]:
            serving, guides = catalogue.of_need.get(need, []), catalogue.guides_of_need.get(need, [])
            words = {key: standing(answers[place][key], catalogue.revisions[key]) for key in (*serving, *guides)}
            best = min((words[key] for key in serving), key=RANKS.__getitem__, default="")
            is_advised = any(words[key] in NeedFact.MET for key in guides)
            fact = NeedFact(file_id=file.pk, sub_need_id=need, standing=best, is_advised=is_advised)
            blocking = () if fact.standing in NeedFact.POSSIBLE else serving
            yield (
                fact,
                [
                    SoleBlocker(need=fact, revision=catalogue.revisions[key], criterion=catalogue.criterion(key, at))
                    for key in blocking
                    if (at := alone[key][place]) is not None and (at or not has_ended(catalogue.revisions[key], on=on))
                ],
            )


def _answers(files: Sequence[Submission], catalogue: Serving, on: date) -> list[dict[str, engine.Ranked]]:
    """Return what the engine says of each scheme for each file, by key."""
    asked = [engine.Request(facts=facts, on=on) for facts in facts_of_all(files)]
    return [{item.scheme_key: item for item in ranked} for ranked in catalogue.answers(asked)]


def _alone(rows: QuerySet[Submission], needs: set[str], catalogue: Serving, on: date) -> dict[str, list[int | None]]:
    """Return, for each scheme that serves one of some needs, what alone excludes each file: 0 is its dates."""
    _keys, facts = packed_facts_of(rows)
    firms = engine.Firms(facts, on=on)
    keys = {key for need in needs for key in catalogue.of_need.get(need, ())}
    return {key: firms.alone_against(catalogue.revisions[key]) for key in sorted(keys)}
