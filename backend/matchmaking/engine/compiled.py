"""Revisions of schemes as the engine reads them."""

from collections.abc import Container, Iterable
from copy import copy
from functools import lru_cache
from hashlib import sha256

import matching
from backend.schemes.models import Revision, Scheme


class Catalogue:
    """Revisions as the engine reads them, compiled once for each state of the tables."""

    def __init__(self, revisions: Iterable[int]) -> None:
        rows = Revision.objects.filter(pk__in=revisions).order_by("scheme__source", "scheme__source_key")
        rows = rows.select_related("scheme").prefetch_related("criteria", "served_needs")
        self.schemes: tuple[matching.Scheme, ...] = tuple(compile_scheme(row.scheme, row) for row in rows)
        self.revisions = {row.scheme.key: row.pk for row in rows}
        self.schemes_by_key = {row.scheme.key: row.scheme_id for row in rows}
        self.digest = sha256(",".join(map(str, sorted(self.revisions.values()))).encode()).hexdigest()

    def only(self, keys: Container[str]) -> "Catalogue":
        """Return the same catalogue with some of its schemes."""
        smaller = copy(self)
        smaller.schemes = tuple(scheme for scheme in self.schemes if scheme.key in keys)
        return smaller


def catalogue(source: str = Scheme.OWN) -> Catalogue:
    """Return the catalogue of a source, compiled again only when a scheme of it changed."""
    revisions = Scheme.objects.matchable(source).order_by("pk").values_list("current_id", flat=True)
    return _compiled(tuple(revision for revision in revisions if revision))


def catalogue_of(revisions: Iterable[int]) -> Catalogue:
    """Return the catalogue as it was when exactly these revisions were in force."""
    return Catalogue(revisions)


@lru_cache(maxsize=4)
def _compiled(revisions: tuple[int, ...]) -> Catalogue:
    return Catalogue(revisions)


def compile_scheme(scheme: Scheme, revision: Revision) -> matching.Scheme:
    criteria = [(row.from_text, matching.parse_criterion(row.definition)) for row in revision.criteria.all()]
    return matching.Scheme(
        key=scheme.key,
        window=matching.Window(state=revision.window_state, opens_on=revision.opens_on, closes_on=revision.closes_on),
        criteria=tuple(criterion for from_text, criterion in criteria if not from_text),
        from_text=tuple(criterion for from_text, criterion in criteria if from_text),
        needs={served.sub_need_id: served.weight for served in revision.served_needs.all()},
        targeted_activities=tuple(revision.targeted_naf),
        reach=revision.level,
        kind=revision.kind,
        applicant=revision.applicants[0] if Revision.Applicant.FIRM not in revision.applicants else "firm",
        verified=revision.confidence == Revision.Confidence.VERIFIED,
        preparation_days=revision.preparation_days,
    )


def typed_facts() -> frozenset[str]:
    """Return the facts that typed conditions of the catalogue read."""
    return frozenset().union(*(scheme.typed_facts for scheme in catalogue().schemes))


def clear_cache() -> None:
    """Forget the compiled catalogues."""
    _compiled.cache_clear()
