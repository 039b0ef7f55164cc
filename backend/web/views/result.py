"""The firm's result, behind a link that cannot be guessed."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, TypedDict, Unpack

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.common.days import current_day
from backend.links.models import Kind
from backend.links.services import live_links, make_link
from backend.matchmaking import engine
from backend.matchmaking.access_links import CONFIRMATION
from backend.matchmaking.address_change import awaits_first_confirmation
from backend.matchmaking.alerts import is_heard, stop_alerts, subscribe
from backend.matchmaking.answer_email import answer_end
from backend.matchmaking.contents import CALLS, FOLLOW_UPS, NOTES, PARTNERS, may_have
from backend.matchmaking.corrections import confirm_needs, correct_preference
from backend.matchmaking.correspondence import emails_to_firm, refuses_emails
from backend.matchmaking.deadlines import deadlines_of
from backend.matchmaking.delays import delay_of
from backend.matchmaking.emails import caller_of, organisation_in_charge
from backend.matchmaking.file_events import closing_of
from backend.matchmaking.file_links import colleagues_of, share_name
from backend.matchmaking.firm_words import calls_promised_to
from backend.matchmaking.followers import follower_of
from backend.matchmaking.in_charge import OutsideTerritory, place_outside
from backend.matchmaking.models import Alert, CallRequest, Cause, FollowUp, Guest, Note, SchemeEvent, Submission
from backend.matchmaking.ownership import known_values, read_once
from backend.matchmaking.partners import shares_of
from backend.matchmaking.questions import open_of
from backend.matchmaking.replies import said_back
from backend.matchmaking.results import latest_result
from backend.matchmaking.services import answer_condition, confirm_address, deny_offer, take_offer
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.state_aid import has_aids, ledger_of, proposes_de_minimis
from backend.matchmaking.unverified import whom_to_call
from backend.notifications.models import StopReason
from backend.notifications.services import StopError, explain_stop
from backend.schemes.catalogue.contacts import chambers_of
from backend.schemes.catalogue.taxonomy import families, sub_needs
from backend.web.access import (
    address_of,
    has_fresh_access,
    manages,
    opened,
    opened_submission,
    private,
    reads_only,
    submission_of,
    token_of,
)
from backend.web.filed import filed_here
from backend.web.forms.aids import AidForm
from backend.web.forms.answers import trilean
from backend.web.forms.question import Asked, NotAsked, asked_with, open_questions, take_answer
from backend.web.forms.result import AlertForm, BeCalledForm, CallMeForm, GuestForm, OwnAddressForm
from backend.web.forms.states import CallWordForm, RefusedState
from backend.web.throttles import limit_wrong_links
from backend.web.timeline import timeline
from backend.web.views.access import links_of
from backend.web.views.answer import NUMBER, WRONG
from backend.web.views.journal import openings_of


def unless_closed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send whoever would change a closed file, or read more of it, to the page that says so."""

    @wraps(view)
    def answered(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if opened_submission(token, may=Guest.Right.READ).is_barred:
            return redirect("result", token)
        return view(request, token, *args, **kwargs)

    return answered


@never_cache
@require_http_methods(["GET", "HEAD"])
@limit_wrong_links
def result(request: HttpRequest, token: str) -> HttpResponse:
    return result_page(request, opened_submission(token, may=Guest.Right.READ, with_contents=True))


class Sent(TypedDict, total=False):
    """What was sent from the page and is shown on it again: forms that were refused, with what was typed, and why."""

    alert_form: AlertForm
    call_me_form: CallMeForm
    be_called_form: BeCalledForm
    asked: Asked
    aid_form: AidForm
    needs_error: str
    refused: RefusedState
    stop_refused: str
    guest_form: GuestForm
    call_word_form: CallWordForm
    address_form: OwnAddressForm


def result_page(
    request: HttpRequest, submission: Submission, *, status: int = 200, **sent: Unpack[Sent]
) -> HttpResponse:
    """Show a result, with what was sent from its page and refused."""
    if submission.is_barred:
        outside = place_outside(submission, on=current_day())
        closed = {
            "submission": submission,
            "token": token_of(request),
            "organisation": organisation_in_charge(submission),
            "outside": outside,
            "chambers": chambers_of(outside.get("department", "")),
            "manages": manages(submission),
        }
        return private(render(request, "web/closed.html", closed, status=status))
    read_once(submission)
    rules, token = engine.in_force(), token_of(request)
    answer = latest_result(submission, on=current_day(), rules=rules)
    alert, reader = submission.page_alert, submission.page_reader
    page, said = shortlist_of(submission, answer), said_back(submission, answer)
    questions = open_questions(open_of(submission, answer, rules.compiled, left_out=page.left_out))
    organisation = organisation_in_charge(submission)
    shows_aids = "aid_form" in sent or proposes_de_minimis(answer) or has_aids(submission)
    ledger = ledger_of(submission, on=answer.on) if shows_aids else None
    deadlines = deadlines_of(submission, page, ledger, on=answer.on)
    links = () if reader else links_of(submission, token)
    is_fresh = has_fresh_access(request, submission)
    written = submission.notes.for_the_firm().select_related("author", "organisation", "scheme__current")
    notes = list(written) if may_have(submission, NOTES) else []
    followed = {state.scheme.pk for state in page.followed}
    shares = shares_of(submission) if manages(submission) and may_have(submission, PARTNERS) else []
    asked_call = None if reader or not may_have(submission, CALLS) else _waiting_call(submission)
    letters = [] if submission.confirmed_at else emails_to_firm(submission)
    context = {
        "submission": submission,
        "follower": follower_of(submission, on=answer.on),
        "token": token,
        "links": links,
        "feed": next((row["link"] for row in links if row["link"].kind == Kind.FEED), None),
        "shares": live_links(kind=Kind.SHARE, object_id=submission.pk)
        if reader
        else [row["link"] for row in links if row["link"].kind == Kind.SHARE],
        "result": answer,
        "page": page,
        "said": said,
        "deadlines": deadlines,
        "line": timeline([one.on for one in deadlines], on=answer.on) if deadlines else None,
        "picker": families() if page.nothing_fits and said.cause == Cause.NOT_UNDERSTOOD else (),
        "needs_url": reverse("firm_needs", args=[token]),
        "needs_error": sent.get("needs_error", ""),
        "ledger": ledger,
        "refused": sent.get("refused"),
        "reasons": SchemeEvent.Reason.choices,
        "aid_form": sent.get("aid_form") or AidForm(auto_id="aide_%s"),
        "organisation": organisation,
        "delay": None if submission.has_answer else delay_of(organisation, on=current_day()),
        "closing": closing_of(submission),
        "review_end": answer_end(submission),
        "asked": sent.get("asked")
        or asked_with(known_values(submission), questions.first(but=page.asked | said.offered, rather=page.presumed)),
        "answer_url": reverse("answer", args=[token]),
        "question_url": reverse("question", args=[token]),
        "caller": caller_of(submission, on=answer.on) if page.nothing_fits or asked_call else "",
        "asked_call": asked_call,
        "be_called_form": sent.get("be_called_form") or BeCalledForm(known=submission.contact.phone),
        "openings": openings_of(submission),
        "notes": [note for note in notes if note.author],
        "words": [note for note in notes if note.scheme_id in followed],
        "other_words": [note for note in notes if note.scheme_id and note.scheme_id not in followed],
        "calls": _calls(submission, sent.get("call_word_form")) if may_have(submission, FOLLOW_UPS) else (),
        "shares_asked": [share for share in shares if share.is_asked],
        "shares_with": [share for share in shares if share.agreed_at and not share.ended_at],
        "shares_ended": [share for share in shares if share.agreed_at and share.ended_at],
        "whom_to_call": whom_to_call(submission),
        "guides": answer.guides() if page.nothing_fits else (),
        "colleagues": () if reader else colleagues_of(submission),
        "alert": alert if alert and is_heard(alert) else None,
        "waits_for_reading": alert and not Alert.objects.released().filter(pk=alert.pk).exists(),
        "stop_reasons": StopReason.Reason.choices if "stop_refused" in sent or "arret" in request.GET else (),
        "stop_refused": sent.get("stop_refused", ""),
        "refuses_emails": refuses_emails(submission),
        "has_fresh_access": is_fresh,
        "reader": reader,
        "reads_only": reads_only(submission),
        "manages": manages(submission),
        "guests": submission.guests.filter(left_at=None).select_related("invited_by")
        if is_fresh and manages(submission)
        else (),
        "guest_form": sent.get("guest_form") or GuestForm(auto_id="contact_%s"),
        "call_me_form": sent.get("call_me_form")
        or CallMeForm(initial={"phone": submission.contact.phone}, auto_id="appel_%s"),
        "confirmation": next((email for email in letters if email.kind == CONFIRMATION), None),
        "may_resend": reader is None
        and awaits_first_confirmation(submission, written={email.kind for email in letters}),
        "filed_here": filed_here(request.session, submission),
        "address_form": sent.get("address_form")
        or OwnAddressForm(initial={"email": submission.contact.email}, auto_id="adresse_%s"),
        "alert_form": sent.get("alert_form") or AlertForm(initial=AlertForm.initial_for(alert)),
    }
    return private(render(request, "web/result.html", context, status=status))


def _waiting_call(submission: Submission) -> CallRequest | None:
    return CallRequest.objects.waiting().of_file(submission).first()


def _calls(submission: Submission, refused: CallWordForm | None) -> list[tuple[FollowUp, str, CallWordForm]]:
    """Return the calls that officers promised, each with who makes it and the form that proposes another time."""
    calls = calls_promised_to(submission).select_related("recorded_by")
    on = current_day()
    forms = {refused.call: refused} if refused else {}
    return [
        (call, _who_calls(call, on=on), forms.get(call.pk) or CallWordForm(call=call.pk))
        for call in calls.prefetch_related(Prefetch("proposals", Note.objects.of_firm()))
    ]


def _who_calls(call: FollowUp, *, on: date) -> str:
    """Name who makes a call that was promised: who follows the file on its day, which its promiser may not do."""
    file, promised_by = call.submission, call.recorded_by
    if file.officer_in_post is None and promised_by and promised_by.is_active:
        return str(promised_by)
    return caller_of(file, on=max(on, call.due_on or on))


@require_POST
@limit_wrong_links
@unless_closed
def alerts(request: HttpRequest, token: str) -> HttpResponse:
    """Ask to be told of what is new, change the rhythm, or stop."""
    submission = opened_submission(token, may=Guest.Right.READ)
    if "stop" in request.POST:
        stop_alerts(submission=submission)
        messages.success(request, _("C’est arrêté : nous ne vous préviendrons plus."))
        return redirect(reverse("result", args=[token]) + "?arret=1#alertes")
    alert = submission.page_alert
    if "reason" in request.POST and alert:
        case = {"address": address_of(submission), "topic": alert.topic, "on": current_day()}
        try:
            explain_stop(reason=request.POST["reason"], **case)
        except StopError as error:
            return result_page(request, submission, stop_refused=str(error), status=422)
        messages.success(request, _("Merci, c’est noté."))
        return redirect(reverse("result", args=[token]) + "#alertes")
    form = AlertForm(request.POST)
    if not form.is_valid():
        return result_page(request, submission, alert_form=form, status=422)
    subscribe(submission=submission, on=current_day(), **form.cleaned_data)
    words = (
        _("C’est noté : nous vous préviendrons.")
        if submission.confirmed_at
        else _("C’est noté : nous vous préviendrons, une fois votre adresse confirmée.")
    )
    messages.success(request, words)
    return redirect(reverse("result", args=[token]) + "#alertes")


@require_POST
@limit_wrong_links
@unless_closed
def colleague(request: HttpRequest, token: str) -> HttpResponse:
    """Let colleagues who filed for the same firm read one's name, or no more."""
    share_name(submission=opened_submission(token, may=None), agrees=bool(request.POST.get("agrees")))
    messages.success(request, _("C’est noté."))
    return redirect(reverse("result", args=[token]) + "#collegue")


@require_POST
@limit_wrong_links
@unless_closed
def needs(request: HttpRequest, token: str) -> HttpResponse:
    """Take the firm's word on what it was understood to need: boxes that it ticks, what it takes away."""
    submission, known = opened_submission(token, may=Guest.Right.ANSWER), set(sub_needs())
    if fact := request.POST.get("fact"):
        if WRONG in request.POST:
            deny_offer(submission=submission, fact=fact, on=current_day())
        else:
            take_offer(submission=submission, fact=fact, value=request.POST.get("value", ""), on=current_day())
        messages.success(request, _("C’est noté : le résultat est à jour."))
        return redirect("result", token)
    for name, holds in (("wants", True), ("wants_not", False)):
        if preference := request.POST.get(name):
            correct_preference(submission=submission, preference=preference, holds=holds, on=current_day())
            messages.success(request, _("C’est noté : le résultat est à jour."))
            return redirect("result", token)
    has, has_not = (known.intersection(request.POST.getlist(name)) for name in ("has", "has_not"))
    if request.POST.get("none"):
        has_not |= known.intersection(request.POST.getlist("shown"))
    if not has and not has_not:
        sentence = _("Cochez ce que vous cherchez, une case au moins ; rien n’a été changé.")
        return result_page(request, submission, needs_error=sentence, status=422)
    confirm_needs(submission=submission, has=has, has_not=has_not, on=current_day())
    messages.success(request, _("C’est noté : le résultat est à jour."))
    return redirect("result", token)


@require_POST
@limit_wrong_links
@unless_closed
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Take the firm's answer to a condition that only a person can check."""
    submission = opened_submission(token, may=Guest.Right.ANSWER)
    answer_condition(
        submission=submission,
        condition=request.POST.get("condition", ""),
        value=trilean(request.POST.get("value", "")),
        on=current_day(),
    )
    messages.success(request, _("Votre réponse est prise en compte : le résultat a été recalculé."))
    scheme = request.POST.get("scheme", "")
    if not NUMBER.fullmatch(scheme):
        return redirect("result", token)
    if "list" in request.POST:
        return redirect(f"{reverse('result', args=[token])}#d-{scheme}")
    return redirect("firm_scheme", token, scheme)


@require_POST
@limit_wrong_links
@unless_closed
def question(request: HttpRequest, token: str) -> HttpResponse:
    """Take the answer to the best question, or that the firm does not know; the page comes back with the next one."""
    submission, on = opened_submission(token, may=Guest.Right.ANSWER), current_day()
    try:
        questions = open_questions(open_of(submission, latest_result(submission, on=on)))
        again = take_answer(submission, questions, request.POST, on=on)
    except OutsideTerritory:
        messages.error(
            request,
            _("Cette commune est hors du territoire : rien n’a changé. Si elle est juste, corrigez vos réponses."),
        )
    except NotAsked as error:
        messages.warning(request, str(error))
    else:
        if again:
            status = 422 if again.form and again.form.errors else 200
            return result_page(request, submission, asked=again, status=status)
        messages.success(request, _("C’est noté : le résultat est à jour."))
    return redirect(reverse("result", args=[token]) + "#question")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_wrong_links
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address: opening the link changes nothing, the button does, since mail scanners open every link."""
    submission = submission_of(opened(Kind.CONFIRM, token))
    if request.method == "POST":
        if submission.confirmed_at is None:
            closed = confirm_address(submission=submission).is_barred
            words = _("Merci, votre adresse est confirmée.")
            messages.success(request, words if closed else f"{words} {_('Votre demande est transmise.')}")
        return redirect("result", make_link(kind=Kind.RESULT, object_id=submission.pk))
    return private(render(request, "web/confirm.html", {"submission": submission}))
