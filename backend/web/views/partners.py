"""The pages of a partner's people: the files that are shared with it, each with its firm's agreement, to read only."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backend.accounts.models import Membership
from backend.common.days import current_day
from backend.journal.services import record_read
from backend.matchmaking.follow_up import withdraw_note
from backend.matchmaking.models import Note, PartnerShare
from backend.matchmaking.ownership import read_once
from backend.matchmaking.partner_emails import contact_of
from backend.matchmaking.partners import note_reading, write_as_partner
from backend.matchmaking.replies import said_back
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from backend.web.forms.partners import AnswerForm
from backend.web.views.officer import signed_in

PER_PAGE = 25


@login_required
@never_cache
@require_safe
def files(request: HttpRequest) -> HttpResponse:
    """List the files that are shared with one's organisations, the newest first.

    Whose organisation can be no partner reads that nothing can be shared with it: their other pages lead here.
    """
    user = signed_in(request)
    if Membership.Role.PARTNER not in user.posts.roles:
        raise PermissionDenied
    shares = PartnerShare.objects.visible_to(user).select_related("submission__sheet", "organisation", "asked_by")
    page = Paginator(shares.order_by("-begins_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "several": len(user.posts.partners) > 1, "reads_for_none": not user.posts.partners}
    return render(request, "web/partner/files.html", context)


@login_required
@never_cache
@require_safe
def file(request: HttpRequest, share_pk: int) -> HttpResponse:
    return _file_page(request, _shared(request, share_pk), AnswerForm())


@login_required
@require_POST
def answer(request: HttpRequest, share_pk: int) -> HttpResponse:
    """Write to those in charge of a file."""
    share = _shared(request, share_pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _file_page(request, share, form, status=422)
    write_as_partner(share=share, author=signed_in(request), text=form.cleaned_data["text"])
    messages.success(request, _("C’est envoyé : la réponse est sur le dossier, et dans le courriel du matin."))
    return redirect(reverse("partner_file", args=[share_pk]) + "#mots")


@login_required
@require_POST
def take_answer_back(request: HttpRequest, share_pk: int, note_pk: int) -> HttpResponse:
    """Take one's own note back."""
    share, user = _shared(request, share_pk), signed_in(request)
    withdraw_note(note=get_object_or_404(Note, pk=note_pk, share=share, author=user), author=user)
    return redirect(reverse("partner_file", args=[share_pk]) + "#mots")


def _shared(request: HttpRequest, share_pk: int) -> PartnerShare:
    """Return what is shared with somebody's organisation, and note that they opened it; else nobody learns of it."""
    user = signed_in(request)
    with_file = ("submission__sheet", "submission__contact", "submission__epci", "submission__officer")
    shares = PartnerShare.objects.visible_to(user).select_related(*with_file, "organisation", "asked_by")
    share = get_object_or_404(shares, pk=share_pk)
    file = share.submission
    record_read(actor=user, submission_id=file.pk, epci_id=file.epci_id)
    note_reading(share)
    return share


def _file_page(request: HttpRequest, share: PartnerShare, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    submission = share.submission
    read_once(submission)
    result = latest_result(submission, on=current_day())
    said = said_back(submission, result)
    context: dict[str, Any] = {
        "share": share,
        "contact": contact_of(share),
        "submission": submission,
        "needs": [chip.label for chip in (*said.sure, *said.unserved)],
        "page": None if said.is_unclear else shortlist_of(submission, result),
        "on": result.on,
        "notes": share.notes.standing().select_related("author", "organisation"),
        "form": form,
    }
    return render(request, "web/partner/file.html", context, status=status)
