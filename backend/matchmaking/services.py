"""What a firm does with a submission: file it, confirm its address, correct it, answer what it is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone

from backend.accounts.models import Organisation, User
from backend.common.days import current_day
from backend.companies.models import Contact, Fact
from backend.companies.services import (
    drop_official,
    identify,
    is_another,
    open_sheet,
    record_facts,
    record_first_facts,
)
from backend.matchmaking import engine
from backend.matchmaking.answer_email import enqueue_reviewed
from backend.matchmaking.emails import (
    enqueue_closed,
    enqueue_confirmation,
    enqueue_receipt,
)
from backend.matchmaking.file_events import end_shares, reopen_on_event
from backend.matchmaking.in_charge import (
    OutsideTerritory,
    assign_epci,
    check_may_decide,
    close_outside,
    commune_of,
    covers,
    named_epci,
    place_assisted,
    place_file,
    place_outside,
    route,
)
from backend.matchmaking.models import (
    Alert,
    Guest,
    NeedCorrection,
    PartnerShare,
    PreferenceCorrection,
    Result,
    Submission,
)
from backend.matchmaking.next_request import left_standing
from backend.matchmaking.offers import chosen, offers_of
from backend.matchmaking.ownership import known_values, numbers_read
from backend.matchmaking.results import (
    compute_result,
    conditions_of,
    latest_result,
    mark_shown,
    may_be_shown,
    record_corrections,
    set_needs,
    write_needs,
)
from backend.matchmaking.review_policies import judge_again, let_leave
from backend.notifications.models import Notification
from backend.notifications.services import stop, take_back

PLACES = {"commune", "project.commune"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a firm filed, checked: facts under the names of the ``match`` command."""

    filing_key: UUID
    facts: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    official: Mapping[str, Any] = field(default_factory=dict)  # what the State's register says of some of the facts
    siret: str = ""
    siren: str = ""
    company_name: str = ""
    needs: tuple[str, ...] = ()
    has: frozenset[str] = frozenset()  # sub-needs that the firm said it has, of those that were read in its words
    has_not: frozenset[str] = frozenset()  # and those it said that it has not
    wants_not: frozenset[str] = frozenset()  # preferences of its words that it took away
    text: str = ""
    came_from: Organisation | None = None  # whose site led here
    contact_name: str
    email: str
    phone: str = ""
    call_slot: str = Submission.CallSlot.ANY
    wants_alerts: bool = False
    asked_call: bool = False  # from the same answer, in another commune maybe
    unchanged: frozenset[str] = frozenset()  # facts as another request of the contact, or the register, showed them
    said_by_others: frozenset[str] = frozenset()  # of these, what others than the firm said there


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """An agreement given elsewhere than on the site: who noted it, an officer or a partner, and when it was given."""

    by: User | Organisation
    at: datetime

    @property
    def officer(self) -> User | None:
        return self.by if isinstance(self.by, User) else None

    @property
    def partner(self) -> Organisation | None:
        return self.by if isinstance(self.by, Organisation) else None


def file_submission(filing: Filing, *, on: date, consent: Consent | None = None, proven: bool = False) -> Submission:
    """File a submission: facts, needs, a first result and the e-mail that confirms the address; once for each key.

    With the ``consent`` that an officer noted, the file is that officer's, and of their service until then; with one
    that a partner noted, it is of who is in charge. Where a fresh link has ``proven`` the address, it is confirmed at
    once (ADR 43).
    Raises ``OutsideTerritory``: nothing is kept then.
    """
    try:
        return _file(filing, on=on, consent=consent, proven=proven)
    except IntegrityError:
        if already := Submission.objects.filter(filing_key=filing.filing_key).first():
            return already  # a second click, which takes back all that it wrote
        raise


