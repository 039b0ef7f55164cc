"""People, firms and submissions that tests make: through the services, so that every row is one the service wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import yaml
from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.api_keys import make_api_key
from backend.accounts.models import ApiKey, ApiScope, Membership, Organisation, User
from backend.common.days import add_working_days, current_day
from backend.links.models import Kind
from backend.links.services import find_link, make_link
from backend.matchmaking.calls import Call, ask_call
from backend.matchmaking.dead_addresses import follow_dead_addresses
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.guests import answer_invitation, invite
from backend.matchmaking.models import (
    CallRequest,
    Guest,
    PartnerFiling,
    PartnerShare,
    Review,
    SavedDraft,
    Submission,
    Survey,
    WeightSet,
)
from backend.matchmaking.partner_filings import Agreement, file_as_partner, request_key
from backend.matchmaking.partners import propose_share
from backend.matchmaking.reviews import Because, keep_scheme, set_aside, withdraw_review
from backend.matchmaking.services import Filing, confirm_address, file_submission
from backend.matchmaking.weights import write_weights
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.services import Message, email_of, enqueue_email
from backend.notifications.suppression import record_delivery
from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.editing.caretaking import name_caretaker
from backend.schemes.models import Revision, Scheme, SheetOwner
from backend.steering.mailing import confirm_recipient
from backend.steering.models import NoteRecipient
from backend.territories.models import ServedEpci
from backend.web.drafts import Draft
from backend.webhooks.models import Endpoint
from backend.webhooks.services import add_endpoint
from tests.conftest import ROOT

DAY = date(2026, 11, 24)
ARC, CCLO, CC2V, CCPE = "ARC", "CCLO", "CC2V", "CCPE"
COMMUNES = {ARC: "60159", CCLO: "60025", CC2V: "60636", CCPE: "60223"}
OUTSIDE = "60057"  # Beauvais
SIRET, OTHER_SITE, SIREN = "99999995600017", "99999995600025", "999999956"
FACTS = {
    "commune": "60159",
    "naf": "25.62B",
    "headcount": 35.0,
    "turnover": [2_000_000, 10_000_000],
    "created_on": "2009-03-16",
    "legal_category": "57",
    "micro_entrepreneur": False,
    "group": [],
    "project.started": False,
    "project.spend": 180_000.0,
}
_numbers = count(1)


@contextmanager
def rewriting() -> Iterator[None]:
    """Let a test delete append-only rows, as the owner of the database could: to clean up, or to stand for a lack."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO append_only_permit VALUES (pg_current_xact_id())")
        yield
        cursor.execute("DELETE FROM append_only_permit")


@contextmanager
def failing(table: str, submission: Submission) -> Iterator[None]:
    """Let the database refuse the rows of a file in a table, as it would for a file that something is wrong with."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.submission_id = {submission.pk} THEN RAISE EXCEPTION 'refused'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse_row BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_row()
            """
        )
        yield
        cursor.execute("DROP FUNCTION refuse_row() CASCADE")


def make_organisation(epci: str = "", *, kind: str = "") -> Organisation:
    served = ServedEpci.objects.get(short_name=epci) if epci else None
    kind = kind or ("epci" if epci else "territory")
    name = f"Service {epci or kind}"
    found, _ = Organisation.objects.get_or_create(
        name=name, defaults={"kind": kind, "epci": served, "phone": "03 53 01 10 00"}
    )
    return found


def make_officer(
    epci: str = ARC, *, role: str = Membership.Role.OFFICER, kind: str = "", email: str = "", **fields
) -> User:
    """Make an account of an intercommunality; of the territory or another organisation where ``epci`` is empty."""
    n = next(_numbers)
    defaults = {"first_name": "Claire", "last_name": f"Vasseur{n}", "phone": "03 53 01 10 12"}
    user = User.objects.create_user(
        email or f"agent{n}@jonction.example", "mot-de-passe-long", **{**defaults, **fields}
    )
    Membership.objects.create(user=user, organisation=make_organisation(epci, kind=kind), role=role)
    return user


