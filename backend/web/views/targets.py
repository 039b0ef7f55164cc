"""What the territory aims at: the targets in force, and those before them."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.common.days import current_day
from backend.steering.models import Target
from backend.steering.scopes import scope_of
from backend.steering.targets import TargetError, end_target, in_force, set_target
from backend.web.forms.territory import TargetForm
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """List the targets, set one or end one."""
    user, on = signed_in(request), current_day()
    if not scope_of(user).is_whole:
        raise Http404
    if request.method == "POST" and "end" in request.POST:
        return _end(request, user, on)
    form = TargetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_target(user=user, **form.cleaned_data, on=on)
        messages.success(request, _("C’est noté, à partir d’aujourd’hui."))
        return redirect("territory_targets")
    rows = list(Target.objects.select_related("set_by"))
    current = in_force(rows[::-1], on).values()
    context = {"form": form, "rows": [(row, row in current) for row in rows]}
    return render(request, "web/territory/targets.html", context, status=422 if form.errors else 200)


def _end(request: HttpRequest, user: User, on: date) -> HttpResponse:
    try:
        target = end_target(user=user, step=request.POST["end"], on=on)
    except TargetError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%s : plus rien n’est visé.") % target.get_step_display().capitalize())
    return redirect("territory_targets")