@transaction.atomic
def _file(filing: Filing, *, on: date, consent: Consent | None, proven: bool) -> Submission:
    epci, now = route(filing.facts, on=on), timezone.now()
    officer = consent.officer if consent else None
    if officer and (epci is None or not covers(officer=officer, epci_id=epci.pk)):
        epci = next(iter(officer.epcis()))
    sheet = open_sheet(siret=filing.siret, siren=filing.siren, name=filing.company_name)
    left = left_standing(
        filing.facts,
        unchanged=filing.unchanged,
        said_by_others=filing.said_by_others,
        official=filing.official,
        sheet=sheet,
        email=filing.email,
    )
    declared, official = (
        {name: value for name, value in said.items() if name not in left} for said in (filing.facts, filing.official)
    )
    known = record_first_facts(sheet=sheet, declared=declared, official=official, origins=filing.origins, on=on)
    contact = Contact.objects.create(name=filing.contact_name, email=filing.email, phone=filing.phone)
    of_late = Submission.objects.filter(filed_at__gt=now - timedelta(days=1))
    submission = Submission.objects.create(
        filing_key=filing.filing_key,
        sheet=sheet,
        contact=contact,
        epci=epci,
        text=filing.text,
        came_from=filing.came_from,
        call_slot=filing.call_slot,
        filed_at=now,
        confirmed_at=now if proven else None,
        consented_at=consent.at if consent else now,
        consent_by=officer,
        consent_partner=consent.partner if consent else None,
        officer=officer,
        # For officers to know: as many came in the last 24 hours. Asked by the statement that inserts the file.
        many_of_company=sheet.company_id is not None
        and Exists(of_late.filter(sheet__company=sheet.company_id)[settings.MANY_FILES_OF_COMPANY - 1 :]),
        many_of_address=Exists(of_late.filed_with(filing.email)[settings.MANY_FILES_OF_ADDRESS - 1 :]),
    )
    if filing.asked_call:
        assign_epci(submission, epci)  # the call too
    changes = {
        **dict.fromkeys(sorted(filing.has), NeedCorrection.Change.ADDED),
        **dict.fromkeys(sorted(filing.has_not), NeedCorrection.Change.REMOVED),
    }
    record_corrections(submission, changes)
    PreferenceCorrection.objects.bulk_create(
        PreferenceCorrection(submission=submission, preference=preference, holds=False, made_at=now)
        for preference in sorted(filing.wants_not)
    )
    rules = engine.in_force()
    reading = rules.understand(filing.text, {*filing.needs, *filing.has})
    needs = write_needs(reading, submission=submission, ticked=filing.needs, added=filing.has, removed=filing.has_not)
    # With a proven address it may read other files from now on.
    first = None if proven else known
    result = compute_result(submission=submission, on=on, rules=rules, needs=needs, reading=reading, first=first)
    if filing.wants_alerts:  # heard only once the address is confirmed
        Alert.objects.create(submission=submission, asked_at=now, told=result, told_on=on)
    if proven:
        let_leave(submission, result)
        enqueue_receipt(submission, result, key=f"receipt:{submission.pk}")
        mark_shown(submission=submission, result=result)
    else:
        enqueue_confirmation(submission)
    return submission


class Corrected(TypedDict, total=False):
    """What a correction may change besides facts, and where the facts come from."""

    origins: Mapping[str, str] | None
    identity: Mapping[str, str] | None
    shown: Mapping[str, Any] | None
    ticked: Iterable[str] | None
    text: str | None


@transaction.atomic
def correct_submission(
    *,
    submission: Submission,
    facts: Mapping[str, Any],
    on: date,
    author: User | None = None,
    leaves: bool = False,
    **also: Unpack[Corrected],
) -> Result:
    """Correct facts, identity (``siret``, ``siren``, ``name``) or needs, and compute the result again.

    What the facts were before is kept. A correction by the firm that changes something opens again a review that had
    ended; the firm sees the new result at once, so that nothing in it is news. Where the commune changes, the file is
    placed by it (``place_file``); outside the territory it is closed if the author knows that it is (``leaves``), else
    ``OutsideTerritory`` is raised and nothing changes. What the register said of another number is dropped, but
    for what the firm sent with the new number, changed or not (``shown``): that is its word then.
    Another SIREN may end or begin that other files are read with this one: their results are computed again too.
    Another company ends what partners read.
    """
    identity, ticked, text = also.get("identity"), also.get("ticked"), also.get("text")
    reader, submission = submission.page_reader, Submission.objects.locked(submission.pk)
    submission.page_reader = reader
    origin = Fact.Origin.OFFICER if author else Fact.Origin.DECLARED
    sheet = submission.sheet
    known = former = known_values(submission)
    if identity is not None and is_another(sheet=sheet, siret=identity["siret"], siren=identity["siren"]):
        drop_official(sheet=sheet, on=on)
        known = known_values(submission)
        facts = {name: value for name, value in (also.get("shown") or {}).items() if name not in known} | dict(facts)
    corrected = {**known, **facts}
    if any(corrected.get(name) != former.get(name) for name in PLACES):
        try:
            epci, named = route(corrected, on=on), named_epci(former, on=on)
            if epci is None or epci != named:
                place_file(submission, epci, named=named, commune=commune_of(corrected), author=author)
        except OutsideTerritory:
            if not leaves:
                raise
            close_outside(submission, commune=commune_of(corrected), author=author, on=on)
    rows = record_facts(
        sheet=sheet, values=facts, origin=origin, origins=also.get("origins"), on=on, author=author, known=known
    )
    changed = bool(rows)
    moved: set[int] = set()
    if identity is not None:
        together = set(numbers_read(submission))
        if sheet.company and sheet.company.siren != identity["siren"]:  # who agreed spoke for another company
            end_shares(submission, how=PartnerShare.Ending.COMPANY, actor=author)
        if identify(sheet=sheet, **identity):
            changed, moved = True, together | set(numbers_read(submission))
    if text is not None or ticked is not None:
        filed = submission.text, set(submission.needs.filter(ticked=True).values_list("sub_need", flat=True))
        stated = filed[0] if text is None else text, filed[1] if ticked is None else set(ticked)
        changed |= stated != filed
        submission.text = stated[0]
        set_needs(submission=submission, ticked=stated[1], text=stated[0])
    if changed:
        reopen_on_event(submission, actor=author)
    if author is None and changed and submission.has_answer and not submission.is_barred:
        if submission.reviewed_at:
            submission.reopened_at = timezone.now()
        submission.reviewed_at = submission.reviewed_by = None
    submission.save(update_fields=["epci", "text", "reviewed_at", "reviewed_by", "reopened_at"])
    result = compute_result(submission=submission, on=on)
    judge_again(submission, result)
    compute_results_of(moved, on=on)
    if author is None:
        mark_shown(submission=submission, result=result)
    return result


