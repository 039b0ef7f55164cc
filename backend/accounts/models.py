"""People who sign in, the organisations they work for, and in what role."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.territories.models import ServedEpci


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def territory_leads(self) -> "models.QuerySet[User]":
        """Who leads the territory and is in post, each once."""
        return self.filter(memberships__in=Membership.objects.whole_territory()).distinct()


@dataclass(frozen=True, slots=True)
class Posts:
    """In what roles somebody in post works, and the keys of the intercommunalities of which they review the files."""

    roles: frozenset[str] = frozenset()
    epcis: frozenset[int] = frozenset()
    led: frozenset[int] = frozenset()  # those in which they look after how the reviews are done
    partners: frozenset[int] = frozenset()  # the organisations with which a file may be shared for which they work

    @property
    def leads_territory(self) -> bool:
        return Membership.Role.TERRITORY_LEAD in self.roles

    @property
    def leads(self) -> bool:
        """Whether they look after how the reviews are done, in an intercommunality or in all of them."""
        return not self.roles.isdisjoint(Membership.LEADING)

    def covers(self, epci_id: int | None) -> bool:
        """Tell whether they review files of an intercommunality; those placed nowhere are everybody's who does."""
        return bool(self.epcis) and (epci_id is None or epci_id in self.epcis)

    @property
    def edits_catalogue(self) -> bool:
        return not self.roles.isdisjoint(Membership.EDITING)

    @property
    def is_partner_only(self) -> bool:
        """Whether they read what is shared with a partner, and nothing else of the service."""
        return self.roles == {Membership.Role.PARTNER}


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address. Firms never do: they have a secret link."""

    email = models.EmailField(_("adresse électronique"), unique=True)
    first_name = models.CharField(_("prénom"), max_length=60, blank=True)
    last_name = models.CharField(_("nom"), max_length=60, blank=True)
    phone = models.CharField(_("téléphone professionnel"), max_length=20, blank=True)
    is_active = models.BooleanField(_("en poste"), default=True, help_text=_("Décocher au départ de la personne."))
    is_staff = models.BooleanField(_("accès à l’administration"), default=False)
    invited_at = models.DateTimeField(_("invité le"), null=True, blank=True)
    stand_in = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("suppléant"),
        help_text=_("Prévenu quand un dossier attend, ou pendant une absence qui n’en nomme pas d’autre."),
    )
    # Ways to sort and filter the list of files, by name: what the address of each says. No page asks for them apart.
    saved_lists = models.JSONField(_("listes gardées"), default=dict, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        ordering = ["email"]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def posts(self) -> Posts:
        """What this person does, read once for this object: a request has one of its own. Nothing of who left."""
        return self._posts if self.is_active else Posts()

    @cached_property
    def _posts(self) -> Posts:
        rows = list(self.memberships.values_list("role", "organisation__epci", "organisation", "organisation__kind"))
        reviewed = frozenset(epci for role, epci, *_rest in rows if role in Membership.REVIEWING and epci)
        led = frozenset(epci for role, epci, *_rest in rows if role in Membership.LEADING and epci)
        partners = frozenset(
            organisation
            for role, _epci, organisation, kind in rows
            if role == Membership.Role.PARTNER and kind in Organisation.PARTNERS
        )
        return Posts(frozenset(role for role, *_rest in rows), reviewed, led, partners)

    def epcis(self) -> Iterable[ServedEpci]:
        """Return the intercommunalities whose files this person reviews."""
        return ServedEpci.objects.filter(organisations__memberships__in=self.memberships.reviewing())

    def led_epcis(self) -> models.QuerySet[ServedEpci]:
        """Return the intercommunalities whose officers this person answers for."""
        led = self.memberships.filter(role=Membership.Role.EPCI_LEAD, user__is_active=True)
        return ServedEpci.objects.filter(organisations__memberships__in=led).distinct()

    def name_for_firms(self) -> str:
        """Return what a firm reads of who opened its file: first name, initial, service."""
        name = f"{self.first_name} {self.last_name[:1]}{'.' if self.last_name else ''}".strip()
        membership = self.memberships.select_related("organisation__epci").first()
        if membership is None:
            return f"{name or _('Un agent')}, {_('administration du service')}"
        epci = membership.organisation.epci
        return f"{name or _('Un agent')}, {epci.short_name if epci else membership.organisation.name}"

    @property
    def is_officer(self) -> bool:
        return self.is_active and self.memberships.reviewing().exists()

    @property
    def may_edit_catalogue(self) -> bool:
        return self.is_active and (self.is_superuser or self.posts.edits_catalogue)

    @property
    def may_approve_catalogue(self) -> bool:
        return self.is_active and (self.is_superuser or self.memberships.approving().exists())

    @property
    def may_set_weights(self) -> bool:
        return self.is_active and (self.is_superuser or self.posts.leads_territory)

    @property
    def may_manage_keys(self) -> bool:
        """Whether this person makes and revokes the keys by which partners' tools use the API."""
        return self.may_set_weights

    @property
    def may_see_jobs(self) -> bool:
        """Whether this person needs to know if the service does by itself what it should."""
        return self.may_set_weights or self.may_edit_catalogue


