"""Who waits for a scheme: the files where it stands, and what is decided or written to several of them at once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.batches import (
    SHARED_REASONS,
    decide_for_several,
    matches_waiting_for,
    rows_of,
    write_to_several,
)
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import Because, ReviewError
from backend.schemes.models import Scheme
from backend.web.forms.waiting import BatchForm
from backend.web.views.officer import signed_in

PER_PAGE = 50
READ_WITH = (
    "result__submission__sheet", "result__submission__contact", "result__submission__epci",
    "result__submission__officer",
)  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: HttpRequest, scheme_pk: int) -> HttpResponse:
    """List the files that wait for a scheme; decide on it, or write to their firms, for those that are ticked."""
    user = signed_in(request)
    if not (user.posts.epcis or user.posts.leads_territory):
        raise PermissionDenied
    schemes = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    scheme = get_object_or_404(schemes, pk=scheme_pk)
    form = BatchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not user.posts.epcis:
            raise PermissionDenied
        try:
            if form.is_valid():
                messages.success(request, _done(form, _ticked(request, scheme, user), scheme, user))
                return redirect("officer_waiting", scheme_pk)
        except ReviewError as error:
            form.add_error(None, str(error))
    matches = matches_waiting_for(scheme, user=user).select_related(*READ_WITH)
    page = Paginator(matches, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "scheme": scheme,
        "page": page,
        "rows": rows_of(page.object_list, on=current_day()),
        "form": form,
        "reasons": [(reason, reason.label) for reason in SHARED_REASONS],
        "ticked": request.POST.getlist("file"),
        "may_batch": bool(user.posts.epcis),
    }
    return render(request, "web/officer/waiting.html", context, status=422 if form.errors else 200)


def _ticked(request: HttpRequest, scheme: Scheme, user: User) -> list[Submission]:
    """Return the files that are ticked, of those that wait for the scheme and that this person may open."""
    keys = [int(key) for key in request.POST.getlist("file") if key.isascii() and key.isdigit() and len(key) < 10]
    found = matches_waiting_for(scheme, user=user).filter(result__submission__in=keys[:PER_PAGE])
    files = [match.result.submission for match in found.select_related(*READ_WITH)]
    if not files:
        raise ReviewError(_("Cochez au moins un dossier."))
    return files


def _done(form: BatchForm, files: list[Submission], scheme: Scheme, user: User) -> str:
    """Do what was asked for, and say for how many files."""
    on, action = current_day(), form.cleaned_data["action"]
    if action == BatchForm.WRITE:
        said = write_to_several(submissions=files, officer=user, message=form.cleaned_data["message"], on=on)
        words = _(
            "Relectures terminées, un courriel au plus chacune : %(emails)s. Mots laissés sur leur page : %(notes)s."
        )
        return words % {"emails": said.n_emails, "notes": said.n_notes} + _left(said.n_left)
    because = None
    if action == BatchForm.SET_ASIDE:
        because = Because(reason=form.cleaned_data["reason"], comment=form.cleaned_data["comment"])
    n = decide_for_several(submissions=files, scheme=scheme, officer=user, because=because, on=on)
    words = _("Dispositif écarté de %(n)s dossiers.") if because else _("Dispositif retenu dans %(n)s dossiers.")
    return words % {"n": n} + _left(len(files) - n)


def _left(n: int) -> str:
    words = _("Restent tels quels (déjà relus, fermés, même adresse ou pas les vôtres) : %(n)s.")
    return f" {words % {'n': n}}" if n else ""
