"""« Rappelez-moi »: the firm leaves a number on its answer, officers see it on their queue."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.assisted import StaffAddress
from backend.matchmaking.calls import Call, ask_call, end_call, file_call, present_calls
from backend.matchmaking.in_charge import covers
from backend.matchmaking.models import CallRequest
from backend.matchmaking.queue import Tab
from backend.web.drafts import CALL, MOST_BYTES, Draft, Stated, stated
from backend.web.forms.filing.call import CallFileForm, CallForm
from backend.web.notices import too_long
from backend.web.views.answer import answer_page, back_to_answer, looks_like_a_robot
from backend.web.views.officer import signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Take a number to call; what cannot be taken is shown with the answer."""
    draft = Draft.of(request.session)
    if draft is None:
        return redirect("start")
    said = stated(draft)
    if request.method != "POST" or isinstance(said, str) or said.is_outside or draft.is_assisted:
        return redirect("draft_answer")
    form = CallForm(request.POST, prefix=CALL)
    draft.steps[CALL] = form.typed()
    if draft.size > MOST_BYTES:
        notice = too_long(given=draft.size, most=MOST_BYTES)
        return answer_page(request, said, call_form=form, status=422, notice=notice)
    if not form.is_valid():
        return back_to_answer(request, draft, CALL)
    if looks_like_a_robot(request, draft):
        draft.asked_again = True
        return back_to_answer(request, draft, CALL)
    if wait := spend("call.network", client_network(request)):
        draft.wait(wait)
        return back_to_answer(request, draft, CALL)
    ask_call(key=UUID(draft.key), call=_call(said, form), on=current_day())
    draft.called, draft.asked_again = form.noted(), False
    return back_to_answer(request, draft, CALL)


def _call(said: Stated, form: CallForm) -> Call:
    understood = said.read.said_back()
    return Call(
        phone=form.cleaned_data["phone"],
        name=form.cleaned_data["name"],
        company_name=said.company_name,
        call_slot=form.cleaned_data["call_slot"],
        commune=said.commune,
        needs=tuple(chip.key for chip in (*understood.sure, *understood.unserved)),
    )


# -- officers


def _answered_by(request: HttpRequest, call_pk: int) -> CallRequest:
    """Return a call that this person may answer; a stranger does not learn that it exists."""
    user = signed_in(request)
    call = get_object_or_404(CallRequest.objects.visible_to(user), pk=call_pk)
    if not covers(officer=user, epci_id=call.epci_id):
        raise PermissionDenied
    return call


@login_required
@require_POST
def end(request: HttpRequest, call_pk: int) -> HttpResponse:
    """Note that a call was made."""
    end_call(call=_answered_by(request, call_pk), officer=signed_in(request))
    messages.success(request, _("C’est noté : ce rappel est traité."))
    return redirect(f"{reverse('officer_queue')}?etat={Tab.TO_CALL}")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, call_pk: int) -> HttpResponse:
    """Open a file for somebody who agrees to it on the telephone."""
    call, officer = _answered_by(request, call_pk), signed_in(request)
    if call.submission_id:
        return redirect("officer_file", call.submission_id)
    form = CallFileForm(request.POST or None, initial=CallFileForm.initial_for(call))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            submission = file_call(
                call=call,
                officer=officer,
                name=given["contact_name"],
                email=given["email"],
                phone=given["phone"],
                company_name=given["company_name"],
                on=current_day(),
            )
        except StaffAddress as error:
            form.add_error("email", str(error))
        else:
            messages.success(request, _("Le dossier est ouvert. Un courriel part pour que l’adresse soit confirmée."))
            return redirect("officer_file", submission.pk)
    (seen,) = present_calls([call], officer=officer, on=current_day())
    status = 422 if form.errors else 200
    return render(request, "web/officer/call_file.html", {"seen": seen, "form": form}, status=status)
