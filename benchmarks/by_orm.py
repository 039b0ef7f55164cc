"""The same endpoint with the ORM in the place of the engine, and one that only reads the question and knows the bytes.

With the ORM, what reads, explains, asks and writes is the same.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from math import inf
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.exchange import Renderer
from backend.api.parameters import check_parameters
from backend.api.views.match import MatchView, read_question, write_answer
from backend.config.urls import *  # noqa: F403
from backend.config.urls import urlpatterns as ours
from backend.matchmaking import answers, engine
from benchmarks import single
from benchmarks.synthetic import Country, Firm

ADDRESS, FIXED_ADDRESS = "benchmark/match", "benchmark/fixed"


@lru_cache(maxsize=1)
def country() -> Country:
    return Country()


def firm_of(facts: engine.Facts) -> Firm:
    """Return the firm of a question as the other tools hold it."""
    intervals = []
    for name in ("headcount", "turnover"):
        low, high = facts.get(name) or (None, None)
        intervals.append((-inf if low is None else low, inf if high is None else high))
    return Firm(
        commune=facts["commune"],
        naf=country().paths[facts["naf"]] if facts.get("naf") else "",
        staff=intervals[0],
        turnover=intervals[1],
        category=facts.get("legal_category") or "",
        created_on=date.fromisoformat(facts["created_on"]) if facts.get("created_on") else None,
        micro=facts.get("micro_entrepreneur"),
        craft=facts.get("craft_register"),
    )


def rank(asked: answers.Asked) -> list[engine.Ranked]:
    """Return the schemes that the firm has or may have and that serve its needs, in order."""
    return list(_ranked(asked, single.by_orm(*question_of(asked), limit=None)))


def question_of(asked: answers.Asked) -> tuple[single.Asked, Mapping[str, float]]:
    """Return a question as the other tools take it."""
    return single.Asked(firm_of(asked.question.facts), country()), asked.request.needs


def _ranked(asked: answers.Asked, rows: list[single.Row]) -> Iterator[engine.Ranked]:
    for rank, (key, score, is_eligible, unknown, parts) in enumerate(rows, 1):
        verdict = "eligible" if is_eligible else "undecided"
        yield engine.Ranked(
            scheme_key=key,
            revision_id=asked.compiled.revisions[key],
            rank=rank,
            score=score,
            eligibility=verdict,
            typed=verdict,
            targeted="yes",
            opens_later=False,
            addresses=True,
            hidden_by=(),
            closeness=0.0,
            guide=False,
            need="",  # the rows of the other tools do not name it
            unknown=unknown,
            to_confirm=(),
            parts=parts,
        )


class OrmMatchView(MatchView):
    def post(self, request: Request) -> Response:
        check_parameters(request)
        question, limit = read_question(request.data)
        asked = answers.prepare(question)
        decision = answers.rank(asked).decision  # the ORM has no word for it; a millisecond or two of some fifty
        found = engine.Answer(ranked=rank(asked), decision=decision)
        return write_answer(request, answers.lay_out(asked, found, limit=limit))


class FixedView(MatchView):
    """What no endpoint of REST framework can do without: the question is read, its answer stands there as bytes."""

    kept: ClassVar[dict[Any, bytes]] = {}

    def post(self, request: Request) -> HttpResponse:  # type: ignore[override]
        check_parameters(request)
        question, _limit = read_question(request.data)
        if question.id not in self.kept:
            self.kept[question.id] = Renderer().render(super().post(request).data)
        return HttpResponse(self.kept[question.id], content_type="application/json")


urlpatterns = [path(ADDRESS, OrmMatchView.as_view()), path(FIXED_ADDRESS, FixedView.as_view()), *ours]
