"""Who looks after the sheets of the territory: who was named, else the lead of the organisation that a sheet names.

Where the service knows no such organisation, or nobody leads it here, those who lead the territory do (ADR 55).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.accounts.models import Membership, Organisation, User
from backend.common.text import fold
from backend.links.models import Kind
from backend.links.services import revoke_links
from backend.notifications.models import Notification
from backend.schemes.models import Caretaker, CatalogueTask, Revision, Scheme, SheetAnswer, SheetOwner

ASKED_BY_LINK = "sheets_by_link"  # the kind of e-mail that somebody without an account receives


class CaretakerError(ValueError):
    """Somebody who cannot look after a sheet, with a sentence for who names them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looks after sheets: an account, or an address without one."""

    user: User | None = None
    owner: SheetOwner | None = None

    def __str__(self) -> str:
        return str(self.user or self.owner)

    @property
    def email(self) -> str:
        return self.user.email if self.user else self.owner.email if self.owner else ""

    @property
    def key(self) -> str:
        return f"user:{self.user.pk}" if self.user else f"owner:{self.owner.pk if self.owner else 0}"

    @property
    def topic(self) -> str:
        """What the e-mails to them, and those that name them, are about."""
        return f"sheets:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSheet:
    """A published sheet of the territory, and who answers for it."""

    scheme: Scheme
    revision: Revision
    organisation: Organisation | None  # the one that the sheet names, where the service knows it
    named: Reader | None
    leads: tuple[User, ...]  # who name, and answer until then
    is_of_its_own: bool  # who answers is of that organisation, or an address that was named for it

    @property
    def readers(self) -> tuple[Reader, ...]:
        return (self.named,) if self.named else tuple(Reader(user=lead) for lead in self.leads)

    @property
    def speaks_for_operator(self) -> bool:
        """Whether what its readers say is the word of one who runs the scheme."""
        operators = {role.operator.name for role in self.revision.roles.all()}
        return self.revision.owner in operators and self.is_of_its_own


def local_sheets() -> list[LocalSheet]:
    """Return every published sheet of the territory with who answers for it, by name."""
    schemes = Scheme.objects.of_source(Scheme.OWN).published().filter(current__level__in=Revision.OF_TERRITORY)
    schemes = schemes.select_related("current", "caretaker__user", "caretaker__owner")
    find, leads, above, nameable = _finder(), _leads(), _territory_leads(), cache(_nameable)
    found = []
    for scheme in schemes.prefetch_related("current__roles__operator"):
        if (revision := scheme.current) is None:
            continue
        organisation = find(revision)
        own = leads.get(organisation.pk, ()) if organisation else ()
        named = _named(scheme, organisation, nameable)
        found.append(
            LocalSheet(
                scheme=scheme,
                revision=revision,
                organisation=organisation,
                named=named,
                leads=own or above,
                is_of_its_own=_is_of(organisation, named, nameable) if named else bool(own),
            )
        )
    return sorted(found, key=lambda sheet: fold(sheet.revision.name))


type _Nameable = Callable[[Organisation | None], dict[int, bool]]


def _nameable(organisation: Organisation | None) -> dict[int, bool]:
    """Return the accounts that may be named for an organisation, and whether each is of it."""
    own = Q(memberships__organisation=organisation) if organisation else Q(pk__in=())
    its = set(User.objects.filter(own).values_list("pk", flat=True))
    return {pk: pk in its for pk in may_be_named(organisation).values_list("pk", flat=True)}


def _named(scheme: Scheme, organisation: Organisation | None, nameable: _Nameable) -> Reader | None:
    """Return who was named; nobody where they left, or could not be named any more."""
    caretaker: Caretaker | None = getattr(scheme, "caretaker", None)
    if caretaker is None or (caretaker.user and caretaker.user.pk not in nameable(organisation)):
        return None
    return Reader(user=caretaker.user, owner=caretaker.owner)


def _is_of(organisation: Organisation | None, named: Reader, nameable: _Nameable) -> bool:
    return named.user is None or nameable(organisation)[named.user.pk]


class _Finder:
    """Finds the organisation that a sheet names: by the number that its operators give it, else by its name."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._by_siren = {one.epci.perimeter.official_code: one for one in organisations if one.epci}
        self._by_name = {fold(one.name): one for one in organisations}

    def __call__(self, revision: Revision) -> Organisation | None:
        sirens = {role.operator.name: role.operator.siren for role in revision.roles.all()}
        return self._by_siren.get(sirens.get(revision.owner, "")) or self._by_name.get(fold(revision.owner))