def make_partner(kind: str = Organisation.Kind.CHAMBER) -> User:
    """Make an account of a chamber or of the Region, with which files may be shared."""
    return make_officer("", role=Membership.Role.PARTNER, kind=kind)


def make_key(
    organisation: Organisation | None = None, *scopes: str, days: int = 30, name: str = ""
) -> tuple[ApiKey, str]:
    """Make a key of a chamber for its tool, and return it with its secret."""
    return make_api_key(
        organisation=organisation or make_organisation(kind=Organisation.Kind.CHAMBER),
        name=name or f"Outil {next(_numbers)}",
        scopes=scopes or ApiScope.values,
        expires_on=current_day() + timedelta(days=days),
        by=make_lead(),
    )


def share_with(
    submission: Submission, officer: User, *, kind: str = Organisation.Kind.CHAMBER, agreed: bool = True
) -> PartnerShare:
    """Share a file with a chamber or the Region for which somebody reads; ``agreed``: its firm said so just now."""
    organisation = make_organisation(kind=kind)
    if not Membership.objects.partners().filter(organisation=organisation).exists():
        make_partner(kind)
    return propose_share(
        submission=submission,
        organisation=organisation,
        officer=officer,
        message="Elle cherche un robot.",
        agreed_at=timezone.now() if agreed else None,
    )


def make_lead() -> User:
    return make_officer("", role=Membership.Role.TERRITORY_LEAD)


def make_filing(*, without: tuple[str, ...] = (), facts: dict | None = None, **changes) -> Filing:
    known = {name: value for name, value in {**FACTS, **(facts or {})}.items() if name not in without}
    fields = {
        "filing_key": uuid4(),
        "siret": SIRET,
        "siren": SIREN,
        "company_name": "Tôlerie des Étangs",
        "needs": ("competences.recruter", "numerique.robot"),
        "contact_name": "Isabelle Morel",
        "email": "isabelle.morel@tolerie.example",
        "phone": "03 53 01 60 35",
    }
    return Filing(facts=known, **{**fields, **changes})


def make_submission(*, confirmed: bool = False, on: date = DAY, **changes) -> Submission:
    submission = file_submission(make_filing(**changes), on=on)
    return confirm_address(submission=submission) if confirmed else submission


def make_partner_filing(
    key: ApiKey | None = None,
    *,
    request: str = "a",
    digest: str = "0" * 64,
    noted_by: str = "Aude Lambert",
    **changes,
) -> PartnerFiling:
    """File for a firm with the key of a partner's tool; the firm agreed two days ago."""
    key = key or make_key()[0]
    at = timezone.now() - timedelta(days=2)
    return file_as_partner(
        make_filing(filing_key=request_key(key, request), **changes),
        key=key,
        agreement=Agreement(at=at, how=PartnerFiling.How.PHONE, noted_by=noted_by),
        digest=digest,
        on=DAY,
    )


def make_saved_draft(submission: Submission, *, text: str = "Un second projet.") -> SavedDraft:
    """Begin another request from the space of a submission's contact."""
    draft = Draft.begun_from(submission)
    draft.steps["besoin"] = {"text": [text], "needs": ["numerique.robot"]}
    draft.save()
    return SavedDraft.objects.get(pk=draft.row)


def make_call(epci: str = ARC, *, key: UUID | None = None, **given) -> CallRequest:
    """Ask for a call from a commune of an intercommunality; from an unknown one where it is empty."""
    call = {"phone": "03 53 01 60 77", "name": "Camille Roux", "needs": ("competences.recruter",), **given}
    return ask_call(key=key or uuid4(), call=Call(commune=COMMUNES[epci] if epci else "", **call), on=DAY)


def link_to(submission: Submission, kind: Kind = Kind.RESULT) -> str:
    """Make a link to a submission and return its token."""
    return make_link(kind=kind, object_id=submission.pk)


