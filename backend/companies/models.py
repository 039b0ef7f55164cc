"""Firms: the legal unit (SIREN), its sites (SIRET), the people to call, and facts and aids that say who told them."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.companies.packing import VERSION, rows_of, unpack


class Company(models.Model):
    siren = models.CharField(_("SIREN"), max_length=9, unique=True)

    class Meta:
        verbose_name = _("entreprise")
        verbose_name_plural = _("entreprises")

    def __str__(self) -> str:
        return self.siren


class Establishment(models.Model):
    """A site. Aid, zoning and the officer in charge depend on the site, not on the head office."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="establishments")
    siret = models.CharField(_("SIRET"), max_length=14, unique=True)

    class Meta:
        verbose_name = _("établissement")
        verbose_name_plural = _("établissements")

    def __str__(self) -> str:
        return self.siret


class Contact(models.Model):
    """The person to call, as that person wrote it."""

    name = models.CharField(_("nom"), max_length=120)
    email = models.EmailField(_("adresse électronique"))
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            # Addresses are compared without their case, and outside ASCII the case of one letter is that of another.
            models.CheckConstraint(condition=models.Q(email__regex=r"^[!-~]*$"), name="contact_email_is_ascii")
        ]

    def __str__(self) -> str:
        return self.name


class FactSheet(models.Model):
    """What is known of a firm and its project, fact by fact; a newer row of a fact replaces the older one."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="sheets")
    establishment = models.ForeignKey(
        Establishment, on_delete=models.PROTECT, null=True, blank=True, related_name="sheets"
    )
    name = models.CharField(_("nom de l’entreprise"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("fiche de faits")
        verbose_name_plural = _("fiches de faits")

    def __str__(self) -> str:
        return self.name or str(self.establishment or self.company or self.pk)

    def current(self) -> dict[str, "Fact"]:
        """Return the newest row of each fact, by name; one that was taken back is left out."""
        newest = {fact.name: fact for fact in self.facts.said()}
        return {name: fact for name, fact in newest.items() if fact.value is not None}

    def official(self) -> dict[str, "Fact"]:
        """Return what the State's register says, by name, also where somebody says otherwise."""
        newest = {fact.name: fact for fact in self.facts.said().filter(origin=Fact.Origin.REGISTER)}
        return {name: fact for name, fact in newest.items() if fact.value is not None}

    def declined(self) -> set[str]:
        """Return the questions to which someone answered that they do not know."""
        rows = self.facts.filter(name__startswith=Fact.DECLINED).values_list("name", flat=True)
        return {name.removeprefix(Fact.DECLINED) for name in rows}

    def values(self) -> dict[str, Any]:
        """Return the value of each fact that is known, by name."""
        return {name: fact.value for name, fact in self.current().items()}


class FactQuerySet(models.QuerySet["Fact"]):
    def said(self) -> Self:
        """Values, the oldest first, and not the questions that nobody could answer."""
        return self.exclude(name__startswith=Fact.DECLINED).order_by("recorded_at", "pk")

    def answers(self) -> Self:
        """Answers to the conditions that only a person can check."""
        return self.filter(name__startswith=Fact.ANSWER)


