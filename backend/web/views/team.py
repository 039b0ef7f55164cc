"""The team: who is away, who stands in, who holds what; and what its lead moves."""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backend.accounts.absences import AbsenceError, cancel_absence, declare_absence, name_stand_in, team_of
from backend.accounts.models import Absence, User
from backend.common.days import current_day
from backend.matchmaking.delays import in_working_days, measured_delay, own_delay, promise_delay
from backend.matchmaking.escalation import waits_too_long
from backend.matchmaking.follow_up import FollowUpError
from backend.matchmaking.portfolios import assign_portfolio
from backend.matchmaking.rungs import first_delays
from backend.matchmaking.teams import holders_led_by, team
from backend.web.forms.team import AbsenceForm, AssignForm, DelayForm, StandInForm
from backend.web.views.officer import signed_in

N_LATE = 50  # shown; the rest is behind them


@login_required
@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the people whose absences one may say: oneself, and those one leads."""
    return _page(request)


def _page(request: HttpRequest, bound: Mapping[str, forms.Form] | None = None, *, status: int = 200) -> HttpResponse:
    user, on = _member(request), current_day()
    led = {epci.pk for epci in user.led_epcis()}
    oneself = {"user": user} if team_of(user).count() == 1 else {}
    late = waits_too_long(led, on=on) if led else []
    context = {
        "members": team(user, on=on),
        "on": on,
        "absence_form": AbsenceForm(by=user, initial={**oneself, "starts_on": on}, auto_id="absence_%s"),
        "stand_in_form": StandInForm(
            by=user, initial=oneself and {**oneself, "stand_in": user.stand_in_id}, auto_id="suppleant_%s"
        ),
        "assign_form": AssignForm(by=user, holders=holders_led_by(user), auto_id="confier_%s") if led else None,
        "delay_form": DelayForm(by=user, auto_id="delai_%s") if led else None,
        "measured": [(epci, measured_delay(epci.pk, on=on)) for epci in user.led_epcis()],
        "own": own_delay(user, on=on) if user.is_officer else None,
        "late": late[:N_LATE],
        "n_late": len(late),
        "first_delays": first_delays(),
        **(bound or {}),
    }
    return render(request, "web/officer/team.html", context, status=status)


def _member(request: HttpRequest) -> User:
    """Return who signed in, where this is their page: officers and those who lead them."""
    user = signed_in(request)
    if not team_of(user).exists():
        raise PermissionDenied
    return user


@login_required
@require_POST
def absence(request: HttpRequest) -> HttpResponse:
    """Say that somebody is away."""
    user = _member(request)
    form = AbsenceForm(request.POST, by=user, auto_id="absence_%s")
    if form.is_valid():
        try:
            said = declare_absence(**form.cleaned_data, by=user)
        except AbsenceError as error:
            form.add_error(None, str(error))
        else:
            words = _("Absence notée : %(who)s, du %(first)s au %(last)s. Elle s’annule ci-dessous.")
            days = {"first": f"{said.starts_on:%d/%m/%Y}", "last": f"{said.ends_on:%d/%m/%Y}"}
            messages.success(request, words % {"who": said.user, **days})
            _warn_of_files_left(request, said)
            return redirect("officer_team")
    return _page(request, {"absence_form": form}, status=422)


def _warn_of_files_left(request: HttpRequest, absence: Absence) -> None:
    """Say how many files nobody stands in for; nothing where somebody does, or where none awaits its review."""
    members = {member.user: member for member in team(signed_in(request), on=current_day())}
    if n := members[absence.user].left_alone(absence):
        words = ngettext(
            "%(n)s dossier à relire reste sans suppléant jusqu’au %(last)s.",
            "%(n)s dossiers à relire restent sans suppléant jusqu’au %(last)s.",
            n,
        )
        messages.warning(request, words % {"n": n, "last": f"{absence.ends_on:%d/%m/%Y}"})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an absence back."""
    user = _member(request)
    cancel_absence(absence=get_object_or_404(Absence, pk=pk, user__in=team_of(user)), by=user)
    messages.success(request, _("L’absence est annulée."))
    return redirect("officer_team")


@login_required
@require_POST
def stand_in(request: HttpRequest) -> HttpResponse:
    """Say who is told when files of somebody wait."""
    user = _member(request)
    form = StandInForm(request.POST, by=user, auto_id="suppleant_%s")
    if form.is_valid():
        try:
            name_stand_in(**form.cleaned_data, by=user)
        except AbsenceError as error:
            form.add_error("stand_in", str(error))
        else:
            messages.success(request, _("C’est noté."))
            return redirect("officer_team")
    return _page(request, {"stand_in_form": form}, status=422)


@login_required
@require_POST
def delay(request: HttpRequest) -> HttpResponse:
    """Promise firms an answer within some working days, or promise none."""
    user = _member(request)
    if not user.led_epcis().exists():
        raise PermissionDenied
    form = DelayForm(request.POST, by=user, auto_id="delai_%s")
    if not form.is_valid():
        return _page(request, {"delay_form": form}, status=422)
    promise_delay(**form.cleaned_data, by=user)
    days = form.cleaned_data["days"]
    words = (
        _("C’est noté : les entreprises lisent « sous %(days)s ».")
        if days
        else _("C’est noté : aucun délai n’est montré aux entreprises.")
    )
    messages.success(request, words % {"days": in_working_days(days)} if days else words)
    return redirect("officer_team")


@login_required
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Give all the files of somebody to another officer: a lead's word."""
    user = _member(request)
    if not user.led_epcis().exists():
        raise PermissionDenied
    form = AssignForm(request.POST, by=user, holders=holders_led_by(user), auto_id="confier_%s")
    if form.is_valid():
        try:
            count = assign_portfolio(**form.cleaned_data, by=user)
        except FollowUpError as error:
            form.add_error("to", str(error))
        else:
            words = _("Dossiers confiés à %(to)s : %(n)s.")
            messages.success(request, words % {"to": form.cleaned_data["to"], "n": count})
            return redirect("officer_team")
    return _page(request, {"assign_form": form}, status=422)
