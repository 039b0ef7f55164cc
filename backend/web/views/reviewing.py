"""What an officer decides on a file: keep, set aside, take back, add by hand, answer, end."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.common.days import current_day
from backend.matchmaking.corrections import correct_need as correct
from backend.matchmaking.correspondence import why_no_email
from backend.matchmaking.decided_since import last_review
from backend.matchmaking.in_charge import OutsideTerritory, check_may_decide
from backend.matchmaking.models import Note, Review, ReviewEnd, Submission
from backend.matchmaking.presentation import present_schemes
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import (
    DecidedSinceError,
    ReviewError,
    end_review,
    end_with_nothing,
    keep_scheme,
    reopen_review,
    set_aside,
    withdraw_review,
)
from backend.matchmaking.services import answer_condition, correct_submission
from backend.notifications.models import Notification
from backend.schemes.catalogue.searching import find_schemes
from backend.schemes.models import Scheme
from backend.steering.success import success_of
from backend.web.forms.answers import trilean
from backend.web.forms.facts import bound_fact_form
from backend.web.forms.review import EndForm, NeedCorrectionForm, NoteForm, SetAsideForm
from backend.web.fragments import render_fragment
from backend.web.row_keys import seen_key
from backend.web.views.file_parts import refused_part
from backend.web.views.officer import file_page, means_to_decide, next_file, signed_in, tell_changes, visible_file

N_FOUND = 30


def _card(pk: int, scheme_pk: int | str) -> str:
    return reverse("officer_file", args=[pk]) + f"#d-{scheme_pk}"


@login_required
@require_POST
def review(request: HttpRequest, pk: int, scheme_pk: int) -> HttpResponse:
    """Keep a scheme, set it aside with a reason, or take the verdict back."""
    submission, officer = visible_file(request, pk), signed_in(request)
    scheme = get_object_or_404(Scheme.objects.select_related("current"), pk=scheme_pk)
    verdict = request.POST.get("verdict", "")
    form = SetAsideForm(request.POST, revision=scheme.current)
    on, seen = current_day(), seen_key(request.POST)
    before = latest_result(submission, on=on)
    try:
        if verdict == Review.Verdict.KEPT:
            keep_scheme(submission=submission, scheme=scheme, officer=officer, on=on, seen=seen)
        elif verdict == Review.Verdict.WITHDRAWN:
            withdraw_review(submission=submission, scheme=scheme, officer=officer, on=on, seen=seen)
        elif verdict == Review.Verdict.REJECTED:
            if not form.is_valid():
                raise ReviewError(form.first_error())
            set_aside(submission=submission, scheme=scheme, officer=officer, because=form.because(), on=on, seen=seen)
        else:
            raise ReviewError(_("Choisissez « retenir » ou « écarter »."))
    except ReviewError as error:
        refused = {"scheme": scheme.pk, "form": form, "error": str(error)}
        return file_page(request, submission, bound={"refused": refused}, status=422)
    after = latest_result(submission, on=on)
    if after != before:
        tell_changes(request, before, after)
    return redirect(_card(pk, scheme_pk))


@login_required
@require_POST
def correct_fact(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct one fact; the page comes back with the new result, and says what changed in it."""
    submission, user = visible_file(request, pk), signed_in(request)
    check_may_decide(user, submission)
    form = bound_fact_form(submission, request.POST.get("fact", ""), request.POST)
    if form is None:
        return redirect("officer_file", pk)
    if form.form.asks_for_row:
        form.form.forget_errors()
        return refused_part(request, submission, "fait", {"fact_form": form}, status=200)
    if form.errors:
        return refused_part(request, submission, "fait", {"fact_form": form})
    before = latest_result(submission, on=current_day())
    try:
        leaves = "leaves" in request.POST
        after = correct_submission(
            submission=submission, facts=form.changed(), on=current_day(), author=user, leaves=leaves
        )
    except OutsideTerritory:
        return refused_part(request, submission, "fait", {"fact_form": form, "leaves": True})
    tell_changes(request, before, after)
    return redirect(reverse("officer_file", args=[pk]) + "#faits")


PARTS = {
    "fiche": "web/officer/card.html",
    "conditions": "web/parts/conditions.html",
    "ecarter": "web/parts/set_aside.html",
}


