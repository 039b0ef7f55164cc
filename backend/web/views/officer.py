"""The officers' side: the queue of their intercommunality, and one file at a time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.matchmaking.models import Need, Review, Submission
from backend.matchmaking.presentation import FACT_LABELS, present, value_text
from backend.matchmaking.services import (
    ReviewError,
    answer_condition,
    end_review,
    latest_result,
    may_decide,
    organisation_in_charge,
    record_review,
)
from backend.schemes.models import Scheme
from backend.web.forms.answers import trilean
from backend.web.forms.review import EndForm, RejectForm


def _visible(request: HttpRequest, pk: int) -> Submission:
    """Return a file this person may open; a stranger learns nothing, not even that it exists."""
    files = Submission.objects.visible_to(request.user).select_related("sheet", "contact", "epci", "reviewed_by")
    return get_object_or_404(files, pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def queue(request: HttpRequest) -> HttpResponse:
    shown = "relues" if request.GET.get("etat") == "relues" else "en-attente"
    files = Submission.objects.visible_to(request.user)
    waiting = files.waiting()
    rows = waiting.order_by("confirmed_at") if shown == "en-attente" else files.exclude(reviewed_at=None)
    rows = rows.select_related("sheet__establishment", "sheet__company", "contact", "epci").prefetch_related(
        Prefetch("needs", Need.objects.select_related("sub_need")), "sheet__facts"
    )
    counts = files.aggregate(
        waiting=Count("pk", filter=Q(reviewed_at=None)), ended=Count("pk", filter=~Q(reviewed_at=None))
    )
    return render(request, "web/officer/queue.html", {"rows": rows[:200], "shown": shown, "counts": counts})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def file(request: HttpRequest, pk: int) -> HttpResponse:
    return _file_page(request, _visible(request, pk))


def _file_page(
    request: HttpRequest,
    submission: Submission,
    *,
    error: tuple[int, str] | None = None,
    end_form: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    answer = latest_result(submission, on=current_day())
    can_decide = may_decide(officer=request.user, submission=submission)  # type: ignore[arg-type]
    facts = submission.sheet.current()
    decided = submission.reviews.latest_by_scheme()
    context = {
        "submission": submission,
        "result": answer,
        "page": present(submission, answer, for_officer=True),
        "facts": [
            (label, value_text(name, facts[name].value), facts[name]) for name, label in FACT_LABELS if name in facts
        ],
        "organisation": organisation_in_charge(submission),
        "review_end": submission.review_ends.select_related("officer").first(),
        "reject_form": RejectForm(request.POST if error else None, auto_id=False),
        "end_form": end_form or EndForm(),
        "error": error,
        "answer_url": reverse("officer_answer", args=[submission.pk]),
        "can_decide": can_decide,
        "can_answer": ("firm", "officer", "operator") if can_decide else (),
        "reasons": Review.Reason.choices,
        "n_decided": sum(review.verdict != Review.Verdict.WITHDRAWN for review in decided.values()),
    }
    return render(request, "web/officer/file.html", context, status=status)


@login_required
@require_POST
def review(request: HttpRequest, pk: int, scheme_pk: int) -> HttpResponse:
    """Keep a scheme, set it aside with a reason, or take the verdict back."""
    submission = _visible(request, pk)
    scheme = get_object_or_404(Scheme, pk=scheme_pk)
    form = RejectForm(request.POST)
    try:
        if form.has_error("comment"):
            raise ReviewError(form.errors["comment"][0])
        record_review(
            submission=submission,
            scheme=scheme,
            officer=request.user,  # type: ignore[arg-type]
            verdict=request.POST.get("verdict", ""),
            reason=request.POST.get("reason", ""),
            comment=form.cleaned_data["comment"],
        )
    except ReviewError as error:
        return _file_page(request, submission, error=(scheme.pk, str(error)), status=422)
    return redirect(reverse("officer_file", args=[pk]) + f"#d-{scheme.pk}")


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an officer's answer to a condition: after a call to the firm or to the scheme's operator."""
    submission = _visible(request, pk)
    answer_condition(
        submission=submission,
        condition=request.POST.get("condition", ""),
        value=trilean(request.POST.get("value", "")),
        author=request.user,  # type: ignore[arg-type]
        on=current_day(),
    )
    return redirect(reverse("officer_file", args=[pk]) + f"#d-{request.POST.get('scheme', '')}")


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End the review: the firm is told, once."""
    submission = _visible(request, pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _file_page(request, submission, end_form=form, status=422)
    try:
        end_review(submission=submission, officer=request.user, message=form.cleaned_data["message"])  # type: ignore[arg-type]
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Relecture terminée : le courriel à l’entreprise part dans quelques secondes."))
    return redirect("officer_file", pk)