@transaction.atomic
def answer_condition(
    *, submission: Submission, condition: str, value: bool | None, on: date, author: User | None = None
) -> Result:
    """Record an answer to a condition that only a person can check; ``None`` takes it back.

    An answer to what no scheme of the result asks is ignored.
    """
    if author:
        check_may_decide(author, submission)
    result = latest_result(submission, on=on)
    if condition not in conditions_of(result):
        return result
    name = f"{Fact.ANSWER}{condition}"
    return correct_submission(submission=submission, facts={name: value}, on=on, author=author)


@transaction.atomic
def decline_question(*, submission: Submission, question: str, on: date, author: User | None = None) -> Result:
    """Record that nobody knows, so that it is not asked again: the fact stays unknown, and the result as it is."""
    submission = Submission.objects.locked(submission.pk)
    origin = Fact.Origin.OFFICER if author else Fact.Origin.DECLARED
    name = f"{Fact.DECLINED}{question}"
    if submission.sheet.facts.filter(name=name).exists():  # a second click
        return latest_result(submission, on=on)
    record_facts(sheet=submission.sheet, values={name: True}, origin=origin, on=on, author=author)
    reopen_on_event(submission, actor=author)
    return latest_result(submission, on=on)


def compute_results_of(files: Iterable[int], *, on: date) -> None:
    """Ask the engine again for files whose reading together changed.

    What was written of an earlier answer that may not be shown any more does not leave: the receipt is written again.
    """
    why = "Le résultat a été recalculé avant l’envoi."
    for submission in Submission.objects.filter(pk__in=set(files)).order_by("pk"):
        earlier = submission.results.first()
        result = compute_result(submission=submission, on=on)
        if earlier is None or may_be_shown(earlier):
            continue
        taken_back = take_back(about=submission.topic, kinds=("receipt", "alert"), why=why)
        if "receipt" in taken_back and submission.confirmed_at:
            enqueue_receipt(submission, result, key=f"receipt:{submission.pk}:result:{result.pk}")


# -- the firm's address


@transaction.atomic
def confirm_address(*, submission: Submission) -> Submission:
    """Confirm the address: the firm gets its receipt, once. Its officers read of it in their next morning's digest."""
    submission = Submission.objects.locked(submission.pk)
    if submission.confirmed_at is None:
        submission.confirmed_at = timezone.now()
        submission.save(update_fields=["confirmed_at"])
        reopen_on_event(submission)
        result = latest_result(submission, on=current_day())
        receipt = f"receipt:{submission.pk}"
        if Notification.objects.filter(dedupe_key=receipt).exists():  # to the address that was corrected since
            receipt = f"{receipt}:confirmed:{submission.confirmed_at.timestamp():.0f}"
        elif submission.filed_by:
            place_assisted(submission)
        if submission.is_barred:
            if outside := place_outside(submission, on=current_day()):
                enqueue_closed(submission, outside=outside)
            return submission
        let_leave(submission, result)
        enqueue_receipt(submission, result, key=receipt)
        if submission.reviewed_at and (end := submission.review_ends.first()):
            enqueue_reviewed(submission, end)
        mark_shown(submission=submission, result=result)
    return submission


@transaction.atomic
def stop_everything(*, address: str) -> None:
    """Stop every e-mail about every submission of an address, confirmed or not or its guest's, alerts included."""
    visited = Submission.objects.filter(pk__in=Guest.objects.of_address(address).values("submission"))
    for submission in (*Submission.objects.filed_with(address), *visited):
        for topic in (submission.topic, Alert(submission=submission).topic):
            stop(address=address, topic=topic)


@transaction.atomic
def deny_offer(*, submission: Submission, fact: str, on: date) -> Result:
    """Take the firm's word that what its text was read to state of a fact is wrong: it is never offered again.

    The result is computed again without it; what is not offered changes nothing.
    """
    reader, submission = submission.page_reader, Submission.objects.locked(submission.pk)
    submission.page_reader = reader
    result = latest_result(submission, on=on)
    denied = {f"{Fact.DECLINED}{offer.denial}": True for offer in offers_of(submission, result) if offer.fact == fact}
    if not denied:
        return result
    record_facts(sheet=submission.sheet, values=denied, origin=Fact.Origin.DECLARED, on=on)
    reopen_on_event(submission)
    result = compute_result(submission=submission, on=on)
    mark_shown(submission=submission, result=result)
    return result


def take_offer(*, submission: Submission, fact: str, value: str = "", on: date) -> Result:
    """Take a fact that the firm's text states, on its word; one that is not offered changes nothing."""
    result = latest_result(submission, on=on)
    offer = chosen(offers_of(submission, result), fact=fact, value=value)
    return result if offer is None else correct_submission(submission=submission, facts={fact: offer.value}, on=on)
