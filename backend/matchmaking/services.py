"""What people do with a submission: file it, confirm the address, correct it, review it, end the review."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.common.days import current_day
from backend.companies.models import Contact, Fact
from backend.companies.services import identify, open_sheet, record_facts
from backend.matchmaking import engine
from backend.matchmaking.models import Match, Need, Result, Review, ReviewEnd, Submission
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, owe, stop_url
from backend.schemes.models import Criterion, Scheme
from backend.schemes.services import manual_facts
from backend.territories.models import Perimeter, ServedEpci
from backend.territories.services import served_epci_of

CONFIRM_SALT = "matchmaking.confirm"
CONFIRM_DAYS = 30
RESEND_SECONDS = 120  # between two e-mails with the same link, so that nobody's box is filled for them


class OutsideTerritory(ValueError):
    """The project is in a commune that no served intercommunality holds: no file is opened."""


class ReviewError(ValueError):
    """A review that cannot be recorded, with a sentence for the officer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a firm filed, checked: facts under the names of the ``match`` command."""

    filing_key: UUID
    facts: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    siret: str = ""
    siren: str = ""
    company_name: str = ""
    needs: tuple[str, ...] = ()
    text: str = ""
    contact_name: str
    email: str
    phone: str = ""
    call_slot: str = Submission.CallSlot.ANY


def route(facts: Mapping[str, Any], *, on: date) -> ServedEpci | None:
    """Return the intercommunality in charge: of the project's commune, else of the establishment's; or the pool.

    Raises ``OutsideTerritory`` where the commune is known and no served intercommunality holds it.
    """
    commune = facts.get("project.commune") or facts.get("commune")
    if not commune:
        return None
    epci = served_epci_of(commune, on=on)
    if epci is None:
        raise OutsideTerritory(commune)
    return epci


@transaction.atomic
def file_submission(filing: Filing, *, on: date) -> Submission:
    """File a submission: facts, needs, a first result and the e-mail that confirms the address; once for each key.

    Raises ``OutsideTerritory``: nothing is kept then.
    """
    already = Submission.objects.filter(filing_key=filing.filing_key).first()
    if already:
        return already
    epci = route(filing.facts, on=on)
    now = timezone.now()
    sheet = open_sheet(siret=filing.siret, siren=filing.siren, name=filing.company_name)
    record_facts(sheet=sheet, values=filing.facts, origin=Fact.Origin.DECLARED, origins=filing.origins, on=on)
    contact = Contact.objects.create(name=filing.contact_name, email=filing.email, phone=filing.phone)
    submission, created = Submission.objects.get_or_create(
        filing_key=filing.filing_key,
        defaults={
            "sheet": sheet,
            "contact": contact,
            "epci": epci,
            "text": filing.text,
            "call_slot": filing.call_slot,
            "filed_at": now,
            "consented_at": now,
        },
    )
    if not created:  # the same click arrived twice at the same moment: the other one has it all
        transaction.set_rollback(True)
        return submission
    set_needs(submission=submission, ticked=filing.needs, text=filing.text)
    compute_result(submission=submission, on=on)
    _owe_confirmation(submission)
    return submission


def set_needs(*, submission: Submission, ticked: Iterable[str], text: str) -> None:
    """Read the needs again from boxes and words."""
    submission.needs.all().delete()
    Need.objects.bulk_create(
        Need(
            submission=submission,
            sub_need_id=need.sub_need,
            ticked=need.ticked,
            weight=need.weight,
            evidence=list(need.evidence),
        )
        for need in engine.understand(text, ticked)
    )


@transaction.atomic
def compute_result(*, submission: Submission, on: date) -> Result:
    """Ask the engine again and keep its answer, with all it takes to replay it."""
    weight_set, weights = engine.active_weights()
    facts = submission.sheet.values()
    needs = {need.sub_need_id: need.weight for need in submission.needs.all()}
    stated = bool(needs) or bool(submission.text.strip())
    (ranked,) = engine.rank([(facts, on, needs, stated)], weights=weights)
    result = Result.objects.create(
        submission=submission, computed_at=timezone.now(), on=on, facts=facts, weights=weight_set
    )
    schemes = {scheme.key: scheme.pk for scheme in Scheme.objects.of_source(Scheme.OWN)}
    Match.objects.bulk_create(
        Match(
            result=result,
            scheme_id=schemes[item.scheme_key],
            revision_id=item.revision_id,
            rank=item.rank,
            score=item.score,
            eligibility=item.eligibility,
            typed=item.typed,
            targeted=item.targeted,
            opens_later=item.opens_later,
            addresses=item.addresses,
            need_id=item.need or None,
            unknown=list(item.unknown),
            to_confirm=list(item.to_confirm),
            parts=dict(item.parts),
        )
        for item in ranked
    )
    return result


def latest_result(submission: Submission, *, on: date) -> Result:
    """Return the newest result; one of another day is computed again, because windows open and close."""
    result = submission.results.first()
    return result if result and result.on == on else compute_result(submission=submission, on=on)


@transaction.atomic
def correct_submission(
    *,
    submission: Submission,
    facts: Mapping[str, Any],
    on: date,
    origins: Mapping[str, str] | None = None,
    identity: Mapping[str, str] | None = None,
    ticked: Iterable[str] | None = None,
    text: str | None = None,
    author: User | None = None,
) -> Result:
    """Correct facts, identity (``siret``, ``siren``, ``name``) or needs, and compute the result again.

    What the facts were before is kept. A correction by the firm that changes something opens again a review that had
    ended. The intercommunality in charge follows the commune, and its officers are told.
    """
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    origin = Fact.Origin.OFFICER if author else Fact.Origin.DECLARED
    before = submission.epci_id
    submission.epci = route({**submission.sheet.values(), **facts}, on=on)
    rows = record_facts(sheet=submission.sheet, values=facts, origin=origin, origins=origins, on=on, author=author)
    changed = bool(rows)
    if identity is not None:
        changed |= identify(sheet=submission.sheet, **identity)
    if text is not None or ticked is not None:
        known = submission.text, set(submission.needs.filter(ticked=True).values_list("sub_need", flat=True))
        stated = known[0] if text is None else text, known[1] if ticked is None else set(ticked)
        changed |= stated != known
        submission.text = stated[0]
        set_needs(submission=submission, ticked=stated[1], text=stated[0])
    if author is None and changed and submission.reviewed_at:
        submission.reviewed_at = submission.reviewed_by = None
    submission.save(update_fields=["epci", "text", "reviewed_at", "reviewed_by"])
    if submission.confirmed_at and submission.epci_id != before:
        _owe_notices(submission)  # to those who had none yet
    return compute_result(submission=submission, on=on)


@transaction.atomic
def answer_condition(
    *, submission: Submission, condition: str, value: bool | None, on: date, author: User | None = None
) -> Result:
    """Record an answer to a condition that only a person can check; ``None`` takes it back.

    An answer to what no scheme of the result asks is ignored.
    """
    if author:
        _check_may_decide(author, submission)
    result = latest_result(submission, on=on)
    if condition not in conditions_of(result):
        return result
    name = f"{Fact.ANSWER}{condition}"
    return correct_submission(submission=submission, facts={name: value}, on=on, author=author)


def conditions_of(result: Result) -> set[str]:
    """Return the names of the conditions that the schemes of a result leave to a person."""
    rows = Criterion.objects.filter(revision__matches__result=result).values_list("definition", flat=True)
    return {name for definition in rows for name in manual_facts(definition)}


# -- the firm's address


def confirmation_token(submission: Submission) -> str:
    return signing.dumps(submission.pk, salt=CONFIRM_SALT)


def read_confirmation_token(token: str) -> Submission | None:
    """Return the submission a confirmation link is for, or none where it was altered or is too old."""
    try:
        pk = signing.loads(token, salt=CONFIRM_SALT, max_age=CONFIRM_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Submission.objects.filter(pk=pk).first()


@transaction.atomic
def confirm_address(*, submission: Submission) -> Submission:
    """Confirm the address: the firm gets its receipt and the officers in charge their notice, once."""
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    if submission.confirmed_at is None:
        submission.confirmed_at = timezone.now()
        submission.save(update_fields=["confirmed_at"])
        _owe_receipt(submission, key=f"receipt:{submission.pk}")
        _owe_notices(submission)
    return submission


@transaction.atomic
def send_link_again(*, email: str) -> int:
    """Send again the link of every submission of an address; return how many. Silent about unknown addresses."""
    minute = int(timezone.now().timestamp() // RESEND_SECONDS)
    submissions = Submission.objects.filter(contact__email__iexact=email).order_by("-filed_at")[:5]
    for submission in submissions:
        if submission.confirmed_at:
            _owe_receipt(submission, key=f"receipt:{submission.pk}:again:{minute}", again=True)
        else:
            _owe_confirmation(submission, suffix=f":again:{minute}")
    return len(submissions)


# -- the review


def may_decide(*, officer: User, submission: Submission) -> bool:
    """Tell whether someone reviews a submission: of their intercommunality or of the pool.

    A territory lead sees every file and decides on none.
    """
    epcis = {epci.pk for epci in officer.epcis()}
    return bool(epcis) and (submission.epci_id is None or submission.epci_id in epcis)


def _check_may_decide(officer: User, submission: Submission) -> None:
    if not may_decide(officer=officer, submission=submission):
        raise PermissionDenied


@transaction.atomic
def record_review(
    *, submission: Submission, scheme: Scheme, officer: User, verdict: str, reason: str = "", comment: str = ""
) -> Review:
    """Record an officer's verdict on a scheme; the firm is told when the officer ends the review.

    Raises ``PermissionDenied`` if the officer is not in charge of the submission, ``ReviewError`` where a reason or
    its explanation is missing.
    """
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    _check_may_decide(officer, submission)
    comment = comment.strip()
    if verdict not in Review.Verdict.values:
        raise ReviewError("Choisissez « retenir » ou « écarter ».")
    if verdict == Review.Verdict.REJECTED and reason not in Review.Reason.values:
        raise ReviewError("Pour écarter un dispositif, choisissez une raison dans la liste.")
    if verdict == Review.Verdict.REJECTED and reason == Review.Reason.OTHER and not comment:
        raise ReviewError("Pour « autre raison », dites laquelle en quelques mots.")
    if verdict != Review.Verdict.REJECTED:
        reason = ""
    match = Match.objects.filter(result__submission=submission, scheme=scheme).order_by("-result__computed_at").first()
    if match is None:
        raise ReviewError("Ce dispositif ne fait pas partie du résultat de cette demande.")
    return Review.objects.create(
        submission=submission,
        scheme=scheme,
        revision=match.revision,
        officer=officer,
        verdict=verdict,
        reason=reason,
        comment=comment,
        suggested_rank=match.rank,
        suggested_score=match.score,
        decided_at=timezone.now(),
    )


@transaction.atomic
def end_review(*, submission: Submission, officer: User, message: str = "") -> ReviewEnd:
    """End the review and owe the one e-mail that tells the firm.

    Raises ``ReviewError`` where nothing was decided, or where the review has ended already.
    """
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    _check_may_decide(officer, submission)
    if submission.reviewed_at:
        raise ReviewError("La relecture de cette demande est déjà terminée ; l’entreprise a reçu son courriel.")
    reviews = submission.reviews.latest_by_scheme()
    kept = [review for review in reviews.values() if review.verdict == Review.Verdict.KEPT]
    rejected = [review for review in reviews.values() if review.verdict == Review.Verdict.REJECTED]
    if not kept and not rejected and not message.strip():
        raise ReviewError("Retenez ou écartez au moins un dispositif, ou écrivez un mot à l’entreprise.")
    result = submission.results.first()
    if result is None:
        raise ReviewError("Cette demande n’a pas encore de résultat.")
    end = ReviewEnd.objects.create(
        submission=submission, officer=officer, result=result, message=message.strip(), ended_at=timezone.now()
    )
    submission.reviewed_at, submission.reviewed_by = end.ended_at, officer
    submission.save(update_fields=["reviewed_at", "reviewed_by"])
    _owe_reviewed(submission, end, kept=kept, n_rejected=len(rejected))
    return end


# -- e-mails owed


def result_url(submission: Submission) -> str:
    return absolute_url("result", submission.token)


def _context(submission: Submission) -> dict[str, Any]:
    return {
        "submission": submission,
        "firm": submission.sheet.name or "votre entreprise",
        "result_url": result_url(submission),
        "stop_url": stop_url(address=submission.contact.email, topic=submission.topic),
    }


def _owe_confirmation(submission: Submission, *, suffix: str = "") -> None:
    url = absolute_url("confirm", confirmation_token(submission))
    owe(
        kind="confirm_address",
        key=f"confirm:{submission.pk}{suffix}",
        recipient=submission.contact.email,
        message=render("confirm_address", {**_context(submission), "confirm_url": url}),
        topic=submission.topic,
        asked_for=True,
    )


def _owe_receipt(submission: Submission, *, key: str, again: bool = False) -> None:
    result = latest_result(submission, on=current_day())
    matches = result.matches.filter(addresses=True).exclude(eligibility=Match.Verdict.INELIGIBLE)
    context = {
        **_context(submission),
        "matches": matches.select_related("revision")[:5],
        "n_matches": matches.count(),
        "organisation": organisation_in_charge(submission),
    }
    owe(
        kind="receipt",
        key=key,
        recipient=submission.contact.email,
        message=render("receipt", context),
        topic=submission.topic,
        asked_for=again,
    )


def _owe_notices(submission: Submission) -> None:
    for officer in officers_in_charge(submission):
        stop = stop_url(address=officer.email, topic="officer_notices")
        url = absolute_url("officer_file", submission.pk)
        owe(
            kind="officer_notice",
            key=f"notice:{submission.pk}:{officer.pk}",
            recipient=officer.email,
            message=render("officer_notice", {**_context(submission), "file_url": url, "stop_url": stop}),
            topic="officer_notices",
        )


def _owe_reviewed(submission: Submission, end: ReviewEnd, *, kept: list[Review], n_rejected: int) -> None:
    context = {
        **_context(submission),
        "officer": end.officer,
        "organisation": organisation_in_charge(submission),
        "message": end.message,
        "kept": kept,
        "n_rejected": n_rejected,
    }
    owe(
        kind="reviewed",
        key=f"reviewed:{end.pk}",
        recipient=submission.contact.email,
        message=render("reviewed", context),
        topic=submission.topic,
        reply_to=end.officer.email,
    )


def organisation_in_charge(submission: Submission) -> Any:
    """Return the organisation whose officers follow a submission; none for the pool."""
    return submission.epci.organisations.first() if submission.epci else None


def officers_in_charge(submission: Submission) -> list[User]:
    """Return the officers to tell: of the intercommunality, or of all four where the commune is unknown."""
    epcis = ServedEpci.objects.filter(pk=submission.epci_id) if submission.epci_id else ServedEpci.objects.all()
    reviewing = Membership.objects.reviewing().filter(organisation__epci__in=epcis)
    return list(User.objects.filter(memberships__in=reviewing).distinct())


def outside_contacts(commune_code: str, *, on: date) -> dict[str, str]:
    """Return the names of a commune outside the territory, of its department and region: whom to call instead."""
    commune = Perimeter.objects.filter(code=f"COM-{commune_code}").first()
    if commune is None:
        return {}
    around = Perimeter.objects.around(commune, on=on)
    names = {perimeter.kind: perimeter.name for perimeter in around}
    return {"commune": commune.name, "department": names.get("department", ""), "region": names.get("region", "")}
