"""The call sheet of a file: whom to call, what was said last, and the three answers that settle most."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from backend.accounts.models import User
from backend.common.days import current_day
from backend.companies.models import Fact
from backend.matchmaking.file_events import closing_of
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FollowUp, Submission
from backend.matchmaking.ownership import known_values, read_once
from backend.matchmaking.questions import open_of
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import present_both
from backend.web.forms.facts import has_fact_form
from backend.web.forms.late_answers import LateAnswer
from backend.web.forms.question import Asked, first_asked, open_questions, take_answers
from backend.web.fragments import render_fragment
from backend.web.views.officer import signed_in, tell_changes, visible_file

N_ASKED = 3
FILE, STEP = "dossier", "etape"  # where a button that saves the answers leads then
BODY = "web/officer/call_sheet_body.html"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to ask a firm on the telephone, and take all its answers; the words beside its schemes follow."""
    submission, officer = visible_file(request, pk), signed_in(request)
    check_may_decide(officer, submission)
    again = _answered(request, submission, officer) if request.method == "POST" else ()
    leads_to = _page_after(request, pk) if request.method == "POST" and not again else None
    if leads_to:
        return leads_to
    status = 422 if any(one.form and one.form.errors for one in again) else 200
    return render_fragment(
        request, BODY, "web/officer/call_sheet.html", _sheet(submission, officer, again), status=status
    )


def _page_after(request: HttpRequest, pk: int) -> HttpResponse | None:
    """Return the page that the button led to, once all answers are taken; none where only the questions change."""
    after = request.POST.get("puis", "")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(reverse("officer_file", args=[pk])) if after == FILE else None
    if after == STEP:
        return redirect("officer_part", pk, STEP)
    return redirect("officer_file" if after == FILE else "officer_call_sheet", pk)


def _answered(request: HttpRequest, submission: Submission, officer: User) -> tuple[Asked, ...]:
    """Record what was answered and say so; return the questions to show again as they were typed."""
    on = current_day()
    before = latest_result(submission, on=on)
    questions = open_questions(open_of(submission, before))
    taken = take_answers(submission, questions, request.POST, on=on, author=officer)
    n_refused = sum(bool(one.form and one.form.errors) for one in taken.again)
    noted = _counted(taken.n_noted, n_refused) if n_refused else ""
    if taken.n_noted:
        was_closed = submission.closed_at
        submission.refresh_from_db()
        if was_closed and not submission.closed_at:
            messages.info(request, _("Le dossier est rouvert."))
        tell_changes(request, before, latest_result(submission, on=on), noted=noted)
    elif noted:
        messages.warning(request, noted)
    for late in taken.late:
        messages.warning(request, _kept_in_sight(submission, late))
    if not taken.late and not taken.n_noted and not taken.again and "puis" not in request.POST:
        messages.info(request, _("Aucune réponse n’est remplie : rien n’est noté."))
    return taken.again


def _counted(n_noted: int, n_refused: int) -> str:
    """Say how many answers of one form are noted, and how many are to be corrected."""
    none = _("Aucune réponse notée, %(refused)s à corriger.")
    some = ngettext(
        "%(n)s réponse notée, %(refused)s à corriger.", "%(n)s réponses notées, %(refused)s à corriger.", n_noted
    )
    return (some if n_noted else none) % {"n": n_noted, "refused": n_refused}


def _kept_in_sight(submission: Submission, late: LateAnswer) -> SafeString:
    """Say what an answer that came too late was, with the page on which to correct what was noted instead."""
    fact = "schemes" if late.name.startswith(Fact.SCHEME) else late.name
    page = reverse("officer_file", args=[submission.pk]) + "#faits"
    if has_fact_form(fact):
        page = f"{reverse('officer_part', args=[submission.pk, 'fait'])}?{urlencode({'fait': fact})}"
    return format_html('{} <a href="{}">{}</a>', str(late), page, _("Corriger"))


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
        "closing": closing_of(submission),
        "asked": [*again, *(one for one in asked if one.question.name not in shown)][:N_ASKED],
        "of_others": questions.of_others,
        "firm_reads": firm_reads,
        "last_step": steps.select_related("scheme__current", "recorded_by").first(),
        "last_note": submission.notes.visible_to(officer).select_related("author").first(),
        "can_decide": True,
    }