def make_guest(
    submission: Submission, *, email: str = "comptable@cabinet.example", right: str = "read", accepted: bool = True
) -> Guest:
    """Invite somebody to a submission, who accepts."""
    guest = invite(submission=submission, email=email, right=right)
    if accepted:
        token = invitation_of_guest(guest)
        answer_invitation(link=find_link(kind=Kind.GUEST, token=token), accepts=True)
        guest.refresh_from_db()
    return guest


def invitation_of_guest(guest: Guest) -> str:
    """Return the token of an invitation, as its e-mail has it."""
    return make_link(kind=Kind.GUEST, object_id=guest.submission_id, scope=guest.key)


def guest_link(guest: Guest, kind: Kind = Kind.RESULT) -> str:
    """Make a link of a guest to the submission that invited it and return its token."""
    return make_link(kind=kind, object_id=guest.submission_id, scope=guest.key)


def survey_link(submission: Submission, kind: str = Survey.Kind.SATISFACTION) -> str:
    """Ask a question about a submission, and return the token of its link."""
    Survey.objects.get_or_create(submission=submission, kind=kind, defaults={"asked_on": DAY})
    return make_link(kind=Kind.SURVEY, object_id=submission.pk, scope=kind)


def bounce(submission: Submission) -> None:
    """Have an e-mail to the contact of a file come back, which opens the task of the officer."""
    row = Notification.objects.filter(recipient=submission.contact.email, about=[submission.topic])[0]
    record_delivery(notification=row, delivery=Notification.Delivery.DEAD, detail="550 5.1.1 unknown")
    follow_dead_addresses(on=DAY)


def led_to(path: str) -> Submission:
    """Return the submission to which the address of a result leads."""
    link = find_link(kind=Kind.RESULT, token=path.split("/")[2])
    assert link, path
    return Submission.objects.get(pk=link.object_id)


def make_recipient(*, confirmed: bool = False, **changes) -> NoteRecipient:
    fields = {"email": f"elue{uuid4().hex[:6]}@mairie.example", "added_by": make_lead(), "added_at": timezone.now()}
    row = NoteRecipient.objects.create(**{**fields, **changes})
    if confirmed:
        confirm_recipient(row)
        row.refresh_from_db()
    return row


def make_webhook(url: str = "https://crm.cci.example/", *, kind: str = Organisation.Kind.CHAMBER) -> Endpoint:
    """Return an endpoint of a partner that the territory lead added, on."""
    organisation = make_organisation(kind=kind)
    known = Endpoint.objects.filter(organisation=organisation, url=url).first()
    if known:
        return known
    return add_endpoint(user=make_lead(), organisation=organisation, url=url, events=Endpoint.EVENTS)[0]


def note_link(recipient: NoteRecipient | None = None) -> str:
    """Return the token of the link by which a recipient of the note says yes and reads it."""
    return make_link(kind=Kind.NOTE, object_id=(recipient or make_recipient()).pk)


def sheets_link(email: str = "conseil@cci.example", key: str = "cci-oise") -> str:
    """Return the token of the link of somebody without an account who looks after a sheet."""
    name_caretaker(scheme=Scheme.objects.get(source_key=key), lead=make_lead(), email=email)
    return make_link(kind=Kind.SHEETS, object_id=SheetOwner.objects.get(email=email).pk)


def stop_link(address: str, topic: str) -> str:
    """Make the link by which an address stops a topic, and return its token."""
    message = Message(subject="L’objet", text="Du texte\n", html="<p>Du HTML</p>")
    about = (topic.removeprefix("alerts:"),)
    turn = Turn(firm=str(uuid4()), on=DAY)
    email = enqueue_email(
        kind="alert", key=f"stop:{uuid4()}", recipient=address, message=message, about=about, turn=turn
    )
    Notification.objects.filter(pk=email.pk).update(state=Notification.State.SENT, ended_at=timezone.now())
    return make_link(kind=Kind.STOP, object_id=email.pk, scope=topic)


