"""What officers' decisions teach the ranking: the territory lead compares, and takes it into use or out of it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import User
from backend.companies.size_bands import SIZE_BANDS
from backend.matchmaking import engine
from backend.matchmaking.contributions import contributions
from backend.matchmaking.learning import (
    LearningError,
    adopt_ranker,
    decisions,
    learning_rules,
    missing,
    retire_ranker,
)
from backend.matchmaking.models import Ranker
from backend.schemes.vocabulary import ONE_SIZE
from backend.web.views.officer import signed_in

DRIFT = 0.05  # change of what a group of firms sees, from which the page points at it
SIZES = {**ONE_SIZE, **SIZE_BANDS}  # versions learnt before ADR 71 compare European sizes
UNKNOWN = {"size": gettext_lazy("effectif inconnu"), "epci": gettext_lazy("commune inconnue")}


def _lead(request: HttpRequest) -> User:
    user = signed_in(request)
    if not user.may_set_weights:
        raise PermissionDenied
    return user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def learning(request: HttpRequest) -> HttpResponse:
    """Show what is in use, what waits for a decision and how both compare, or what is missing to learn."""
    _lead(request)
    rows = Ranker.objects.select_related("weights", "adopted_by", "retired_by", "champion")
    adopted, candidate = rows.adopted().first(), rows.candidates().first()
    weight_set, _weights = engine.active_weights()
    context = {
        "adopted": adopted,
        "is_set_aside": adopted is not None and adopted.weights != weight_set,
        "candidate": candidate,
        "points": _points(candidate) if candidate else (),
        "groups": _groups(candidate) if candidate else (),
        "missing": () if candidate else missing(decisions(), learning_rules()),
        "history": rows.filter(state=Ranker.State.RETIRED),
        "bound": learning_rules().bound,
    }
    return render(request, "web/officer/learning.html", context)


def _points(ranker: Ranker) -> list[tuple[str, float, float]]:
    """Return label, points of the rules and points learnt of each contribution that is learnt."""
    return [
        (label, ranker.weights.points.get(name, 0.0), ranker.points[name])
        for name, label, _meaning in contributions()
        if name in ranker.points
    ]


def _groups(ranker: Ranker) -> list[dict[str, Any]]:
    """Return both tables of what each group of firms sees, with the rows that change much marked."""
    titles = (("size", _("Selon la taille de l’entreprise")), ("epci", _("Selon l’intercommunalité")))
    return [
        {"key": key, "title": title, "rows": [_row(row) for row in ranker.fairness if row["kind"] == key]}
        for key, title in titles
    ]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    change = row["after"] / row["before"] - 1 if row["before"] else 0.0
    label = SIZES.get(row["group"], row["group"]) or UNKNOWN[row["kind"]]
    return {**row, "label": label, "percent": 100 * change, "drifts": abs(change) >= DRIFT}


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a version into use, or out of it."""
    user = _lead(request)
    ranker = get_object_or_404(Ranker, pk=pk)
    adopts = request.POST.get("answer") == "adopt"
    try:
        if adopts:
            adopt_ranker(ranker=ranker, by=user)
        else:
            retire_ranker(ranker=ranker, by=user)
    except LearningError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("C’est en service.") if adopts else _("C’est retiré."))
    return redirect("officer_learning")
