"""Which programs of partners are told of what changes in the public catalogue, and what became of each delivery."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.accounts.rights import check_leads_territory
from backend.web.access import private
from backend.web.forms.webhooks import EndpointForm, NewEndpointForm
from backend.web.row_keys import key_of
from backend.web.views.officer import signed_in
from backend.webhooks import services
from backend.webhooks.models import Endpoint

N_DELIVERIES = 50


def _territory_lead(request: HttpRequest) -> User:
    user = signed_in(request)
    check_leads_territory(user)
    return user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def endpoints(request: HttpRequest) -> HttpResponse:
    """List the endpoints of all partners; add one, and show its secret once."""
    user = _territory_lead(request)
    form = NewEndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = services.add_endpoint(user=user, **form.cleaned_data)
        except services.WebhookError as error:
            form.add_error("url", str(error))
        else:
            return _show_secret(request, endpoint, secret, is_first=True)
    context = {"form": form, "endpoints": Endpoint.objects.select_related("organisation", "made_by")}
    return render(request, "web/territory/webhooks.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one endpoint with its last deliveries; each button of the page is named for what it does."""
    user = _territory_lead(request)
    found = get_object_or_404(Endpoint.objects.select_related("organisation", "made_by"), pk=pk)
    if request.method != "POST":
        return _page(request, found, EndpointForm(initial={"url": found.url, "events": found.events}))
    if "save" in request.POST:
        return _change(request, user, found)
    if "rotate" in request.POST:
        secret = services.rotate_secret(user=user, endpoint=found)
        return _show_secret(request, found, secret, is_first=False)
    if "remove" in request.POST:
        services.remove_endpoint(user=user, endpoint=found)
        messages.success(request, _("%s : l’adresse est supprimée.") % found.organisation)
        return redirect("territory_webhooks")
    try:
        words = _act(request, user, found)
    except services.WebhookError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("territory_webhook", pk)


def _act(request: HttpRequest, user: User, found: Endpoint) -> str:
    """Do what the button says, and return what was done."""
    if "off" in request.POST:
        services.turn_off(user=user, endpoint=found)
        return _("C’est arrêté : plus rien ne part vers cette adresse.")
    if "on" in request.POST:
        services.turn_on(user=user, endpoint=found)
        return _("C’est remis en service, pour ce qui arrive à partir de maintenant.")
    if again := request.POST.get("again", ""):
        services.send_again(user=user, delivery=get_object_or_404(found.deliveries, pk=key_of(again)))
        return _("Il repart dans la minute, avec le même identifiant.")
    services.send_test(user=user, endpoint=found)
    return _("L’essai part dans la minute : rechargez la page pour lire la réponse.")


def _change(request: HttpRequest, user: User, found: Endpoint) -> HttpResponse:
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            services.change_endpoint(user=user, endpoint=found, **form.cleaned_data)
        except services.WebhookError as error:
            form.add_error("url", str(error))
        else:
            messages.success(request, _("C’est enregistré."))
            return redirect("territory_webhook", found.pk)
    found.refresh_from_db()
    return _page(request, found, form)


def _page(request: HttpRequest, found: Endpoint, form: EndpointForm) -> HttpResponse:
    context = {"endpoint": found, "form": form, "deliveries": found.deliveries.all()[:N_DELIVERIES]}
    return render(request, "web/territory/webhook.html", context, status=422 if form.errors else 200)


def _show_secret(request: HttpRequest, found: Endpoint, secret: str, *, is_first: bool) -> HttpResponse:
    context = {"endpoint": found, "secret": secret, "is_first": is_first}
    return private(render(request, "web/territory/webhook_secret.html", context))