@login_required
@never_cache
@require_safe
def file_scheme(request: HttpRequest, pk: int, scheme_pk: int) -> HttpResponse:
    """Show a scheme of a file, every condition and the form that sets it aside; htmx gets the part it asks for."""
    submission, user = visible_file(request, pk), signed_in(request)
    last, shown = last_review(submission), seen_key(request.GET)
    result = latest_result(submission, on=current_day())
    cards = present_schemes(submission, result, [get_object_or_404(Scheme, pk=scheme_pk)], viewer=user)
    if not cards:
        raise Http404
    context = {
        "submission": submission,
        "card": cards[0],
        "for_officer": True,
        # The form that sets aside comes under a card that was shown before it: what that card showed was read.
        "last_review": last if shown is None else min(shown, last),
        **means_to_decide(submission, user),
    }
    fragment = PARTS.get(request.GET.get("partie", ""), "")
    if not fragment:
        context["success"] = success_of([scheme_pk]).get(scheme_pk)
    return render_fragment(request, fragment, "web/officer/file_scheme.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Look for a scheme by words to add it by hand, and see first what the engine says of it for this firm."""
    submission = visible_file(request, pk)
    check_may_decide(signed_in(request), submission)
    words = request.GET.get("q", "").replace("\0", "").strip()
    published = Scheme.objects.of_source(Scheme.OWN).published()
    schemes = find_schemes(published, words)[:N_FOUND] if words else []
    last = last_review(submission)
    result = latest_result(submission, on=current_day())
    context = {
        "submission": submission,
        "last_review": last,
        "words": words,
        "cards": present_schemes(submission, result, schemes, viewer=signed_in(request)),
        "limit": N_FOUND,
    }
    return render(request, "web/officer/add.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an officer's answer to a condition: after a call to the firm or to the scheme's operator."""
    submission = visible_file(request, pk)
    on = current_day()
    before = latest_result(submission, on=on)
    after = answer_condition(
        submission=submission,
        condition=request.POST.get("condition", ""),
        value=trilean(request.POST.get("value", "")),
        author=signed_in(request),
        on=on,
    )
    tell_changes(request, before, after)
    return redirect(_card(pk, request.POST.get("scheme", "")))


@login_required
@require_POST
def correct_need(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what an officer corrects of what was understood; the page comes back with the new result."""
    submission, officer, on = visible_file(request, pk), signed_in(request), current_day()
    check_may_decide(officer, submission)
    form = NeedCorrectionForm(request.POST, auto_id="besoin_%s")
    if not form.is_valid():
        return refused_part(request, submission, "besoin", {"need_form": form})
    before = latest_result(submission, on=on)
    after = correct(submission=submission, officer=officer, on=on, **form.cleaned_data)
    tell_changes(request, before, after)
    return redirect(reverse("officer_file", args=[pk]) + "#besoins")


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End the review: the firm is told, once; then comes the next file of the queue."""
    submission = visible_file(request, pk)
    form = EndForm(request.POST, no_email=bool(why_no_email(submission)))
    if not form.is_valid():
        return file_page(request, submission, bound={"end_form": form}, status=422)
    message, goes_on = form.cleaned_data["message"], "next" in request.POST
    following = next_file(request, pk) if goes_on else None
    try:
        end_it = end_with_nothing if "nothing" in request.POST else end_review
        ended = end_it(
            submission=submission,
            officer=signed_in(request),
            on=current_day(),
            message=message,
            seen=seen_key(request.POST),
        )
    except DecidedSinceError as error:
        end_form = EndForm(initial={"message": message}, no_email=bool(why_no_email(submission)))
        shown = {"end_form": end_form, "end_refused": str(error)}
        return file_page(request, visible_file(request, pk), bound=shown, status=422)
    except ReviewError as error:
        messages.error(request, str(error))
        if message:
            return file_page(request, visible_file(request, pk), bound=_kept_words(message), status=422)
    else:
        words = _ended(submission, ended)
        if goes_on:  # above the next file, or the list: of which one it is said, and where it is taken up again
            words = format_html(
                '<a href="{}">{}</a> : {}', reverse("officer_file", args=[pk]), submission.sheet, words
            )
        messages.success(request, words)
        if goes_on and not following:
            return redirect("officer_after", pk)
    return redirect("officer_file", following.pk if following else pk)


def _kept_words(message: str) -> dict[str, Any]:
    """Return what was typed for the end of a review that could not be: as its words, or a note once it has ended."""
    words = NoteForm(auto_id="note_%s", initial={"text": message, "audience": Note.Audience.FIRM})
    return {"end_form": EndForm(initial={"message": message}), "note_form": words}


def _ended(submission: Submission, end: ReviewEnd) -> str:
    """Say what leaves at the end of a review, or whom to call because nothing does."""
    why = why_no_email(submission)
    if not why and not Notification.objects.filter(dedupe_key=end.email_key).exists():
        return _(
            "Relecture terminée. Rien n’a changé : l’entreprise a déjà reçu cette réponse, elle ne repart pas."
            " Pour lui écrire de nouveau, laissez une note qu’elle lit."
        )
    if not why:
        return _("Relecture terminée. Courriel à envoyer : il part dans la minute.")
    words = _("Relecture terminée. Aucun courriel ne part, %(why)s : appelez %(contact)s.")
    return words % {"why": why, "contact": f"{submission.contact.name} {submission.contact.phone}".strip()}


@login_required
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an ended review again."""
    submission = visible_file(request, pk)
    reopen_review(submission=submission, officer=signed_in(request))
    messages.success(request, _("La relecture est reprise. L’entreprise garde ce qu’elle sait jusqu’à la fin."))
    return redirect("officer_file", pk)
