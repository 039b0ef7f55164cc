"""The answer and the de minimis ledger as PDF, of the same shortlist and ledger as the pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.answer_email import answer_end
from backend.matchmaking.fact_display import values_in_words
from backend.matchmaking.followers import follower_of
from backend.matchmaking.models import Guest
from backend.matchmaking.ownership import read_once
from backend.matchmaking.replies import said_back
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.state_aid import ledger_of
from backend.web.access import opened_submission, private
from backend.web.drafts import Draft, Stated, stated
from backend.web.pdf import render_pdf
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import unless_closed


def _too_many(request: HttpRequest) -> HttpResponse | None:
    """Refuse one more document to a network that asked for many: drawing one takes longer than a page."""
    wait = spend("document.network", client_network(request))
    return private(too_many_requests(request, wait=wait)) if wait else None


@never_cache
@require_safe
def draft_plan(request: HttpRequest) -> HttpResponse:
    """Return the answer to a draft; it works without a link, and nothing of it is kept."""
    draft = Draft.of(request.session)
    said = draft and stated(draft)
    if not isinstance(said, Stated) or said.read.said_back().asks:
        return redirect("draft_answer")
    on = current_day()
    context: dict[str, Any] = {
        "firm": said.company_name,
        "on": on,
        "page": said.read.page(),
        "said": said.read.said_back(),
        "place": said.place,
        "organisations": said.epci.organisations.all() if said.epci else (),
        "text": said.read.text,
        "answers": values_in_words(said.read.request.facts),
        "weights": said.read.weights.version,
    }
    return _too_many(request) or render_pdf(request, "web/pdf/plan.html", context, filename=f"reponse-{on}")


@never_cache
@require_safe
@limit_wrong_links
@unless_closed
def plan(request: HttpRequest, token: str) -> HttpResponse:
    """Return the result of a file as its page shows it, without the link that opens it."""
    submission, on = opened_submission(token, may=Guest.Right.READ), current_day()
    read_once(submission)
    answer = latest_result(submission, on=on)
    said = said_back(submission, answer)
    if said.asks:
        return redirect("result", token)
    context: dict[str, Any] = {
        "firm": submission.sheet.name,
        "reference": submission.reference,
        "on": answer.on,
        "page": shortlist_of(submission, answer),
        "said": said,
        "review_end": answer_end(submission),
        "follower": follower_of(submission, on=on),
        "organisations": submission.epci.organisations.all() if submission.epci else (),
        "text": submission.text,
        "answers": values_in_words(answer.facts),
        "weights": answer.weights_id,
    }
    filename = f"reponse-{submission.reference}-{on}"
    return _too_many(request) or render_pdf(request, "web/pdf/plan.html", context, filename=filename)


@never_cache
@require_safe
@limit_wrong_links
@unless_closed
def aids(request: HttpRequest, token: str) -> HttpResponse:
    """Return the de minimis aids of a file as a declaration to sign."""
    submission, on = opened_submission(token, may=Guest.Right.READ), current_day()
    read_once(submission)
    context = {
        "submission": submission,
        "firm": submission.sheet.name,
        "ledger": ledger_of(submission, on=on),
        "ledger_on": on,
    }
    filename = f"de-minimis-{submission.reference}-{on}"
    return _too_many(request) or render_pdf(request, "web/pdf/aids.html", context, filename=filename)
