"""A contact's space: all requests of its address, for 30 minutes after it opened a link sent there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking.access_links import send_space_link
from backend.matchmaking.models import SavedDraft, Submission
from backend.matchmaking.services import confirm_address, stop_everything
from backend.matchmaking.space import space_of
from backend.privacy.rules import rules
from backend.web.access import drop_access, fresh_access, private, result_link
from backend.web.drafts import NAMES, Draft, leave_draft, open_draft, unsent_draft
from backend.web.filed import FILED
from backend.web.forms.result import AddressForm
from backend.web.notices import Notice, no_cookie, too_many
from backend.web.views.filing import after

MOST_DRAFTS = 10  # of one address
PAGES = {"result", "own_data"}  # of a request, that its line leads to


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def space(request: HttpRequest) -> HttpResponse:
    """List the requests of an address, or ask for it; the answer is the same whether it is known or not."""
    if request.method != "POST":
        access = fresh_access(request)
        if access is None:
            return _address_page(request, AddressForm(), status=200)
        drafts = SavedDraft.objects.of_address(access.address).select_related("submission__sheet")
        context = {
            "access": access,
            "space": space_of(access.address, on=current_day(), page=request.GET.get("page")),
            "drafts": drafts,
            "unsent": unsent_draft(request.session),
            "kept_for": rules()["saved_drafts"].kept_for,
        }
        return private(render(request, "web/space.html", context))
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _address_page(request, form, status=422)
    if wait := spend("space.network", client_network(request)):
        response = _address_page(request, form, status=429, notice=too_many(wait))
        response.headers["Retry-After"] = str(wait)
        return response
    email = form.cleaned_data["email"]
    send_space_link(email=email)
    return render(request, "web/space_sent.html", {"email": email})


def show_again(request: HttpRequest) -> HttpResponse:
    """Show the form that was sent without its cookie, with the address that was typed."""
    return _address_page(request, AddressForm(request.POST), status=403, notice=no_cookie())


def _address_page(
    request: HttpRequest, form: AddressForm, *, status: int, notice: Notice | None = None
) -> HttpResponse:
    return render(request, "web/space_address.html", {"form": form, "notice": notice}, status=status)


def in_space(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the address whose space is open in this browser, else ask for it."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        access = fresh_access(request)
        if access is None:
            messages.warning(request, _("Votre espace s’est fermé : donnez votre adresse pour le rouvrir."))
            return _address_page(request, AddressForm(), status=403)
        return view(request, access.address, *args, **kwargs)

    return opened


@require_POST
@in_space
def open_file(request: HttpRequest, address: str, pk: int) -> HttpResponse:
    """Open one of the requests that the space lists, by a result link of its own."""
    submission = get_object_or_404(Submission.objects.of_address(address), pk=pk)
    page = request.POST.get("page", "")
    return redirect(page if page in PAGES else "result", result_link(request, submission))


@require_POST
@in_space
def confirm(request: HttpRequest, address: str, pk: int) -> HttpResponse:
    """Confirm a request of the address: the link that opened the space came there too."""
    submission = get_object_or_404(Submission.objects.filed_with(address), pk=pk)
    confirm_address(submission=submission)
    messages.success(request, _("Merci, la demande %s est confirmée.") % submission.reference)
    return redirect("space")


def takes_no_place(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let no draft take the place of one that was not sent and is kept nowhere else: its reader is asked first."""

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if unsent_draft(request.session):
            messages.error(
                request, _("Une demande est en cours dans ce navigateur : envoyez-la ou effacez-la d’abord.")
            )
            return redirect("space")
        return view(request, *args, **kwargs)

    return asking


@require_POST
@in_space
@takes_no_place
def begin(request: HttpRequest, address: str, pk: int) -> HttpResponse:
    """Begin another request for the firm of one of those of the address; it is kept for its contact."""
    related = ("contact", "sheet__company", "sheet__establishment")
    proven = Submission.objects.proven().filed_with(address).select_related(*related)
    submission = get_object_or_404(proven, pk=pk)
    saved = SavedDraft.objects.of_address(address)
    empty = saved.filter(
        submission=submission, content__steps__besoin__isnull=True
    ).first()  # of a button pressed twice
    if empty is None and saved.count() >= MOST_DRAFTS:
        messages.error(
            request,
            _("Vous avez déjà commencé %s demandes : reprenez-en une, ou supprimez-en une.") % MOST_DRAFTS,
        )
        return redirect("space")
    if empty is None:
        draft = Draft.begun_from(submission)
        draft.save()
        draft.keep(request.session)
    else:
        open_draft(request.session, empty)
    return redirect("step", NAMES[0])


@require_POST
@in_space
@takes_no_place
def resume(request: HttpRequest, address: str, draft_pk: int) -> HttpResponse:
    """Go on with a request that was begun, on whatever device."""
    saved = get_object_or_404(SavedDraft.objects.of_address(address), pk=draft_pk)
    return after(open_draft(request.session, saved))


@require_POST
@in_space
def delete_draft(request: HttpRequest, address: str, draft_pk: int) -> HttpResponse:
    get_object_or_404(SavedDraft.objects.of_address(address), pk=draft_pk).delete()
    messages.success(request, _("La demande commencée est supprimée."))
    return redirect("space")


@require_POST
@in_space
def stop_all(request: HttpRequest, address: str) -> HttpResponse:
    """Stop every e-mail about every request of the address."""
    stop_everything(address=address)
    words = _("C’est arrêté : cette adresse ne recevra plus de courriel sur ses demandes, sauf un lien demandé ici.")
    messages.success(request, words)
    return redirect("space")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the space in this browser before its 30 minutes are over, and leave nothing of its reader there."""
    drop_access(request)
    leave_draft(request.session)
    request.session.pop(FILED, None)
    return redirect("home")
