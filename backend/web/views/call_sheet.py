"""The call sheet of a file: whom to call, what was said last, and the three answers that settle most."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FollowUp, Submission
from backend.matchmaking.ownership import known_values, read_once
from backend.matchmaking.questions import open_of
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import present_both
from backend.web.forms.question import Asked, first_asked, open_questions, take_answers
from backend.web.fragments import render_fragment
from backend.web.views.officer import signed_in, tell_changes, visible_file

N_ASKED = 3
BODY = "web/officer/call_sheet_body.html"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to ask a firm on the telephone, and take all its answers; the words beside its schemes follow."""
    submission, officer = visible_file(request, pk), signed_in(request)
    check_may_decide(officer, submission)
    again = _answered(request, submission, officer) if request.method == "POST" else ()
    if request.method == "POST" and not again and not request.htmx:  # type: ignore[attr-defined]
        return redirect("officer_call_sheet", pk)
    status = 422 if any(one.form and one.form.errors for one in again) else 200
    return render_fragment(
        request, BODY, "web/officer/call_sheet.html", _sheet(submission, officer, again), status=status
    )


def _answered(request: HttpRequest, submission: Submission, officer: User) -> tuple[Asked, ...]:
    """Record what was answered and say so; return the questions to show again as they were typed."""
    on = current_day()
    before = latest_result(submission, on=on)
    questions = open_questions(open_of(submission, before))
    taken = take_answers(submission, questions, request.POST, on=on, author=officer)
    if taken.n_noted:
        submission.refresh_from_db()
        tell_changes(request, before, latest_result(submission, on=on))
    if taken.is_late:
        messages.warning(request, _("Une de ces questions n’est plus posée : sa réponse n’est pas notée."))
    elif not taken.n_noted and not taken.again:
        messages.info(request, _("Aucune réponse n’est remplie : rien n’est noté."))
    return taken.again


def _sheet(submission: Submission, officer: User, again: tuple[Asked, ...]) -> dict[str, Any]:
    read_once(submission)
    result = latest_result(submission, on=current_day())
    firm_reads = present_both(submission, result, viewer=officer)[1]
    questions = open_questions(open_of(submission, result, left_out=firm_reads.left_out))
    asked = first_asked(known_values(submission), questions, N_ASKED)
    shown = {one.question.name for one in again}
    steps = FollowUp.objects.standing().filter(submission=submission)
    return {
        "submission": submission,
        "asked": [*again, *(one for one in asked if one.question.name not in shown)][:N_ASKED],
        "of_others": questions.of_others,
        "firm_reads": firm_reads,
        "last_step": steps.select_related("scheme__current", "recorded_by").first(),
        "last_note": submission.notes.visible_to(officer).select_related("author").first(),
        "can_decide": True,
    }
