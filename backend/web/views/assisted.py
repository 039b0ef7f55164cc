"""An officer files for a firm: the firm's own steps and answer, then whom it is and what it agreed to."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.agreements import moment_of
from backend.matchmaking.assisted import StaffAddress, file_for_firm
from backend.matchmaking.models import Submission
from backend.matchmaking.services import Consent
from backend.web.drafts import CONTACT, DRAFT, MOST_BYTES, NAMES, Draft, stated
from backend.web.filed import FILED
from backend.web.forms.filing.contact import AssistedContactForm
from backend.web.notices import Notice, too_long
from backend.web.views.answer import answer_page, back_to_answer, filing_of
from backend.web.views.officer import signed_in


def _officer(request: HttpRequest) -> User:
    user = signed_in(request)
    if not user.posts.epcis:
        raise PermissionDenied
    return user


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a draft for a firm, in place of the one of this browser."""
    _officer(request)
    if request.method == "POST":
        Draft(is_assisted=True).keep(request.session)
        return redirect("step", NAMES[0])
    return render(request, "web/officer/new.html", {"is_begun": DRAFT in request.session})


@login_required
@require_POST
def file(request: HttpRequest) -> HttpResponse:
    """Open the firm's file, once; what cannot be taken is shown with the answer."""
    officer, draft = _officer(request), Draft.of(request.session)
    if draft is None or not draft.is_assisted:
        return _already_filed(request, officer)
    is_another = request.POST.get("filing_key") != draft.key
    if is_another and (already := _filed(request, officer)):
        return redirect("officer_file", already.pk)
    said = stated(draft)
    if isinstance(said, str):
        return redirect("step", said)
    if said.is_outside:
        return redirect("draft_answer")
    form = AssistedContactForm(request.POST)
    draft.steps[CONTACT] = form.typed()
    if draft.size > MOST_BYTES:
        notice = too_long(given=draft.size, most=MOST_BYTES)
        return answer_page(request, said, form=form, status=422, notice=notice)
    if is_another:
        return answer_page(request, said, form=form, status=422, notice=_another_draft(said.company_name))
    if not form.is_valid():
        return back_to_answer(request, draft, CONTACT)
    consent = Consent(by=officer, at=moment_of(form.cleaned_data["consented_on"]))
    try:
        submission = file_for_firm(filing_of(said, form), consent=consent, on=current_day())
    except StaffAddress as error:
        form.add_error("email", str(error))
        return answer_page(request, said, form=form, status=422)
    draft.forget(request.session)
    request.session[FILED] = draft.key
    messages.success(request, _("Le dossier est ouvert. Un courriel part pour que l’entreprise confirme son adresse."))
    return redirect("officer_file", submission.pk)


def _another_draft(company_name: str) -> Notice:
    """Say that the page that was sent is of a draft that another one replaced since, in another tab."""
    whose = _("celle de %(firm)s") % {"firm": company_name} if company_name else _("une autre")
    return Notice(
        _("Aucun dossier n’est ouvert : une autre saisie a commencé depuis"),
        _(
            "Un navigateur garde une seule saisie à la fois : la réponse ci-dessous est %(whose)s. Vérifiez que la"
            " personne est la sienne avant d’ouvrir son dossier, ou recommencez la saisie de l’autre entreprise."
        )
        % {"whose": whose},
    )


def _already_filed(request: HttpRequest, officer: User) -> HttpResponse:
    """Lead the second click of a double click to the file; whoever has no draft begins one."""
    submission = _filed(request, officer)
    return redirect("officer_file", submission.pk) if submission else redirect("officer_new")


def _filed(request: HttpRequest, officer: User) -> Submission | None:
    """Return the file that this browser opened last, where what is sent is its page again."""
    key = request.session.get(FILED)
    if key is None or request.POST.get("filing_key") != key:
        return None
    return Submission.objects.visible_to(officer).filter(filing_key=UUID(key), consent_by=officer).first()
