"""The points of the score: the territory lead writes versions, reads what they would change, and puts one in force."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.effects import Effect, preview
from backend.matchmaking.models import Activation, Submission, WeightSet
from backend.matchmaking.weights import WeightsError, activate_weights, check_may_set, compare, write_weights
from backend.web.forms.weights import ActivationForm, WeightsForm
from backend.web.views.officer import signed_in


def _lead(request: HttpRequest) -> User:
    user = signed_in(request)
    check_may_set(user)
    return user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def versions(request: HttpRequest) -> HttpResponse:
    """List the versions, and when each was put in force."""
    _lead(request)
    context = {
        "versions": WeightSet.objects.select_related("author"),
        "in_force": WeightSet.objects.in_force().get(),
        "history": Activation.objects.select_related("by"),
    }
    return render(request, "web/officer/weights.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Write a version from another one: try it on the latest files as often as one likes, then keep it."""
    user = _lead(request)
    in_force = WeightSet.objects.in_force().get()
    base = WeightSet.objects.filter(pk=request.GET.get("depuis", "").replace("\0", "")).first() or in_force
    form = WeightsForm(request.POST if request.method == "POST" else None, base=base)
    effect: Effect | None = None
    if "try" in request.POST:
        form.fields["note"].required = False
        if form.is_valid():
            effect = preview(form.points(), on=current_day())
    elif request.method == "POST" and form.is_valid():
        try:
            note = form.cleaned_data["note"]
            weights = write_weights(points=form.points(), note=note, author=user, on=current_day())
        except WeightsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("La version %(version)s est gardée. Elle ne compte pas encore.") % {"version": weights}
            )
            return redirect("officer_weights_version", weights.pk)
    context = {"form": form, "base": base, "in_force": in_force, **_shown(user, effect)}
    return render(request, "web/officer/weights_form.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def version(request: HttpRequest, version: str) -> HttpResponse:
    user = _lead(request)
    return _version_page(request, user, _found(version))


@login_required
@require_POST
def activate(request: HttpRequest, version: str) -> HttpResponse:
    """Put a version in force: from now on, every result shown is computed with it."""
    user, weights = _lead(request), _found(version)
    form = ActivationForm(request.POST)
    if form.is_valid():
        try:
            activate_weights(weights=weights, by=user, instead_of=form.cleaned_data["instead_of"])
        except WeightsError as error:
            form.add_error(None, str(error))
        else:
            words = _("La version %(version)s est en vigueur. Chaque dossier est reclassé dès qu’on l’ouvre.")
            messages.success(request, words % {"version": weights})
            return redirect("officer_weights")
    return _version_page(request, user, weights, form=form, status=422)


def _found(version: str) -> WeightSet:
    return get_object_or_404(WeightSet.objects.select_related("author"), pk=version.replace("\0", ""))


def _version_page(
    request: HttpRequest, user: User, weights: WeightSet, *, form: ActivationForm | None = None, status: int = 200
) -> HttpResponse:
    in_force = WeightSet.objects.in_force().get()
    effect = None if weights == in_force else preview(weights.points, on=current_day())
    context = {
        "weights": weights,
        "in_force": in_force,
        "lines": compare(weights, in_force),
        "history": weights.activations.select_related("by"),
        "form": form or ActivationForm(),
        **_shown(user, effect),
    }
    return render(request, "web/officer/weights_version.html", context, status=status)


def _shown(user: User, effect: Effect | None) -> dict[str, Any]:
    """Return an effect for a page, with the files that this person may open: an administrator reads no firm's name."""
    files = [file.submission.pk for file in effect.files] if effect else []
    return {"effect": effect, "visible": set(Submission.objects.visible_to(user).filter(pk__in=files))}
