"""What the committee decided about gaps: the list, a new one, and what came of one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.common.days import current_day
from backend.companies.size_bands import SIZE_BANDS
from backend.steering.actions import Followed, actions_of, decide_action, end_action, follow, may_follow
from backend.steering.fairness import compared, labels, months
from backend.steering.gap_map import gaps
from backend.steering.scopes import scope_of
from backend.territories.models import Perimeter
from backend.web.forms.territory import ActionForm, GapForm, ResultForm
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    """List what was decided, what is to be done first."""
    return _list(request)


def _list(request: HttpRequest, bound: Mapping[int, forms.Form] | None = None, *, status: int = 200) -> HttpResponse:
    scope = scope_of(signed_in(request))
    followed = follow(scope, actions_of(scope))
    communes = [f"COM-{row.action.commune}" for row in followed if row.action.commune]
    names = dict(Perimeter.objects.filter(code__in=communes).values_list("code", "name"))
    rows = [_row(each, names, (bound or {}).get(each.action.pk)) for each in followed]
    context = {
        "to_do": [row for row, each in zip(rows, followed, strict=True) if each.action.done_on is None],
        "done": [row for row, each in zip(rows, followed, strict=True) if each.action.done_on],
        "has_drifted": scope.is_whole and any(each.has_drifted for each in compared(months(), labels(scope.epcis))),
        "errors": next(iter((bound or {}).values()), None),
    }
    return render(request, "web/territory/actions.html", context, status=status)


def _row(followed: Followed, names: Mapping[str, str], bound: forms.Form | None) -> dict[str, Any]:
    action = followed.action
    return {
        "followed": followed,
        "commune": names.get(f"COM-{action.commune}", ""),
        "form": bound or ResultForm(auto_id=f"action-{action.pk}_%s"),
        "is_late": action.done_on is None and action.due_on < current_day(),
    }


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest) -> HttpResponse:
    """Note an action on the gap that the address names."""
    user, on = signed_in(request), current_day()
    scope = scope_of(user)
    asked = GapForm(request.GET, scope=scope)
    filters = asked.filters()
    if asked.errors or not filters.sub_need:
        raise Http404
    if len(scope.epcis) > 1 and not scope.is_whole and filters.epci is None:
        messages.info(request, _("Choisissez d’abord l’intercommunalité pour laquelle l’action est décidée."))
        return redirect(f"{reverse('territory_map')}?{request.GET.urlencode()}")
    filters = filters.decided_by(scope)
    form = ActionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        decide_action(user=user, filters=filters, **form.cleaned_data, on=on)
        messages.success(request, _("L’action est notée."))
        return redirect("territory_actions")
    context = {
        "form": form,
        "gap": gaps(scope, filters).total,
        "need": asked.cleaned_data["detail"],
        "epci": filters.epci,
        "commune": Perimeter.objects.filter(code=f"COM-{filters.commune}").first(),
        "size": SIZE_BANDS.get(filters.size, ""),
    }
    return render(request, "web/territory/action_new.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: HttpRequest, action_pk: int) -> HttpResponse:
    """Note what came of an action."""
    user, on = signed_in(request), current_day()
    scope = scope_of(user)
    action = get_object_or_404(actions_of(scope).to_do(), pk=action_pk)
    if not may_follow(scope, action):
        raise Http404
    form = ResultForm(request.POST, auto_id=f"action-{action.pk}_%s")
    if not form.is_valid():
        return _list(request, {action.pk: form}, status=422)
    end_action(user=user, action=action, **form.cleaned_data, on=on)
    messages.success(request, _("Le résultat est noté."))
    return redirect("territory_actions")
