"""The address that a firm has just filed with, while nobody has confirmed it: its e-mail again, or another address."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.common.days import day_in_words
from backend.common.throttles import client_network, spend
from backend.links.models import Kind
from backend.matchmaking.access_links import again_from, send_confirmation_again
from backend.matchmaking.address_change import (
    AddressError,
    AddressKept,
    awaits_first_confirmation,
    correct_own_address,
)
from backend.notifications.models import Notification
from backend.notifications.outcomes import has_failed
from backend.web.access import opened, opened_submission, private
from backend.web.filed import filed_here
from backend.web.forms.result import OwnAddressForm
from backend.web.throttles import limit_wrong_links, too_many_requests
from backend.web.views.result import result_page, unless_closed

ANCHOR = "#adresse"


@require_POST
@limit_wrong_links
@unless_closed
def send_confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """Send the e-mail that confirms the address again, to the same one; never two at a time."""
    submission = opened_submission(token, may=None)
    if not awaits_first_confirmation(submission):
        messages.info(request, _("Il n’y a plus rien à confirmer ici."))
        return redirect("result", token)
    if wait := spend("access.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    email = send_confirmation_again(submission=submission)
    if has_failed(email) or email.state == Notification.State.STOPPED:
        messages.error(request, _("Le courriel vers %s n’arrive pas : vérifiez l’adresse.") % email.recipient)
    elif email.state == Notification.State.SENT:
        words = _(
            "Le courriel est déjà parti vers %(email)s, le %(left)s : regardez aussi dans les indésirables. Vous"
            " pourrez le redemander le %(again)s."
        )
        when = {"left": _at(email.due_at), "again": _at(again_from(email))}
        messages.success(request, words % {"email": email.recipient, **when})
    else:  # not when: that its address had others of late is for its owner to know
        words = _("Le courriel part vers %s : regardez aussi dans les indésirables.")
        messages.success(request, words % email.recipient)
    return redirect(reverse("result", args=[token]) + ANCHOR)


def _at(moment: datetime) -> str:
    return day_in_words(timezone.localtime(moment), "j F à H:i")


@require_POST
@limit_wrong_links
@unless_closed
def correct_address(request: HttpRequest, token: str) -> HttpResponse:
    """Correct the address, in the browser that filed: a forwarded link reads, and takes no file from its firm."""
    submission = opened_submission(token, may=None)
    page = redirect(reverse("result", args=[token]) + ANCHOR)
    if not awaits_first_confirmation(submission):
        messages.info(request, _("Cette adresse n’est plus à corriger ici : rien n’a changé."))
        return page
    if not filed_here(request.session, submission):
        words = _("L’adresse se corrige dans le navigateur qui a déposé la demande, le jour même : rien n’a changé.")
        messages.error(request, words)
        return page
    form = OwnAddressForm(request.POST, auto_id="adresse_%s")
    if not form.is_valid():
        return result_page(request, submission, address_form=form, status=422)
    if wait := spend("access.network", client_network(request)):
        return private(too_many_requests(request, wait=wait))
    this = opened(Kind.RESULT, token)
    try:
        correct_own_address(submission=submission, email=form.cleaned_data["email"], link_pk=this.pk)
    except AddressKept as error:
        messages.info(request, str(error))
    except AddressError as error:
        form.add_error("email", str(error))
        return result_page(request, submission, address_form=form, status=422)
    else:
        messages.success(
            request, _("L’adresse est corrigée. Ouvrez le lien du courriel qui y part pour la confirmer.")
        )
    return page