def _finder() -> _Finder:
    return _Finder(list(Organisation.objects.select_related("epci__perimeter")))


def _leads() -> dict[int, tuple[User, ...]]:
    found: dict[int, tuple[User, ...]] = {}
    for row in Membership.objects.leading().select_related("user").order_by("user_id"):
        found[row.organisation_id] = (*found.get(row.organisation_id, ()), row.user)
    return found


def _territory_leads() -> tuple[User, ...]:
    return tuple(User.objects.territory_leads().order_by("pk"))


def sheets_of(reader: Reader, among: Sequence[LocalSheet] | None = None) -> list[LocalSheet]:
    """Return the sheets that somebody looks after now."""
    return [sheet for sheet in (local_sheets() if among is None else among) if reader in sheet.readers]


def led_sheets(user: User, among: Sequence[LocalSheet] | None = None) -> list[LocalSheet]:
    """Return the sheets for which somebody says who looks after them."""
    return [sheet for sheet in (local_sheets() if among is None else among) if user in sheet.leads]


def has_sheets(user: User) -> bool:
    """Tell whether somebody looks after a sheet, or says who does."""
    sheets = local_sheets()
    return bool(sheets_of(Reader(user=user), sheets) or led_sheets(user, sheets))


def may_be_named(organisation: Organisation | None) -> QuerySet[User]:
    """Return the accounts that may be named for the sheets of an organisation: its own people, and the territory's."""
    own = Q(organisation=organisation) if organisation else Q(pk__in=())
    rows = Membership.objects.filter(own | Q(organisation__kind=Organisation.Kind.TERRITORY), user__is_active=True)
    return User.objects.filter(memberships__in=rows).distinct()


@transaction.atomic
def name_caretaker(*, scheme: Scheme, lead: User, user: User | None = None, email: str = "") -> None:
    """Say who looks after a sheet: an account, or an address without one; nobody, and its leads do again.

    Raises ``PermissionDenied`` for who does not lead here, ``CaretakerError`` for who cannot be named.
    """
    sheet = next((one for one in led_sheets(lead) if one.scheme.pk == scheme.pk), None)
    if sheet is None:
        raise PermissionDenied
    if user and email:
        raise CaretakerError("Choisissez une personne ou donnez une adresse, pas les deux.")
    if email and User.objects.filter(email__iexact=email).exists():
        raise CaretakerError(f"{email} a un compte : choisissez cette personne dans la liste.")
    if user and not may_be_named(sheet.organisation).filter(pk=user.pk).exists():
        raise CaretakerError("Cette personne n’est pas de l’organisation : choisissez dans la liste.")
    Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    now = timezone.now()
    Caretaker.objects.filter(scheme=scheme).delete()
    if email:
        owner = SheetOwner.objects.filter(email__iexact=email).first() or SheetOwner.objects.create(
            email=email, added_by=lead, added_at=now
        )
        Caretaker.objects.create(scheme=scheme, owner=owner, named_by=lead, named_at=now)
    elif user:
        Caretaker.objects.create(scheme=scheme, user=user, named_by=lead, named_at=now)
    _forget_who_has_none()


@transaction.atomic
def free_caretakers(sheets: Iterable[LocalSheet]) -> None:
    """Remove the caretaker of a sheet that is not among those of the territory any more, and forget addresses."""
    Caretaker.objects.exclude(scheme__in=[sheet.scheme.pk for sheet in sheets]).delete()
    _forget_who_has_none()


def _forget_who_has_none() -> None:
    """Forget the addresses that look after nothing any more: their links, e-mails, reports, and the rest."""
    answers = SheetAnswer.objects.filter(by=None, scheme=OuterRef("scheme"), given_at=OuterRef("reported_at"))
    for owner in SheetOwner.objects.filter(sheets=None):
        revoke_links(kind=Kind.SHEETS, object_id=owner.pk)
        Notification.objects.filter(about__contains=[Reader(owner=owner).topic]).delete()
        CatalogueTask.objects.filter(Exists(answers), reporter_email__iexact=owner.email).update(reporter_email="")
        owner.delete()