class Fact(models.Model):
    """One value, who said it and when. Never rewritten: a correction is another row; ``null`` takes a fact back."""

    ANSWER = "answer:"  # then the name of a condition that only a person can check
    DECLINED = "declined:"  # then the name of a question that is not asked again
    SCHEME = "scheme:"  # then the key of a scheme, with its source: whether the firm has it
    AIDS_COMPLETE = "de_minimis.complete"  # no other de minimis aid in three years, as of the day it was recorded

    class Origin(models.TextChoices):
        DECLARED = "declared", _("déclaré par l’entreprise")
        REGISTER = "register", _("Sirene")
        OFFICER = "officer", _("saisi par le développeur")
        DEDUCED = "deduced", _("déduit d’une autre réponse")

    sheet = models.ForeignKey(FactSheet, on_delete=models.CASCADE, related_name="facts")
    name = models.CharField(max_length=200)
    value = models.JSONField(null=True)
    origin = models.CharField(max_length=10, choices=Origin)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_on = models.DateField(help_text="Day of the service, in Paris.")
    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fait")
        verbose_name_plural = _("faits")
        indexes = [models.Index(fields=["sheet", "name"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(origin="officer") | Q(author__isnull=False), name="fact_of_an_officer_names_them"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"

    def get_origin_display(self) -> str:  # type: ignore[no-redef]
        return str(self.Origin(self.origin).label)  # Django's own translates all of them to find one

    @property
    def listed_with(self) -> str:
        """Name of the list in which a fact is shown with others of its kind; nothing where it stands alone."""
        return "schemes" if self.name.startswith(self.SCHEME) else ""


class FactSnapshotQuerySet(models.QuerySet["FactSnapshot"]):
    def current(self) -> Self:
        """Snapshots that hold all facts of today's list, each where it is read."""
        return self.filter(version=VERSION)


class FactSnapshot(models.Model):
    """The facts in force of one sheet, packed to be read with those of thousands: what counts are the facts.

    Written in the transaction that writes facts; ``rebuild_snapshots`` makes it again where the list of facts changed.
    """

    sheet = models.OneToOneField(FactSheet, on_delete=models.CASCADE, primary_key=True, related_name="snapshot")
    version = models.CharField(max_length=12, help_text="Digest of the list of facts that was packed.")
    packed = models.BinaryField()
    rest = models.JSONField(null=True, help_text="Facts that have no place in it; empty where there are none.")
    objects = FactSnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("faits en vigueur")
        verbose_name_plural = _("faits en vigueur")

    def __str__(self) -> str:
        return f"{self.sheet_id} ({self.version})"

    def values(self) -> dict[str, Any]:
        """Return the value of each fact that is known, by name."""
        return {**unpack(rows_of([self.packed]))[0], **(self.rest or {})}


class ReceivedAidQuerySet(models.QuerySet["ReceivedAid"]):
    def standing(self) -> Self:
        """Aids that nobody took back."""
        return self.filter(withdrawn_at__isnull=True)


class ReceivedAid(models.Model):
    """A de minimis aid of the single undertaking. One recorded by mistake is taken back, not erased.

    It belongs to the sheet of a file, as a fact does: what one firm declares, no other file of its number shows.
    """

    class Regulation(models.TextChoices):
        GENERAL = "general", _("général (règlement 2023/2831)")
        SGEI = "sgei", _("services d’intérêt économique général (2023/2832)")
        AGRICULTURAL = "agricultural", _("agricole (1408/2013)")
        FISHERY = "fishery", _("pêche et aquaculture (717/2014)")

    sheet = models.ForeignKey(FactSheet, on_delete=models.CASCADE, related_name="aids")
    granted_on = models.DateField(_("accordée le"))
    amount_eur = models.DecimalField(
        _("montant (€)"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Gross grant equivalent; empty when not known.",
    )
    regulation = models.CharField(
        _("règlement"), max_length=12, choices=Regulation, blank=True, help_text="Empty when not known."
    )
    title = models.CharField(_("aide"), max_length=120, blank=True)
    member = models.CharField(
        _("reçue par"), max_length=160, blank=True, help_text="Another enterprise of the single undertaking."
    )
    origin = models.CharField(max_length=10, choices=Fact.Origin)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(_("notée le"))
    recorded_on = models.DateField(help_text="Day of the service, in Paris.")
    withdrawn_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: the firm."
    )
    objects = ReceivedAidQuerySet.as_manager()

    class Meta:
        verbose_name = _("aide de minimis reçue")
        verbose_name_plural = _("aides de minimis reçues")
        ordering = ["granted_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_eur__gt=0), name="received_aid_is_more_than_nothing"),
            models.CheckConstraint(
                condition=~Q(origin="officer") | Q(author__isnull=False), name="received_aid_of_an_officer_names_them"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True) | Q(withdrawn_at__isnull=False),
                name="received_aid_taken_back_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.granted_on} {self.amount_eur or '?'} {self.regulation}"


class RegisteredEstablishmentQuerySet(models.QuerySet["RegisteredEstablishment"]):
    def named(self, words: Iterable[str]) -> Self:
        """Those of which each of some folded words begins a word of a name."""
        found = self
        for word in words:
            found = found.filter(search_name__contains=f" {word}")
        return found


class RegisteredEstablishment(models.Model):
    """An establishment of the territory in our copy of the State's register; it says nothing of who filed here.

    Names of natural persons are not copied: a sole trader has a trade name, or none.
    """

    siret = models.CharField(_("SIRET"), max_length=14, primary_key=True)
    name = models.CharField(_("nom"), max_length=160, blank=True)
    search_name = models.CharField(max_length=400, help_text="A space before each folded word of all its names.")
    commune = models.CharField(_("commune"), max_length=5)
    naf = models.CharField(_("activité (NAF rév. 2)"), max_length=6, blank=True)
    naf_2025 = models.CharField(_("activité (NAF 2025)"), max_length=6, blank=True)
    legal_category = models.CharField(_("catégorie juridique"), max_length=4, blank=True)
    created_on = models.DateField(_("création de l’entreprise"), null=True, blank=True)
    headcount_code = models.CharField(_("tranche d’effectif"), max_length=2, blank=True)
    headcount_year = models.PositiveSmallIntegerField(_("année de l’effectif"), null=True, blank=True)
    insee_category = models.CharField(_("catégorie de l’INSEE"), max_length=3, blank=True)
    insee_category_year = models.PositiveSmallIntegerField(_("année de la catégorie"), null=True, blank=True)
    is_head_office = models.BooleanField(_("siège"))
    is_open = models.BooleanField(_("ouvert"))
    closed_on = models.DateField(_("fermé le"), null=True, blank=True)
    objects = RegisteredEstablishmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("établissement du registre")
        verbose_name_plural = _("établissements du registre")

    def __str__(self) -> str:
        return self.siret


class RegisterCopy(models.Model):
    """A load of the register's open files; the newest says how old our copy is."""

    dated = models.DateField(_("état du registre au"))
    loaded_at = models.DateTimeField(_("chargé le"))
    n_establishments = models.PositiveIntegerField(_("établissements"))

    class Meta:
        verbose_name = _("copie du registre")
        verbose_name_plural = _("copies du registre")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.dated)