def as_sent(email: Notification) -> SimpleNamespace:
    """Return the two bodies of an e-mail as it leaves, with links that work."""
    message = email_of(email)
    return SimpleNamespace(text=message.body, html=message.alternatives[0].content, headers=message.extra_headers)


def revise_scheme(folder: Path, key: str, **fields) -> Scheme:
    """Load a scheme again with some fields changed, through a file of its own: a second revision of it."""
    content = yaml.safe_load((ROOT / "fixtures" / "schemes" / f"{key}.yaml").read_text())
    (folder / f"{key}.yaml").write_text(yaml.safe_dump({**content, **fields}, allow_unicode=True))
    load_catalogue(folder)
    return Scheme.objects.of_source(Scheme.OWN).get(source_key=key)


def first_matches(submission: Submission, n: int = 1):
    """Return the first matches of a submission that answer its needs and are not refused."""
    result = submission.results.first()
    assert result is not None
    found = result.matches.filter(addresses=True).exclude(eligibility="ineligible").select_related("scheme")
    return list(found[:n])


def decide(submission: Submission, scheme, officer: User, reason: str = "", *, on: date = DAY, **because) -> Review:
    """Keep a scheme, or set it aside where a reason is given, as an officer does."""
    case = {"submission": submission, "scheme": scheme, "officer": officer, "on": on}
    if not reason:
        return keep_scheme(**case)
    return set_aside(**case, because=Because(reason=reason, **because))


def take_back(submission: Submission, scheme, officer: User, *, on: date = DAY) -> Review:
    return withdraw_review(submission=submission, scheme=scheme, officer=officer, on=on)


def write_version(author: User, *, note: str = "Pour essayer.", on: date = DAY, **points: float) -> WeightSet:
    """Write a version of the points, those in force but for some."""
    in_force = WeightSet.objects.in_force().get()
    return write_weights(points={**in_force.points, **points}, note=note, author=author, on=on)


def archive_serving(sub_need: str) -> None:
    """Archive every scheme that serves a sub-need, so that nothing answers it."""
    serving = Scheme.objects.filter(current__served_needs__sub_need=sub_need)
    Scheme.objects.filter(pk__in=list(serving.values_list("pk", flat=True))).update(state=Scheme.State.ARCHIVED)


def publish_revision(scheme: Scheme, *, needs: dict[str, float] | None = None, **changes) -> Revision:
    """Publish a new revision of a scheme, without its sources, the same but for some columns or its needs."""
    old = Revision.objects.get(pk=scheme.current_id)
    new = Revision.objects.get(pk=scheme.current_id)
    new.pk, new.number, new.digest, new.recorded_at = None, old.number + 1, uuid4().hex, timezone.now()
    new.amount_source, new.amount_place, new.amount_excerpt = None, "", ""  # sources are not taken along
    for name, value in changes.items():
        setattr(new, name, value)
    if new.window_state != Revision.WindowState.UNKNOWN:  # a sighting goes with what nothing states
        new.seen_on = new.seen_until = None
        new.seen_by = new.seen_url = ""
    new.full_clean(exclude=["scheme"])
    new.save(force_insert=True)
    if needs is None:
        needs = dict(old.served_needs.values_list("sub_need", "weight"))
    for sub_need, weight in needs.items():
        new.served_needs.create(sub_need_id=sub_need, weight=weight)
    for row in old.criteria.all():
        new.criteria.create(position=row.position, definition=row.definition, from_text=row.from_text, note=row.note)
    scheme.current, scheme.state, scheme.changed_at = new, Scheme.State.PUBLISHED, new.recorded_at
    scheme.save()
    return new


def next_morning() -> None:
    """Let the first morning of work after today come: officers are told what arrived."""
    tell_who_waits(on=add_working_days(timezone.localdate(), 1))
