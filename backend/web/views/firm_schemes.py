"""The schemes of a firm behind its five first ones: the whole list, and one of them with every condition."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.call_scripts import answers_of, script_of
from backend.matchmaking.deadlines import dates_of
from backend.matchmaking.emails import organisation_in_charge
from backend.matchmaking.followers import follower_of
from backend.matchmaking.listing import rows_of
from backend.matchmaking.models import Guest, SchemeEvent, Submission
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import told_card
from backend.web.access import opened_submission, private, reads_only, token_of
from backend.web.forms.listing import ListingForm
from backend.web.forms.states import SchemeWordForm
from backend.web.fragments import render_fragment
from backend.web.throttles import limit_wrong_links
from backend.web.views.result import unless_closed

PER_PAGE = 20


@never_cache
@require_safe
@limit_wrong_links
@unless_closed
def open_schemes(request: HttpRequest, token: str) -> HttpResponse:
    """List what answers the firm, all that is open to it, or the whole catalogue."""
    submission = opened_submission(token, may=Guest.Right.READ)
    answer, form = latest_result(submission, on=current_day()), ListingForm(request.GET)
    rows = rows_of(submission, answer, **form.narrowed)
    context = {
        "submission": submission,
        "token": token,
        "form": form,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return private(render(request, "web/open_schemes.html", context))


@never_cache
@require_safe
@limit_wrong_links
@unless_closed
def scheme(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Show a scheme with every condition, what is known of the firm beside it, and what it can answer.

    htmx gets the same without the page around it, to open in place.
    """
    return scheme_page(request, opened_submission(token, may=Guest.Right.READ), pk)


def scheme_page(
    request: HttpRequest,
    submission: Submission,
    pk: int,
    *,
    word_form: SchemeWordForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show a scheme of a file; ``word_form`` is one that was refused, with what was typed."""
    token, answer = token_of(request), latest_result(submission, on=current_day())
    card = told_card(submission, answer, pk)
    if card is None:
        raise Http404
    words, follower = submission.notes.of_firm().filter(scheme=pk), follower_of(submission, on=answer.on)
    writes = card.state and card.state.takes_words and not reads_only(submission)
    context = {
        "submission": submission,
        "token": token,
        "words": words,
        "word_form": (word_form or SchemeWordForm(auto_id="mots_%s")) if writes or word_form else None,
        "organisation": organisation_in_charge(submission),
        "officer": follower.here if follower else None,
        "card": card,
        "has_dates": any(dates_of(card.match.scheme, card.revision, on=current_day())),
        "answer_url": reverse("answer", args=[token]),
        "can_answer": () if reads_only(submission) else ("firm",),
        "reads_only": reads_only(submission),
        "reasons": SchemeEvent.Reason.choices,
    }
    if card.state and card.state.is_followed:
        context |= {"script": script_of(card, answer.facts), "answers": answers_of(submission, answer, card)}
    return private(
        render_fragment(request, "web/parts/conditions.html", "web/firm_scheme.html", context, status=status)
    )
