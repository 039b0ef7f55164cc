"""What happens around a file: who follows it, steps, notes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.matchmaking.closing import ClosingError, close_file
from backend.matchmaking.correspondence import why_no_email
from backend.matchmaking.dead_addresses import NoDeadAddress, correct_address, declare_reachable
from backend.matchmaking.follow_up import (
    FollowUpError,
    ItsEmail,
    answer_offers,
    close_step,
    offer_file,
    record_step,
    refer_file,
    reopen_step,
    take_back_offer,
    take_file,
    withdraw_note,
    write_note,
)
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FollowUp, HandOver, Note, Submission
from backend.matchmaking.portfolios import offer_portfolio
from backend.matchmaking.queue import Tab
from backend.matchmaking.scheme_events import StateError, say, undo_last
from backend.schemes.models import Scheme
from backend.web.forms.review import AddressForm, CloseForm, NoteForm, OfferForm, ReferForm, StepForm
from backend.web.row_keys import key_of, seen_key
from backend.web.views.file_parts import close_context, refused_part
from backend.web.views.officer import file_page, signed_in, visible_file
from backend.web.views.queue import UNSENT_WHY


@login_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file: from now on, it is mine."""
    submission, officer = visible_file(request, pk), signed_in(request)
    try:
        take_file(submission=submission, officer=officer, seen=seen_key(request.POST))
        messages.success(request, _("Vous suivez ce dossier."))
    except FollowUpError as error:
        messages.warning(request, str(error))
    return redirect("officer_file", pk)


@login_required
@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a file that is done."""
    submission = visible_file(request, pk)
    form = CloseForm(request.POST, auto_id="clore_%s")
    try:
        if form.is_valid():
            close_file(submission=submission, officer=signed_in(request), **form.cleaned_data)
            messages.success(request, _("Le dossier est clos. Il reste dans « Tous », et se rouvre d’ici."))
            return redirect("officer_file", pk)
    except ClosingError as error:
        form.add_error(None, str(error))
    check_may_decide(signed_in(request), submission)
    return refused_part(request, submission, "clore", close_context(submission, form))


@login_required
@require_POST
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a file to a colleague."""
    submission, user = visible_file(request, pk), signed_in(request)
    form = OfferForm(request.POST, by=user, auto_id="transmettre_%s")
    try:
        if form.is_valid():
            to = form.cleaned_data["to"]
            offer_file(submission=submission, by=user, to=to, note=form.cleaned_data["note"])
            messages.success(request, _("%(to)s peut accepter ce dossier : il est dans ses demandes.") % {"to": to})
            return redirect(reverse("officer_file", args=[pk]) + "#suivi")
    except FollowUpError as error:
        form.add_error("to", str(error))
    return refused_part(request, submission, "transmettre", {"offer_form": form})