class Organisation(models.Model):
    class Kind(models.TextChoices):
        EPCI = "epci", _("intercommunalité")
        CHAMBER = "chamber", _("chambre consulaire")
        REGION = "region", _("Région")
        TERRITORY = "territory", _("Territoire d’industrie")

    PARTNERS = (Kind.CHAMBER, Kind.REGION)  # with which a file may be shared

    name = models.CharField(_("nom"), max_length=120, unique=True)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("intercommunalité"),
    )
    phone = models.CharField(_("téléphone du service"), max_length=20, blank=True)
    email = models.EmailField(_("adresse du service"), blank=True)
    promised_days = models.PositiveSmallIntegerField(
        _("délai promis aux entreprises, en jours ouvrés"),
        null=True,
        blank=True,
        help_text=_("Vide : aucun délai n’est montré. Son responsable le fixe, page « Équipe »."),
    )
    code = models.SlugField(
        _("code de son site"),
        max_length=40,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Fin de l’adresse que son site donne, comme cci-oise. Vide : aucune arrivée n’y est comptée."),
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="epci") | Q(epci__isnull=False),
                name="organisation_epci_has_perimeter",
                violation_error_message=_("Une intercommunalité doit dire laquelle elle est."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def reviewing(self) -> "MembershipQuerySet":
        """Memberships whose role reviews the files of an intercommunality."""
        return self.filter(role__in=Membership.REVIEWING, user__is_active=True)

    def leading(self) -> "MembershipQuerySet":
        """Memberships whose role looks after how the reviews are done, in an intercommunality or in all of them."""
        return self.filter(role__in=Membership.LEADING, user__is_active=True)

    def whole_territory(self) -> "MembershipQuerySet":
        return self.filter(role=Membership.Role.TERRITORY_LEAD, user__is_active=True)

    def partners(self) -> "MembershipQuerySet":
        """Memberships whose role reads what is shared with a partner."""
        of_partners = {"role": Membership.Role.PARTNER, "organisation__kind__in": Organisation.PARTNERS}
        return self.filter(**of_partners, user__is_active=True)

    def editing(self) -> "MembershipQuerySet":
        """Memberships whose role proposes changes to the catalogue; who approves may propose too."""
        return self.filter(role__in=Membership.EDITING, user__is_active=True)

    def approving(self) -> "MembershipQuerySet":
        """Memberships whose role publishes what others propose."""
        return self.filter(role=Membership.Role.APPROVER, user__is_active=True)


class Membership(models.Model):
    class Role(models.TextChoices):
        OFFICER = "officer", _("développeur économique")
        EPCI_LEAD = "epci_lead", _("responsable de l’intercommunalité")
        TERRITORY_LEAD = "territory_lead", _("chef de projet du territoire")
        PARTNER = "partner", _("partenaire")
        EDITOR = "editor", _("rédacteur du catalogue")
        APPROVER = "approver", _("relecteur du catalogue")

    REVIEWING = (Role.OFFICER, Role.EPCI_LEAD)
    LEADING = (Role.EPCI_LEAD, Role.TERRITORY_LEAD)
    EDITING = (Role.EDITOR, Role.APPROVER)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("compte"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("rôle"), max_length=16, choices=Role)
    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("rattachement")
        verbose_name_plural = _("rattachements")
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}, {self.organisation}"

    def clean(self) -> None:
        """Let a partner's people be of a chamber or the Region: elsewhere nothing would ever be shared with them."""
        is_chosen = self.role == self.Role.PARTNER and self.organisation_id is not None
        if is_chosen and self.organisation.kind not in Organisation.PARTNERS:
            raise ValidationError(
                {
                    "role": _("Un partenaire travaille pour une chambre ou la Région ; %(name)s n’en est pas une.")
                    % {"name": self.organisation}
                }
            )


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, day: date) -> Self:
        """Absences that hold on a day."""
        return self.from_day(day).filter(starts_on__lte=day)

    def from_day(self, day: date) -> Self:
        """Absences that hold on a day, or will later."""
        return self.filter(ends_on__gte=day, cancelled_at__isnull=True)

    def replaced_by(self, user: User) -> Self:
        """Absences during which somebody stands in: whom they name, else the stand-in of who is away."""
        return self.filter(Q(stand_in=user) | Q(stand_in=None, user__stand_in=user))


