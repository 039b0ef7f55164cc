"""Revisions of schemes as the engine reads them."""

from collections.abc import Container, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from threading import Lock
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max, Subquery, TextField
from django.db.models.functions import Cast, Coalesce

import matching
from backend.matchmaking.engine.needs import language_in_force, language_of
from backend.matchmaking.engine.preferences import against
from backend.matchmaking.engine.tagging import last_tagging, needs_served, transversal_needs
from backend.schemes.catalogue.quality import review_day
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import RecordError, definitions_of
from backend.schemes.catalogue.revising import revision_of
from backend.schemes.catalogue.revision_cache import KEPT
from backend.schemes.models import Revision, Scheme, why_refused
from backend.territories.models import ActivityTable

NAME_SHARE = 2.0  # a name says more than as many words of a summary
FARTHEST = Revision.Level.EU.value  # a level that a source does not say brings a scheme no nearer
_compiling, _indexing, _learning = Lock(), Lock(), Lock()


class Catalogue:
    """Revisions as the engine reads them, compiled once for each state of the tables."""

    def __init__(self, revisions: Iterable[int], *, table: int | None = None) -> None:
        rows = _compile_all(revisions)
        self.schemes: tuple[matching.Scheme, ...] = tuple(row.scheme for row in rows)
        self.revisions = {row.scheme.key: row.revision_id for row in rows}
        self.schemes_by_key = {row.scheme.key: row.scheme_id for row in rows}
        self._centroids = cache(lambda language: matching.Centroids.learn(self.examples(), language_of(language)))
        parts = [*map(str, sorted(self.revisions.values())), *([f"table {table}"] if table else [])]
        self.digest = sha256(",".join(parts).encode()).hexdigest()
        self._table = table
        self._index: matching.Index | None = None

    @property
    def source(self) -> str:
        """Name the source of its schemes; ours where there is none yet."""
        return next(iter(self.revisions), Scheme.OWN).partition(":")[0]

    @property
    def index(self) -> matching.Index:
        """The schemes as rows of bits: what a class of firms was answered once is looked up the next time.

        Threads share it: it is made by the first that asks.
        """
        if self._index is None:
            with _indexing:
                if self._index is None:
                    self._index = matching.Index(self.schemes)
        return self._index

    @cached_property
    def correspondence(self) -> matching.Correspondence:
        """Which activities of one nomenclature are which of the other; empty where no table was loaded."""
        if self._table is None:
            return matching.Correspondence()
        table = ActivityTable.objects.get(pk=self._table)
        return matching.Correspondence(
            ((rev2, new) for rev2, new in table.pairs), incomplete=table.incomplete, silent=table.silent
        )

    def centroids(self, language: str = "") -> matching.Centroids:
        """Return how what is said of each scheme sounds, by key.

        In the language learnt last unless another version is named; made at the first question that has words, for
        which the others wait.
        """
        language = language or language_in_force()
        with _learning:
            return self._centroids(language)

    def examples(self) -> Iterator[matching.Example]:
        """Return what each scheme is recognised by: its name, its summary, and what firms say that it is for."""
        rows = Revision.objects.filter(pk__in=self.revisions.values())
        columns = rows.values_list("pk", "name", "summary", "scheme__texts__sentences")
        texts_of = {pk: (name, summary, phrases) for pk, name, summary, phrases in columns}
        texts = (
            (scheme.key, text, share)
            for scheme in self.schemes
            for name, summary, phrases in (texts_of[self.revisions[scheme.key]],)
            for text, share in ((name, NAME_SHARE), (summary, 1.0), *((phrase, 1.0) for phrase in phrases or ()))
        )
        return (matching.Example(text, {key: 1.0}, share) for key, text, share in texts)

    def named(self, keys: Iterable[str]) -> list[matching.Scheme]:
        """Return the schemes of some keys, in that order; a key that it does not hold is left out."""
        index = self.index
        return [index.schemes[index.positions[key]] for key in keys if key in index.positions]

    def only(self, keys: Container[str]) -> "Catalogue":
        """Return the same catalogue with some of its schemes."""
        smaller = copy(self)
        smaller.schemes = tuple(scheme for scheme in self.schemes if scheme.key in keys)
        smaller._index = None
        return smaller


def catalogue(source: str = Scheme.OWN) -> Catalogue:
    """Return the catalogue of a source, compiled again only when a scheme of it changed."""
    newest = Subquery(ActivityTable.objects.values("pk")[:1])
    # As text: a row for each of some thousand schemes, or a list of numbers, takes the processor many times as long.
    found = Scheme.objects.matchable(source).aggregate(
        revisions=Cast(ArrayAgg("current_id", order_by="pk"), TextField()),
        table=Coalesce(Max(newest), newest),  # without a scheme there is no row to take the greatest of
    )
    return compiled_once(found["revisions"] or "{}", found["table"], last_tagging(source))


def catalogue_of(revisions: Iterable[int]) -> Catalogue:
    """Return the catalogue as it was when exactly these revisions were in force."""
    return Catalogue(revisions)