@login_required
@require_POST
def refer(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a file to another intercommunality, or take an offer back."""
    submission, user = visible_file(request, pk), signed_in(request)
    page = reverse("officer_file", args=[pk])
    if "withdraw" in request.POST:
        take_back_offer(submission=submission, officer=user)
        messages.success(request, _("La proposition est retirée : le dossier reste ici."))
        return redirect(page)
    check_may_decide(user, submission)
    form = ReferForm(request.POST, submission=submission, auto_id="intercommunalite_%s")
    try:
        if form.is_valid():
            epci, note = form.cleaned_data["epci"], form.cleaned_data["note"]
            offered = refer_file(submission=submission, epci=epci, by=user, note=note)
            words = _("Dossier proposé : %(to)s. Il ne change pas de mains avant la réponse.")
            messages.success(request, words % {"to": offered.whom})
            return redirect(page)
    except FollowUpError as error:
        form.add_error("epci", str(error))
    return refused_part(request, submission, "intercommunalite", {"refer_form": form})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def portfolio(request: HttpRequest) -> HttpResponse:
    """Offer all the open files I follow to one colleague: when leaving, or for a long absence."""
    user = signed_in(request)
    form = OfferForm(request.POST or None, by=user)
    followed = Submission.objects.visible_to(user).filter(officer=user)
    files = followed.still_open().select_related("sheet", "epci")
    if request.method == "POST" and form.is_valid():
        try:
            count = offer_portfolio(by=user, to=form.cleaned_data["to"], note=form.cleaned_data["note"])
        except FollowUpError as error:
            form.add_error("to", str(error))
        else:
            messages.success(
                request, _("Dossiers proposés à %(to)s : %(n)s.") % {"to": form.cleaned_data["to"], "n": count}
            )
            return redirect("officer_queue")
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "files": files,
        "n_to_read": sum(file.reviewed_at is None for file in files),
        "n_closed": followed.exclude(closed_at=None).count(),
    }
    return render(request, "web/officer/portfolio.html", context, status=status)


@login_required
@require_POST
def answer_offer(request: HttpRequest) -> HttpResponse:
    """Take or decline what colleagues offer: one file, or all that are ticked."""
    user = signed_in(request)
    keys = [key_of(key) for key in request.POST.getlist("offer")]
    accept = request.POST.get("answer") == "accept"
    offers = HandOver.objects.offered_to(user).filter(pk__in=keys)
    count = 0
    # Of colleagues all at once, told in one e-mail; of places each by itself: one that is refused undoes no other.
    for some in (offers.to_people(), *([offer] for offer in offers.referrals())):
        try:
            count += answer_offers(hand_overs=some, to=user, accept=accept, answer=_why(request))
        except FollowUpError as error:
            messages.error(request, str(error))
    if count:
        words = _("Dossiers acceptés : %(n)s.") if accept else _("Dossiers refusés : %(n)s.")
        messages.success(request, words % {"n": count})
    else:
        request.session[UNSENT_WHY] = _why(request)  # for the list, which asks again
        if not keys:
            messages.error(request, _("Cochez au moins un dossier : rien n’est accepté ni refusé."))
        elif not offers:
            messages.error(request, _("Ce dossier ne vous est plus proposé : rien n’a changé."))
    return redirect(f"{reverse('officer_queue')}?etat={Tab.OFFERED}")


def _why(request: HttpRequest) -> str:
    return request.POST.get("why", "").replace("\0", "")[:500]


@login_required
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note for the audience that was chosen."""
    submission = visible_file(request, pk)
    form = NoteForm(
        request.POST, auto_id="note_%s", shares=submission.partner_shares.live().select_related("organisation")
    )
    try:
        if form.is_valid():
            written = write_note(submission=submission, author=signed_in(request), **form.said())
            if written.audience == Note.Audience.FIRM:
                messages.success(request, _told(submission))
            else:
                messages.success(request, _("La note est enregistrée. L’entreprise ne la lit pas."))
            return redirect(reverse("officer_file", args=[pk]) + "#notes")
    except FollowUpError as error:  # a share that ended meanwhile
        form.add_error("audience", str(error))
    return file_page(request, submission, bound={"note_form": form}, status=422)


def _told(submission: Submission) -> str:
    """Say how a firm reads what was written to it."""
    why = why_no_email(submission)
    if not why:
        return _("C’est écrit : un courriel part dans la minute, et l’entreprise le lit aussi sur sa page.")
    return _("C’est écrit sur sa page. Aucun courriel ne part, %(why)s.") % {"why": why}


WITHDRAWN = {
    ItsEmail.STOPPED: gettext_lazy("Note retirée : son courriel ne part pas."),
    ItsEmail.GONE: gettext_lazy("Note retirée de sa page. Son courriel est déjà parti : il ne se reprend pas."),
    ItsEmail.NONE: gettext_lazy("Note retirée de sa page. Aucun courriel n’est parti."),
}


@login_required
@require_POST
def take_note_back(request: HttpRequest, pk: int, note_pk: int) -> HttpResponse:
    submission, user = visible_file(request, pk), signed_in(request)
    taken = get_object_or_404(Note, pk=note_pk, submission=submission, author=user)
    its_email = withdraw_note(note=taken, author=user)
    if its_email is None:
        messages.info(request, _("Cette note était déjà retirée."))
    elif taken.audience != Note.Audience.FIRM:
        messages.success(request, _("Note retirée."))
    else:
        messages.success(request, str(WITHDRAWN[its_email]))
    return redirect(reverse("officer_file", args=[pk]) + "#notes")


@login_required
@require_POST
def step(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what happened after the review."""
    submission = visible_file(request, pk)
    form = StepForm(request.POST, submission=submission, auto_id="etape_%s")
    try:
        if form.is_valid():
            officer = signed_in(request)
            if form.is_of_scheme:
                say(submission=submission, officer=officer, on=current_day(), **form.said())
            else:
                record_step(submission=submission, officer=officer, **form.step_said())
            messages.success(request, _("C’est noté dans le suivi : vous pouvez l’y annuler."))
            if form.left_out:
                words = _("Laissé de côté, car l’étape choisie ne le demande pas : %(what)s.")
                messages.warning(request, words % {"what": form.left_out})
            return redirect(reverse("officer_file", args=[pk]) + "#suivi")
    except (FollowUpError, StateError) as error:
        form.add_error(None, str(error))
    return refused_part(request, submission, "etape", {"step_form": form})


@login_required
@require_POST
def take_state_back(request: HttpRequest, pk: int, scheme_pk: int) -> HttpResponse:
    """Take back the last thing that those who follow a file said of a scheme."""
    submission, scheme = visible_file(request, pk), get_object_or_404(Scheme, pk=scheme_pk)
    try:
        named = key_of(request.POST.get("event", ""))
        undo_last(submission=submission, scheme=scheme, officer=signed_in(request), on=current_day(), named=named)
        messages.success(request, _("C’est annulé : ce qui était dit avant compte de nouveau."))
    except StateError as error:
        messages.error(request, str(error))
    return redirect(reverse("officer_file", args=[pk]) + "#suivi")


@login_required
@require_POST
def close(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """Mark a step as done, as still to be done, or cancel it."""
    submission, officer = visible_file(request, pk), signed_in(request)
    follow_up = get_object_or_404(FollowUp, pk=step_pk, submission=submission)
    try:
        if "again" in request.POST:
            reopen_step(follow_up=follow_up, officer=officer)
            messages.success(request, _("Cette étape est de nouveau à faire."))
        else:
            cancel = "cancel" in request.POST
            close_step(follow_up=follow_up, officer=officer, cancel=cancel)
            messages.success(request, _("Cette étape est annulée.") if cancel else _("C’est fait."))
    except FollowUpError as error:
        messages.error(request, str(error))
    return redirect(reverse("officer_file", args=[pk]) + "#suivi")


@login_required
@require_POST
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a dead address, or say that it works again."""
    submission, user = visible_file(request, pk), signed_in(request)
    if "works" in request.POST:
        declare_reachable(submission=submission, officer=user)
        messages.success(request, _("C’est noté : nous écrivons de nouveau à cette adresse."))
        return redirect(reverse("officer_file", args=[pk]) + "#suivi")
    form = AddressForm(request.POST, auto_id="adresse_%s")
    try:
        if form.is_valid():
            correct_address(submission=submission, officer=user, email=form.cleaned_data["email"], on=current_day())
            messages.success(request, _("L’adresse est corrigée : elle reçoit une demande de confirmation."))
            return redirect(reverse("officer_file", args=[pk]) + "#suivi")
    except NoDeadAddress as error:  # its form is not on the page
        messages.error(request, str(error))
        return redirect(reverse("officer_file", args=[pk]) + "#suivi")
    except FollowUpError as error:
        form.add_error("email", str(error))
    return file_page(request, submission, bound={"address_form": form}, status=422)
