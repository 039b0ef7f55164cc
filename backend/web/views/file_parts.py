"""The parts of a file page that are fetched once somebody opens them; each is a page of its own without JavaScript."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.closing import promised_steps
from backend.matchmaking.correspondence import emails_to_firm
from backend.matchmaking.history import history_of
from backend.matchmaking.in_charge import check_may_decide, may_decide
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import read_once
from backend.matchmaking.state_aid import ledger_of
from backend.matchmaking.unverified import unverified_for
from backend.web.forms.aids import AidForm
from backend.web.forms.facts import fact_form
from backend.web.forms.filing.number import NumberForm, number_of
from backend.web.forms.partners import ShareForm
from backend.web.forms.review import CloseForm, NeedCorrectionForm, OfferForm, ReferForm, StepForm
from backend.web.fragments import render_fragment
from backend.web.views.officer import signed_in, visible_file

type Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: its title, its template, what that shows, and whether only who decides opens it."""

    title: Promise
    anchor: str  # where it stands in the page
    template: str
    context: Callable[[HttpRequest, Submission, User], Context]
    to_decide: bool = True


@login_required
@never_cache
@require_safe
def show(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Show a part of a file; htmx gets it alone."""
    shown = PARTS.get(part)
    if shown is None:
        raise Http404
    submission, user = visible_file(request, pk), signed_in(request)
    if shown.to_decide:
        check_may_decide(user, submission)
    read_once(submission)
    return _render(request, submission, shown, shown.context(request, submission, user))


def close_context(submission: Submission, form: CloseForm) -> Context:
    """Return what the form that closes a file shows: itself, and what is promised and offered of it."""
    offer = submission.hand_overs.waiting().select_related("to", "to_epci").first()
    return {"close_form": form, "promised": promised_steps(submission), "offer": offer}


def refused_part(
    request: HttpRequest, submission: Submission, name: str, bound: Context, *, status: int = 422
) -> HttpResponse:
    """Show the part whose form was refused, with what was typed."""
    return _render(request, submission, PARTS[name], bound, status=status)


def _render(
    request: HttpRequest, submission: Submission, shown: Part, context: Context, *, status: int = 200
) -> HttpResponse:
    decides = may_decide(officer=signed_in(request), submission=submission) and not submission.is_barred
    about = {"submission": submission, "title": shown.title, "part": shown.template, "anchor": shown.anchor}
    context = {**about, "can_decide": decides, "for_officer": True, **context}
    return render_fragment(request, shown.template, "web/officer/part.html", context, status=status)


def _fact(request: HttpRequest, submission: Submission, user: User) -> Context:
    form = fact_form(submission, request.GET.get("fait", ""))
    if form is None:
        raise Http404
    return {"fact_form": form}


def _number(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"number_form": NumberForm(initial={"number": number_of(submission)}, auto_id="numero_%s")}


def _need(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"need_form": NeedCorrectionForm(auto_id="besoin_%s")}


def _step(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"step_form": StepForm(submission=submission, auto_id="etape_%s")}


def _close(request: HttpRequest, submission: Submission, user: User) -> Context:
    return close_context(submission, CloseForm(auto_id="clore_%s"))


def _offer(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"offer_form": OfferForm(by=user, auto_id="transmettre_%s")}


def _share(request: HttpRequest, submission: Submission, user: User) -> Context:
    today = {"agreed_on": current_day()}
    return {"share_form": ShareForm(submission=submission, auto_id="partager_%s", initial=today)}


def _refer(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"refer_form": ReferForm(submission=submission, auto_id="intercommunalite_%s")}


def _aids(request: HttpRequest, submission: Submission, user: User) -> Context:
    ledger = ledger_of(submission, on=current_day(), viewer=user)
    return {"ledger": ledger, "aid_form": AidForm(auto_id="aide_%s")}


def _emails(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"emails": emails_to_firm(submission)}


def _history(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"history": history_of(submission, viewer=user)}


def _unverified(request: HttpRequest, submission: Submission, user: User) -> Context:
    return {"unverified": unverified_for(submission)}


PARTS = {
    "fait": Part(_("Corriger un fait"), "faits", "web/officer/fact_form.html", _fact),
    "numero": Part(_("Corriger le SIRET ou SIREN"), "faits", "web/officer/number.html", _number),
    "besoin": Part(_("Ajouter un besoin"), "besoins", "web/officer/need_form.html", _need),
    "etape": Part(_("Noter une étape"), "suivi", "web/officer/step_form.html", _step),
    "clore": Part(_("Clore le dossier"), "clore", "web/officer/close_form.html", _close),
    "transmettre": Part(_("Transmettre à un collègue"), "suivi", "web/officer/offer_form.html", _offer),
    "intercommunalite": Part(
        _("Proposer à une autre intercommunalité"), "suivi", "web/officer/refer_form.html", _refer
    ),
    "partager": Part(_("Partager avec un partenaire"), "partenaires", "web/officer/share_form.html", _share),
    "aides": Part(_("Aides de minimis"), "aides", "web/parts/aids.html", _aids, to_decide=False),
    "courriels": Part(_("Courriels à l’entreprise"), "courriels", "web/officer/emails.html", _emails, to_decide=False),
    "histoire": Part(_("Ce qui s’est passé"), "histoire", "web/officer/history.html", _history, to_decide=False),
    "non-verifiees": Part(
        _("Fiches non vérifiées"), "non-verifiees", "web/officer/unverified.html", _unverified, to_decide=False
    ),
}
