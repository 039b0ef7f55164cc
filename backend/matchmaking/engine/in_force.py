"""What is in force, in one query: points, what was learnt beside them, language, revisions of our catalogue."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

import matching
from backend.matchmaking.engine.compiled import Catalogue, compiled_once
from backend.matchmaking.engine.learning import ranker_of
from backend.matchmaking.engine.needs import Reading, understand
from backend.matchmaking.engine.ranking import weights_of
from backend.matchmaking.models import Language, Ranker, WeightSet
from backend.schemes.models import Scheme
from backend.territories.models import ActivityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """With what a question is answered now: the points, what was learnt beside them, the language, our catalogue."""

    weights: matching.Weights
    ranker: matching.Ranker | None
    ranker_id: int | None  # the row of what was learnt
    language: str
    compiled: Catalogue

    def understand(self, text: str, ticked: Iterable[str] = ()) -> Reading:
        """Read a text with ticked sub-needs, and how close it comes to our catalogue."""
        centroids = self.compiled.centroids(self.language) if text.strip() else None
        return understand(text, ticked, language=self.language, centroids=centroids)


def in_force() -> InForce:
    """Return what is in force at this very moment; only what never changes under its number is kept from before."""
    with connection.cursor() as cursor:
        cursor.execute(*_query())
        found = cursor.fetchone()
    if found is None:
        raise WeightSet.DoesNotExist("No version of the points is in force.")
    version, points, learnt, language, revisions, table = found
    ranker = Ranker(**json.loads(learnt)) if learnt else None
    return InForce(
        weights=weights_of(WeightSet(version=version, points=json.loads(points))),
        ranker=ranker_of(ranker),
        ranker_id=ranker.pk if ranker else None,
        language=language or "",
        compiled=compiled_once(revisions, table),
    )


@cache
def _query() -> tuple[str, tuple[Any, ...]]:
    """Return the query as the models say it and its parameters: writing it takes longer than answering it."""
    learnt = Ranker.objects.adopted().filter(weights=OuterRef("pk"))
    languages = Language.objects.order_by("-learnt_at", "-version")
    revisions = Scheme.objects.matchable(Scheme.OWN).order_by("pk").values("current_id")
    rows = WeightSet.objects.in_force().order_by()
    columns = rows.values_list(
        "version",
        "points",
        Subquery(learnt.values(found=JSONObject(id="pk", points="points", means="means", bound="bound"))[:1]),
        Subquery(languages.values("version")[:1]),
        Cast(ArraySubquery(revisions), TextField()),
        Subquery(ActivityTable.objects.values("pk")[:1]),
    )
    sql, parameters = columns.query.sql_with_params()
    return sql, parameters
