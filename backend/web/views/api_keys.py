"""The keys of partners' tools: which there are, one more, one less. The secret of a key is shown once."""

from datetime import date

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend.accounts.api_keys import ENDS_SOON, ApiKeyError, make_api_key, revoke_api_key
from backend.accounts.models import ApiKey, User
from backend.common.days import current_day
from backend.web.access import private
from backend.web.forms.api_keys import ApiKeyForm
from backend.web.views.officer import signed_in


def _manager(request: HttpRequest) -> User:
    user = signed_in(request)
    if not user.may_manage_keys:
        raise PermissionDenied
    return user


@login_required
@never_cache
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """List the keys, with the day of their last use and of their end."""
    _manager(request)
    today = current_day()
    rows = [
        (key, _standing(key, today))
        for key in ApiKey.objects.select_related("organisation", "created_by", "revoked_by")
    ]
    return render(request, "web/territory/keys.html", {"rows": rows})


def _standing(key: ApiKey, today: date) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_on < today:
        return "over"
    return "ends_soon" if key.expires_on - today <= ENDS_SOON else "valid"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a key, once one has shown again who one is, and show its secret; nobody can read it again."""
    _manager(request)
    response: HttpResponse = _new(request)
    return response


@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def _new(request: HttpRequest) -> HttpResponse:
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = make_api_key(**form.cleaned_data, by=_manager(request))
        except ApiKeyError as error:
            form.add_error(None, str(error))
        else:
            return private(render(request, "web/territory/key_made.html", {"key": key, "secret": secret}))
    return render(request, "web/territory/key_new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, key_pk: int) -> HttpResponse:
    """Revoke a key at once; who fears that it leaked is not asked for anything first."""
    user = _manager(request)
    key = get_object_or_404(ApiKey.objects.select_related("organisation"), pk=key_pk)
    if revoke_api_key(key=key, by=user):
        messages.success(request, _("C’est fait : la clé « %s » n’ouvre plus rien.") % key)
    else:
        messages.info(request, _("Cette clé était déjà révoquée."))
    return redirect("territory_keys")
