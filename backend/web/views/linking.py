"""What officers do about the other files of a SIREN: link, undo, close, correct the number."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.common.days import current_day
from backend.matchmaking.closing import reopen_file
from backend.matchmaking.file_links import (
    FileLinkError,
    agree_link,
    close_unentitled,
    files_to_propose,
    link_files,
    undo_link,
)
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FileLink, Submission
from backend.matchmaking.services import correct_submission
from backend.territories.models import ServedEpci
from backend.web.forms.filing.number import NumberForm
from backend.web.row_keys import key_of
from backend.web.views.file_parts import refused_part
from backend.web.views.officer import signed_in, visible_file


def _back(pk: int) -> HttpResponse:
    return redirect(reverse("officer_file", args=[pk]) + "#autres-demandes")


@login_required
@require_POST
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """Link a file that I may open with this one, or propose it to the officers of those that I may not."""
    submission, officer = visible_file(request, pk), signed_in(request)
    if "epci" in request.POST:
        epci = get_object_or_404(ServedEpci, pk=key_of(request.POST["epci"]))
        others = files_to_propose(submission, epci=epci, viewer=officer)
        done = _("C’est proposé : le développeur économique de l’autre demande doit l’accepter.")
    else:
        files = Submission.objects.visible_to(officer)
        others = [get_object_or_404(files, pk=key_of(request.POST.get("other", "")))]
        done = _("C’est noté. Les résultats des deux demandes sont à jour.")
    kind = request.POST.get("kind", "")
    if not others:
        messages.error(request, _("Il n’y a plus là-bas de demande de ce SIREN à lier."))
        return _back(pk)
    try:
        for other in others:
            link_files(submission=submission, other=other, kind=kind, officer=officer, on=current_day())
    except FileLinkError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return _back(pk)


@login_required
@require_POST
def link(request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
    """Accept a link that was proposed, or undo one."""
    submission, officer = visible_file(request, pk), signed_in(request)
    found = get_object_or_404(FileLink.objects.touching(submission.pk), pk=link_pk)
    answer = agree_link if request.POST.get("answer") == "accept" else undo_link
    try:
        answer(link=found, officer=officer, on=current_day())
    except FileLinkError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("C’est noté. Les résultats des deux demandes sont à jour."))
    return _back(pk)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a file whose author is not entitled, or open it again."""
    submission, officer = visible_file(request, pk), signed_in(request)
    if "reopen" in request.POST:
        reopen_file(submission=submission, officer=officer, on=current_day())
        messages.success(request, _("La demande est rouverte."))
    elif not request.POST.get("sure"):
        messages.error(request, _("Cochez que vous avez vérifié\u00a0: la demande n’a pas été fermée."))
    else:
        close_unentitled(submission=submission, officer=officer, on=current_day())
        messages.success(request, _("La demande est fermée. Son auteur reçoit un courriel."))
    return redirect("officer_file", pk)


@login_required
@require_POST
def number(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the SIREN or SIRET of a file; the page comes back with the new result."""
    submission, officer = visible_file(request, pk), signed_in(request)
    check_may_decide(officer, submission)
    form = NumberForm(request.POST, auto_id="numero_%s")
    if not form.is_valid():
        return refused_part(request, submission, "numero", {"number_form": form})
    identity = {"siret": form.siret, "siren": form.siren, "name": submission.sheet.name}
    correct_submission(submission=submission, facts={}, identity=identity, author=officer, on=current_day())
    messages.success(request, _("Le numéro est corrigé : le résultat est à jour."))
    return redirect(reverse("officer_file", args=[pk]) + "#faits")