def compiled_once(revisions: str, table: int | None, last_tagging: tuple[object, ...] = ()) -> Catalogue:
    """Return the catalogue of revisions, an array of numbers as PostgreSQL writes it; one thread compiles it."""
    with _compiling:
        return _compiled(revisions, table, last_tagging)


@lru_cache(maxsize=4)
def _compiled(revisions: str, table: int | None, last_tagging: tuple[object, ...]) -> Catalogue:
    return Catalogue(map(int, filter(None, revisions.strip("{}").split(","))), table=table)


class Compiled(NamedTuple):
    """A scheme as one of its revisions says it."""

    scheme: matching.Scheme
    revision_id: int
    scheme_id: int


_of_ours: dict[int, Compiled] = {}  # by revision: nothing of one is ever written again, which needs it serves neither


def _compile_all(revisions: Iterable[int]) -> list[Compiled]:
    """Compile revisions, in the order of their keys; of ours, those only that were not compiled before."""
    wanted = list(revisions)
    found = {pk: kept for pk in wanted if (kept := _of_ours.get(pk))}
    rows = Revision.objects.filter(pk__in=[pk for pk in wanted if pk not in found]).select_related("scheme")
    for row in rows.prefetch_related("criteria", "served_needs", "scheme__tag_decisions"):
        found[row.pk] = Compiled(compile_scheme(row.scheme, row), row.pk, row.scheme_id)
        if row.scheme.source == Scheme.OWN:
            _of_ours[row.pk] = found[row.pk]
    if len(_of_ours) > KEPT:
        _of_ours.clear()
    return sorted(found.values(), key=lambda each: each.scheme.key.partition(":"))


def compile_scheme(scheme: Scheme, revision: Revision) -> matching.Scheme:
    criteria = [(row.from_text, row.definition) for row in revision.criteria.all()]
    return _compile(scheme.key, revision, needs_served(scheme, revision), criteria)


@lru_cache(maxsize=KEPT)
def compile_revision(revision: Revision) -> matching.Scheme:
    """Return what a revision says, to explain it: a revision is never written again, and the last ones stay compiled.

    What serves a need is that of the day on which it was compiled: nothing here ranks.
    """
    return compile_scheme(revision.scheme, revision)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a revision as JSON, to be read only, and its parts."""

    definition: Mapping[str, Any]
    parts: tuple["Condition", ...]


@lru_cache(maxsize=KEPT)
def conditions_of(revision: Revision) -> tuple[Condition, ...]:
    """Return the conditions of a revision, the window first, as they are explained."""
    return tuple(map(_condition, compile_revision(revision).conditions))


def _condition(criterion: matching.Criterion) -> Condition:
    return Condition(matching.dump_criterion(criterion), tuple(map(_condition, criterion.children())))


def compile_record(record: SchemeRecord) -> matching.Scheme:
    """Return a record of ours as the engine would read it once published; raises ``RecordError``."""
    revision = revision_of(record)
    try:
        return _compile(revision.scheme.key, revision, record["needs"], definitions_of(record["criteria"]))
    except matching.CriterionError as error:
        raise RecordError(why_refused(error)) from error


def _compile(
    key: str, revision: Revision, needs: Mapping[str, float], definitions: Iterable[tuple[bool, Any]]
) -> matching.Scheme:
    criteria = [(from_text, matching.parse_criterion(definition)) for from_text, definition in definitions]
    return matching.Scheme(
        key=key,
        window=matching.Window(
            state=revision.window_state,
            opens_on=revision.opens_on,
            closes_on=revision.closes_on,
            seen_on=revision.seen_on,
            seen_until=revision.seen_until,
        ),
        criteria=tuple(criterion for from_text, criterion in criteria if not from_text),
        from_text=tuple(criterion for from_text, criterion in criteria if from_text),
        needs=needs,
        targeted_activities=tuple(revision.targeted_naf),
        targeted_activities_2025=tuple(revision.targeted_naf_2025),
        reach=revision.level or FARTHEST,
        kind=revision.kind,
        applicant=revision.applicants[0] if Revision.Applicant.FIRM not in revision.applicants else "firm",
        verified=revision.confidence == Revision.Confidence.VERIFIED,
        review_by=review_day(revision),
        variant_of=f"{key.partition(':')[0]}:{revision.variant_of}" if revision.variant_of else "",
        preparation_days=revision.preparation_days,
        against=against(revision, needs),
        guide=max((needs[key] for key in needs.keys() & transversal_needs()), default=0.0),
    )


def typed_facts() -> frozenset[str]:
    """Return the facts that typed conditions of the catalogue read."""
    return frozenset().union(*(scheme.typed_facts for scheme in catalogue().schemes))


def clear_cache() -> None:
    """Forget the compiled catalogues."""
    _compiled.cache_clear()
    _of_ours.clear()
    compile_revision.cache_clear()
    conditions_of.cache_clear()
