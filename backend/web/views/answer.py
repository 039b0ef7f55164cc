"""The answer to what a browser typed: of its draft alone, before anybody gives a name; then the filing."""

import re
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import Organisation
from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.matchmaking import engine
from backend.matchmaking.delays import delay_of
from backend.matchmaking.models import AnswerCount, Cause, Submission
from backend.matchmaking.offers import chosen
from backend.matchmaking.services import Filing, file_submission
from backend.schemes.catalogue.contacts import chambers_of
from backend.schemes.catalogue.taxonomy import families, sub_needs
from backend.web.access import fresh_access, private, result_link
from backend.web.drafts import CALL, CONTACT, MOST_BYTES, Draft, Stated, stated
from backend.web.filed import FILED, last_filed
from backend.web.forms.answers import trilean
from backend.web.forms.filing.call import CallForm
from backend.web.forms.filing.contact import AssistedContactForm, ContactForm, KnownContactForm
from backend.web.forms.question import Said, read_answer
from backend.web.notices import Notice, no_cookie, press_again, too_long, too_many
from backend.web.views.filing import after

TRAP = "site_internet"  # a field that people do not see
NOTHING_TICKED = "rien"
WRONG = "wrong"  # the button beside what was read in the words
NUMBER = re.compile(r"[0-9]{1,9}")


@never_cache
@require_http_methods(["GET", "HEAD"])
def answer(request: HttpRequest) -> HttpResponse:
    """Show the answer: it works without a link, and nothing of it is kept."""
    draft = Draft.of(request.session)
    if draft is None:
        return redirect("start")
    said = stated(draft)
    if isinstance(said, str):
        return redirect("step", said)
    if wait := draft.seconds_to_wait:
        response = answer_page(request, said, status=429, notice=too_many(wait))
        response.headers["Retry-After"] = str(wait)
        return response
    _count(request, said)
    return answer_page(request, said)


def _count(request: HttpRequest, said: Stated) -> None:
    """Count an answer for each need that it is sure of, once for a draft; not outside, of which nothing is kept."""
    sub_needs = said.read.sure_needs() - set(said.draft.counted)
    if request.method == "GET" and sub_needs and not said.is_outside:
        AnswerCount.objects.count_one(on=current_day(), sub_needs=sub_needs, epci=said.epci)
        said.draft.counted = sorted({*said.draft.counted, *sub_needs})
        said.draft.keep(request.session)


@require_POST
def needs(request: HttpRequest) -> HttpResponse:
    """Take the firm's word on what it was understood to need or to prefer; this changes its draft alone."""
    draft = Draft.of(request.session)
    if draft is None:
        return redirect("start")
    said = stated(draft)
    if isinstance(said, str):
        return after(draft)
    if fact := request.POST.get("fact"):
        offers = said.read.offers()
        if WRONG in request.POST:
            draft.decline(offer.denial for offer in offers if offer.fact == fact)
            draft.keep(request.session)
        elif offer := chosen(offers, fact=fact, value=request.POST.get("value", "")):
            draft.answered[offer.fact] = offer.value
            draft.keep(request.session)
        return after(draft)
    for name, holds in (("wants", True), ("wants_not", False)):
        if (preference := request.POST.get(name)) in engine.preference_labels():
            draft.say_preference(preference, holds=holds)
            draft.keep(request.session)
            return after(draft)
    known = set(sub_needs())
    has, has_not = (known.intersection(request.POST.getlist(name)) for name in ("has", "has_not"))
    if request.POST.get("none"):
        has_not |= known.intersection(request.POST.getlist("shown"))
    if not has and not has_not:
        return redirect(f"{reverse('draft_answer')}?{NOTHING_TICKED}=1")
    draft.say_needs(has=has, has_not=has_not)
    draft.keep(request.session)
    return after(draft)


@require_POST
def question(request: HttpRequest) -> HttpResponse:
    """Take the answer to the best question, or that the firm does not know; this changes its draft alone."""
    draft = Draft.of(request.session)
    said = draft and stated(draft)
    if draft is None or not isinstance(said, Stated):
        return redirect("draft_answer")
    asked = said.questions.named(request.POST.get("question", ""))
    if asked is not None:
        reply = read_answer(asked, said.facts, request.POST)
        draft.take(reply)
        if draft.size > MOST_BYTES:
            notice = too_long(given=draft.size, most=MOST_BYTES)
            return answer_page(request, said, status=422, notice=notice)
        draft.keep(request.session)
        if isinstance(reply, Said):
            messages.success(request, _("C’est noté : la réponse est à jour."))
    return redirect(reverse("draft_answer") + "#question")


