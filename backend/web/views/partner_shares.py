"""Sharing a file with a partner: what its officers propose and end, what its firm answers and takes back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.matchmaking.correspondence import why_no_email
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import Guest, PartnerShare
from backend.matchmaking.partner_emails import contact_of
from backend.matchmaking.partners import SharingError, answer_as_firm, end_as_officer, note_agreement, propose_share
from backend.web.access import opened_submission
from backend.web.forms.partners import AgreementForm, ShareForm
from backend.web.throttles import limit_wrong_links
from backend.web.views.file_parts import refused_part
from backend.web.views.officer import file_page, signed_in, visible_file
from backend.web.views.result import unless_closed


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose that a partner reads a file: with the agreement that the firm gave, or by asking for it."""
    submission, officer = visible_file(request, pk), signed_in(request)
    check_may_decide(officer, submission)
    form = ShareForm(request.POST, submission=submission, auto_id="partager_%s")
    try:
        if form.is_valid():
            share = propose_share(submission=submission, officer=officer, **form.said())
            _say_what_leaves(request, share)
            return redirect(reverse("officer_file", args=[pk]) + "#partenaires")
    except SharingError as error:
        form.add_error("organisation", str(error))
    return refused_part(request, submission, "partager", {"share_form": form})


def _say_what_leaves(request: HttpRequest, share: PartnerShare) -> None:
    words = {"partner": share.organisation}
    if share.agreed_at:
        messages.success(request, _("%(partner)s lit ce dossier dès maintenant, et l’apprend par courriel.") % words)
    elif why := why_no_email(share.submission):
        told = _("L’accord est demandé sur la page de l’entreprise. Aucun courriel ne part, %(why)s : appelez-la.")
        messages.warning(request, told % {"why": why})
    else:
        messages.success(request, _("L’accord est demandé à l’entreprise : elle répond sur sa page.") % words)


@login_required
@require_POST
def change(request: HttpRequest, pk: int, share_pk: int) -> HttpResponse:
    """End a share, or note that the firm agreed to it by word of mouth."""
    submission, officer = visible_file(request, pk), signed_in(request)
    check_may_decide(officer, submission)
    share = get_object_or_404(PartnerShare, pk=share_pk, submission=submission)
    back = redirect(reverse("officer_file", args=[pk]) + "#partenaires")
    if "end" in request.POST:
        end_as_officer(share=share, officer=officer)
        messages.success(request, _("C’est arrêté : %(partner)s ne lit plus ce dossier.") % _named(share))
        return back
    form = AgreementForm(request.POST, share=share)
    try:
        if form.is_valid():
            note_agreement(share=share, officer=officer, agreed_at=form.cleaned_data["agreed_at"])
            messages.success(request, _("C’est noté : %(partner)s lit ce dossier dès maintenant.") % _named(share))
            return back
    except SharingError as error:
        form.add_error("agreed_on", str(error))
    return file_page(request, submission, bound={"agreement_form": form}, status=422)


@require_POST
@limit_wrong_links
@unless_closed
def answer(request: HttpRequest, token: str, share_pk: int) -> HttpResponse:
    """Take the firm's agreement to a share, its refusal, or its end."""
    share = get_object_or_404(PartnerShare, pk=share_pk, submission=opened_submission(token, may=Guest.Right.MANAGE))
    agrees, back = request.POST.get("answer") == "agree", redirect(reverse("result", args=[token]) + "#partenaires")
    if not agrees and "end" not in request.POST:
        return back
    words = (
        _("Merci : %(partner)s peut lire votre dossier.")
        if agrees
        else _("C’est noté : %(partner)s ne lit pas votre dossier.")
    )
    try:
        answer_as_firm(share=share, agrees=agrees)
        messages.success(request, words % _named(share))
    except SharingError as error:
        contact = contact_of(share)
        call = " – ".join(part for part in (str(contact), contact.phone, contact.email) if part)
        messages.warning(request, _("%(why)s Appelez %(call)s.") % {"why": error, "call": call})
    return back


def _named(share: PartnerShare) -> dict[str, str]:
    return {"partner": str(share.organisation)}