class Absence(models.Model):
    """Leave of an officer, both days included: no reminder is sent; one that was declared by mistake is cancelled."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences", verbose_name=_("absent"))
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))
    stand_in = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("suppléant")
    )
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("déclarée par"))
    declared_at = models.DateTimeField(_("déclarée le"))
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)
    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.starts_on} – {self.ends_on}"

    def holds_on(self, day: date) -> bool:
        """Tell whether somebody is away on a day, as ``AbsenceQuerySet.on`` does."""
        return self.cancelled_at is None and self.starts_on <= day <= self.ends_on


class ApiScope(models.TextChoices):
    """What a key permits."""

    FILE = "submissions:file", _("déposer une demande pour une entreprise")
    STATUS = "submissions:status", _("lire où en est une demande déposée")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self, on: date) -> Self:
        """Neither revoked nor over; the last day is inside. Of an organisation that is no partner any more, none."""
        return self.filter(revoked_at=None, expires_on__gte=on, organisation__kind__in=Organisation.PARTNERS)


class ApiKey(models.Model):
    """By which a partner's tool uses the API. Its secret is shown once, to who makes it; a digest is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(_("outil qui s’en sert"), max_length=80)
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope), verbose_name=_("ce qu’elle permet"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    start = models.CharField(_("début"), max_length=16, help_text="Of its secret: tells keys apart, opens nothing.")
    created_at = models.DateTimeField(_("créée le"))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("créée par"))
    expires_on = models.DateField(_("dernier jour"))
    last_used_on = models.DateField(_("servie la dernière fois le"), null=True)
    revoked_at = models.DateTimeField(_("révoquée le"), null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("clé d’API")
        verbose_name_plural = _("clés d’API")
        ordering = ["organisation__name", "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="api_key_known_scopes",
                condition=Q(scopes__contained_by=ApiScope.values) & Q(scopes__len__gt=0),
            ),
            # So that a form sent twice makes one key; another name tells the next one apart while both serve.
            models.UniqueConstraint(
                name="api_key_once_for_a_tool", fields=["organisation", "name"], condition=Q(revoked_at=None)
            ),
            models.CheckConstraint(name="api_key_digest_is_sha256", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="api_key_revoked_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.name} ({self.start}…)"

    def get_scopes_display(self) -> str:
        return ", ".join(str(ApiScope(scope).label) for scope in self.scopes)


class Attempt(models.Model):
    """How often something that must not be guessed was tried in one period; ``digest`` says by whom, under a key."""

    digest = models.CharField(primary_key=True, max_length=64)
    n = models.IntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.n} × {self.digest[:8]}"