@require_POST
def condition(request: HttpRequest) -> HttpResponse:
    """Take what the firm says of a condition of one scheme; this changes its draft alone."""
    draft, scheme = Draft.of(request.session), request.POST.get("scheme", "")
    said = draft and stated(draft)
    if draft is None or not isinstance(said, Stated):
        return redirect("draft_answer")
    card = said.read.card(int(scheme)) if NUMBER.fullmatch(scheme) else None
    name, value = request.POST.get("condition", ""), trilean(request.POST.get("value", ""))
    if card is None or name not in card.conditions:
        return redirect("draft_answer")
    draft.say_condition(name, value)
    draft.keep(request.session)
    messages.success(request, _("C’est noté : la réponse est à jour."))
    if "list" in request.POST:
        return redirect(f"{reverse('draft_answer')}#d-{scheme}")
    return redirect("draft_scheme", card.match.scheme_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """File the draft under the contact that was given, once; what cannot be taken is shown with the answer."""
    if request.method != "POST":
        return redirect("draft_answer")
    draft = Draft.of(request.session)
    if draft is None:
        return _already_filed(request) or redirect("start")
    said = stated(draft)
    if isinstance(said, str):
        return redirect("step", said)
    if said.is_outside or draft.is_assisted:
        return redirect("draft_answer")
    form = contact_form(draft, request.POST)
    draft.steps[CONTACT] = form.typed()
    if draft.size > MOST_BYTES:
        notice = too_long(given=draft.size, most=MOST_BYTES)
        return answer_page(request, said, form=form, status=422, notice=notice)
    if not form.is_valid():
        return back_to_answer(request, draft, CONTACT)
    if looks_like_a_robot(request, draft):
        draft.asked_again = True
        return back_to_answer(request, draft, CONTACT)
    if wait := spend("filing.network", client_network(request)):
        draft.wait(wait)
        return back_to_answer(request, draft, CONTACT)
    submission = file_submission(filing_of(said, form), on=current_day(), proven=is_proven(request, draft))
    draft.forget(request.session)  # were it not, sending it again finds what was filed
    request.session[FILED] = draft.key
    return redirect("result", result_link(request, submission, is_used=True))


def show_again(request: HttpRequest) -> HttpResponse | None:
    """Show the answer with what was sent without its cookie; none where there is no draft."""
    draft = Draft.of(request.session)
    said = draft and stated(draft)
    if not isinstance(said, Stated):
        return None
    if request.resolver_match and request.resolver_match.url_name == "draft_call":
        call_form = CallForm(request.POST, prefix=CALL)
        return answer_page(request, said, call_form=call_form, status=403, notice=no_cookie())
    return answer_page(request, said, form=contact_form(said.draft, request.POST), status=403, notice=no_cookie())


def contact_form(draft: Draft, data: QueryDict | None = None) -> ContactForm:
    """Return the form that ends a draft, by who fills it in."""
    if draft.is_assisted:
        return AssistedContactForm(data)
    if draft.contact:
        return KnownContactForm(data, contact=draft.contact)
    called = draft.called  # who asked to be called is not asked again who it is
    return ContactForm(data, initial={"contact_name": called["name"], "phone": called["phone"]} if called else None)


def is_proven(request: HttpRequest, draft: Draft) -> bool:
    """Tell whether this browser has just shown that the address of a draft is its reader's, who filed before."""
    access = fresh_access(request)
    if access is None or not draft.contact or access.address.casefold() != draft.contact["email"].casefold():
        return False
    return Submission.objects.proven().filed_with(access.address).filter(pk=draft.of_file).exists()


def answer_page(
    request: HttpRequest,
    said: Stated,
    *,
    form: ContactForm | None = None,
    call_form: CallForm | None = None,
    status: int = 200,
    notice: Notice | None = None,
) -> HttpResponse:
    """Show the answer to a draft; a form is one that was refused, else what the draft has of it."""
    draft = said.draft
    if form is None:
        form = contact_form(draft, draft.data(CONTACT) if CONTACT in draft.steps else None)
    if call_form is None:
        call_form = CallForm(draft.data(CALL) if CALL in draft.steps else None, prefix=CALL)
    is_wrong = bool(form.errors or call_form.errors)
    if notice is None and draft.asked_again and not is_wrong:
        notice = press_again()
    on, page, understood = current_day(), said.read.page(), said.read.said_back()
    picks = page.nothing_fits and understood.cause == Cause.NOT_UNDERSTOOD
    organisations = list(said.epci.organisations.all()) if said.epci else []
    context = {
        "form": form,
        "call_form": call_form,
        "draft": draft,
        "is_proven": is_proven(request, draft),
        "company_name": said.company_name,
        "page": page,
        "said": understood,
        "picker": families() if picks else (),
        "needs_url": reverse("draft_needs"),
        "needs_error": _("Cochez ce que vous cherchez, une case au moins ; rien n’a été changé.")
        if NOTHING_TICKED in request.GET
        else "",
        "waits_for_project": said.waits_for_project,
        "asked": said.asked(but=page.asked | understood.offered, rather=page.presumed),
        "question_url": reverse("draft_question"),
        "answer_url": reverse("draft_condition"),
        "place": said.place,
        "chambers": chambers_of(said.place.get("department", "")),
        "token": "",  # a draft has no link: what is missing takes a template longer to look up than what is empty
        "reads_only": False,
        "organisations": organisations,
        "delay": delay_of(organisations[0], on=on) if organisations else None,
        "on": on,
        "notice": notice,
        "asks_contact": form.is_bound,  # what was typed stays in sight
    }
    return private(render(request, "web/answer.html", context, status=status))


def back_to_answer(request: HttpRequest, draft: Draft, block: str) -> HttpResponse:
    """Keep what was typed, and show it with the answer."""
    draft.keep(request.session)
    return redirect(f"{reverse('draft_answer')}#{block}")


def looks_like_a_robot(request: HttpRequest, draft: Draft) -> bool:
    """Tell whether to ask to press again: the trap is filled, or the pages took no time.

    A person whose browser filled the trap loses nothing: the second time there is no trap.
    """
    trapped = bool(request.POST.get(TRAP)) and not draft.asked_again
    return trapped or draft.age < settings.FILING_SECONDS


def filing_of(said: Stated, contact: ContactForm) -> Filing:
    """Return what a draft says, under the name and the address of a contact."""
    need, firm, site = said.forms["besoin"], said.firm, said.draft.came_from
    return Filing(
        filing_key=UUID(said.draft.key),
        facts={**said.facts, **said.declined},
        official=firm.official,
        origins=firm.origins(),
        siret=firm.siret,
        siren=firm.siren,
        company_name=firm.cleaned_data["company_name"],
        needs=tuple(need.cleaned_data["needs"]),
        has=frozenset(said.draft.has),
        has_not=frozenset(said.draft.has_not),
        wants_not=frozenset(said.draft.wants_not),
        text=need.cleaned_data["text"],
        came_from=Organisation.objects.filter(pk=site).first() if site else None,
        contact_name=contact.cleaned_data["contact_name"],
        email=contact.cleaned_data["email"],
        phone=contact.cleaned_data["phone"],
        call_slot=contact.cleaned_data["call_slot"],
        wants_alerts=contact.cleaned_data.get("alerts", False),
        asked_call=CALL in said.draft.steps,
        unchanged=said.unchanged,
        said_by_others=said.said_by_others,
    )


@require_POST
def filed(request: HttpRequest) -> HttpResponse:
    """Lead back to what this browser filed last, for who went back over the pages that led to it."""
    submission = last_filed(request.session)
    return redirect("result", result_link(request, submission)) if submission else redirect("start")


def _already_filed(request: HttpRequest) -> HttpResponseRedirect | None:
    """The second click of a double click, by the same browser: the draft is gone because the first one filed it."""
    submission = last_filed(request.session)
    if submission is None or request.POST.get("filing_key") != str(submission.filing_key):
        return None
    return redirect("result", result_link(request, submission))
