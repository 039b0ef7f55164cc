"""The catalogue: schemes, their immutable revisions, who runs them, what they ask and give, and where we read it.

This is one of the two doors to the engine: it answers "is this criterion well formed?".
"""

from datetime import date
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

import matching
from backend.accounts.models import User


def validate_criterion(definition: Any) -> None:
    """Refuse a criterion that the engine cannot read, saying where and why."""
    try:
        matching.parse_criterion(definition, place="critère")
    except matching.CriterionError as error:
        raise ValidationError(str(error)) from None


class TaxonomyNeed(models.Model):
    """A family of needs, in the words of the territory's firms."""

    key = models.SlugField(_("clé"), primary_key=True, max_length=40)
    label = models.CharField(_("libellé"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    transversal = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("besoin")
        verbose_name_plural = _("besoins")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.label


class SubNeed(models.Model):
    """What a firm can tick, with the everyday words by which people say it."""

    key = models.CharField(_("clé"), primary_key=True, max_length=60)
    need = models.ForeignKey(
        TaxonomyNeed, on_delete=models.PROTECT, related_name="sub_needs", verbose_name=_("besoin")
    )
    label = models.CharField(_("libellé"), max_length=120)
    short = models.CharField(_("libellé court"), max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    words = ArrayField(models.CharField(max_length=60), default=list)
    sentences = ArrayField(models.CharField(max_length=300), default=list)
    confusions = ArrayField(models.CharField(max_length=300), default=list)

    class Meta:
        verbose_name = _("sous-besoin")
        verbose_name_plural = _("sous-besoins")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.label


class Operator(models.Model):
    name = models.CharField(_("nom"), max_length=200, unique=True)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True)

    class Meta:
        verbose_name = _("porteur")
        verbose_name_plural = _("porteurs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SchemeQuerySet(models.QuerySet["Scheme"]):
    def published(self) -> Self:
        return self.described().filter(state=Scheme.State.PUBLISHED)

    def of_source(self, source: str) -> Self:
        return self.filter(source=source)

    def drafts(self) -> Self:
        """Sheets that nobody has checked: officers see them, marked; no firm's ranking holds one."""
        return self.described().filter(state=Scheme.State.DRAFT)

    def matchable(self, source: str) -> Self:
        """Schemes of a source that the engine ranks: ours once published, an imported source's as they came."""
        return self.of_source(source).published() if source == Scheme.OWN else self.of_source(source).described()

    def described(self) -> Self:
        """Schemes that have a revision in force."""
        return self.filter(current__isnull=False)

    def sources(self) -> list[str]:
        """Names of the sources that hold a scheme."""
        return list(self.described().order_by("source").values_list("source", flat=True).distinct())


class Scheme(models.Model):
    """A support scheme through time; what it says stands in its revisions."""

    OWN = "jonction"

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        PUBLISHED = "published", _("publié")
        ARCHIVED = "archived", _("archivé")

    source = models.CharField(_("source"), max_length=40, default=OWN)
    source_key = models.CharField(_("identifiant dans la source"), max_length=120)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    current = models.OneToOneField(
        "Revision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version en vigueur"),
    )
    changed_at = models.DateTimeField(_("modifié le"), null=True, editable=False, db_index=True)
    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispositif")
        verbose_name_plural = _("dispositifs")
        ordering = ["source", "source_key"]
        constraints = [models.UniqueConstraint(fields=["source", "source_key"], name="scheme_key_once")]

    def __str__(self) -> str:
        return self.current.name if self.current else self.source_key

    @property
    def key(self) -> str:
        return f"{self.source}:{self.source_key}"


class Revision(models.Model):
    """What a scheme said from one day on. A published revision is never changed: the next one replaces it."""

    class Kind(models.TextChoices):
        GRANT = "grant", _("subvention")
        LOAN = "loan", _("prêt")
        REPAYABLE_ADVANCE = "repayable_advance", _("avance remboursable")
        GUARANTEE = "guarantee", _("garantie")
        TAX_RELIEF = "tax_relief", _("avantage fiscal ou social")
        ADVISORY = "advisory", _("conseil, accompagnement")
        TRAINING = "training", _("formation")
        IN_KIND = "in_kind", _("service, lieu ou équipement")
        MIXED = "mixed", _("plusieurs formes d’aide")

    class Level(models.TextChoices):
        LOCAL = "local", _("local")
        DEPARTMENTAL = "departmental", _("départemental")
        REGIONAL = "regional", _("régional")
        NATIONAL = "national", _("national")
        EU = "eu", _("européen")

    class Confidence(models.TextChoices):
        VERIFIED = "verified", _("vérifié")
        PARTLY_VERIFIED = "partly_verified", _("vérifié en partie")
        TO_VERIFY = "to_verify", _("non vérifié")

    class Applicant(models.TextChoices):
        FIRM = "firm", _("l’entreprise")
        EMPLOYEE = "employee", _("le salarié")
        AUTHORITY = "authority", _("la collectivité")

    class WindowState(models.TextChoices):
        PERMANENT = "permanent", _("permanent")
        DATED = "dated", _("ouvert entre deux dates")
        UNKNOWN = "unknown", _("ouverture à confirmer")
        CLOSED = "closed", _("fermé")
        SUSPENDED = "suspended", _("suspendu")

    class AmountUnit(models.TextChoices):
        PROJECT = "project", _("par projet")
        HIRE = "hire", _("par embauche")
        EMPLOYEE_YEAR = "employee_year", _("par salarié et par an")
        SITE = "site", _("par site")

    scheme = models.ForeignKey(
        Scheme, on_delete=models.CASCADE, related_name="revisions", verbose_name=_("dispositif")
    )
    number = models.PositiveIntegerField(_("numéro"))
    recorded_at = models.DateTimeField(_("enregistrée le"))
    digest = models.CharField(max_length=64, help_text="Of the content: the same content makes no new revision.")

    name = models.CharField(_("nom"), max_length=200)
    summary = models.TextField(_("résumé"))
    kind = models.CharField(_("forme"), max_length=20, choices=Kind)
    level = models.CharField(_("niveau"), max_length=12, choices=Level)
    confidence = models.CharField(_("vérification"), max_length=16, choices=Confidence)
    as_of = models.DateField(_("état au"))
    applicants = ArrayField(models.CharField(max_length=10, choices=Applicant), verbose_name=_("demandeurs"))
    targeted_naf = ArrayField(
        models.CharField(max_length=8), default=list, blank=True, verbose_name=_("secteurs ciblés")
    )

    window_state = models.CharField(_("ouverture"), max_length=10, choices=WindowState)
    opens_on = models.DateField(_("ouvre le"), null=True, blank=True)
    closes_on = models.DateField(_("ferme le"), null=True, blank=True)
    recurring = models.BooleanField(_("récurrent"), null=True, blank=True)
    window_note = models.TextField(_("précision sur l’ouverture"), blank=True)
    preparation_days = models.PositiveSmallIntegerField(_("jours de préparation"), null=True, blank=True)

    amount_text = models.TextField(_("montant en mots"), blank=True)
    amount_unit = models.CharField(_("unité du montant"), max_length=14, choices=AmountUnit, blank=True)
    rate_max_pct = models.DecimalField(
        _("taux maximal (%)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    floor_eur = models.DecimalField(_("plancher (€)"), max_digits=12, decimal_places=2, null=True, blank=True)
    ceiling_eur = models.DecimalField(_("plafond (€)"), max_digits=12, decimal_places=2, null=True, blank=True)
    cost_left_eur = models.DecimalField(
        _("reste à charge (€)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    duration = models.CharField(_("durée"), max_length=200, blank=True)

    state_aid_regime = models.TextField(_("régime d’aide"), blank=True)
    legal_basis = models.TextField(_("base légale"), blank=True)
    documents = ArrayField(models.TextField(), default=list, blank=True, verbose_name=_("pièces à fournir"))
    next_step = models.TextField(_("première démarche"), blank=True)
    contact_name = models.CharField(_("contact"), max_length=200, blank=True)
    contact_url = models.URLField(_("page de contact"), max_length=500, blank=True)
    contact_phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    url = models.URLField(_("page du dispositif"), max_length=500, blank=True)
    public_contact = models.BooleanField(
        _("contact public"),
        default=False,
        help_text=_("Réseau permanent que toute entreprise peut appeler, même si la fiche n’est pas vérifiée."),
    )
    notes = models.TextField(_("remarques pour les développeurs"), blank=True)
    corrections = ArrayField(models.TextField(), default=list, blank=True, verbose_name=_("corrections apportées"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["scheme", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="revision_number_once"),
            models.CheckConstraint(
                name="revision_opens_then_closes",
                condition=Q(opens_on__lte=F("closes_on")),
                violation_error_message=_("La fermeture est avant l’ouverture."),
            ),
            models.CheckConstraint(
                name="revision_floor_under_ceiling",
                condition=Q(floor_eur__lte=F("ceiling_eur")),
                violation_error_message=_("Le plancher dépasse le plafond."),
            ),
            models.CheckConstraint(
                name="revision_dated_has_an_end", condition=~Q(window_state="dated") | Q(closes_on__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_partly_verified(self) -> bool:
        return self.confidence == self.Confidence.PARTLY_VERIFIED

    def days_left(self, on: date) -> int | None:
        """Days until the last one, which is inside; ``None`` where no end is known."""
        return None if self.closes_on is None else (self.closes_on - on).days


class OperatorRole(models.Model):
    class Role(models.TextChoices):
        FUNDER = "funder", _("finance")
        ASSESSOR = "assessor", _("instruit")
        DISTRIBUTOR = "distributor", _("donne accès")

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="roles")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="roles", verbose_name=_("porteur"))
    role = models.CharField(_("rôle"), max_length=12, choices=Role)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("rôle d’un porteur")
        verbose_name_plural = _("rôles des porteurs")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["revision", "operator", "role"], name="operator_role_once")]

    def __str__(self) -> str:
        return f"{self.operator} {self.get_role_display()}"


class Source(models.Model):
    """Where we read something. The date is what the source gives: a year, a month, a day, or nothing."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveSmallIntegerField()
    title = models.TextField(_("ce qui a été lu"))
    url = models.URLField(_("adresse"), max_length=500, blank=True)
    dated = models.CharField(
        _("date de ce qui a été lu"),
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^\d{4}(-\d{2}(-\d{2})?)?$")],
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["revision", "position"], name="source_position_once")]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """One condition of a revision, as the engine reads it, with its source."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    definition = models.JSONField(_("définition"), validators=[validate_criterion])
    from_text = models.BooleanField(
        default=False, help_text="Typed by us from an imported record's free text: left out of the typed verdict."
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="criteria")
    excerpt = models.TextField(_("phrase de la source"), blank=True)
    note = models.TextField(_("précision"), blank=True)

    class Meta:
        verbose_name = _("critère d’éligibilité")
        verbose_name_plural = _("critères d’éligibilité")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["revision", "position"], name="criterion_position_once")]

    def __str__(self) -> str:
        return str(self.definition.get("kind"))


class ServedNeed(models.Model):
    """How much a revision serves a sub-need, in ]0, 1]."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="served_needs")
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="served_by")
    weight = models.FloatField(validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])

    class Meta:
        verbose_name = _("besoin servi")
        verbose_name_plural = _("besoins servis")
        ordering = ["-weight"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "sub_need"], name="served_need_once"),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=1), name="served_need_weight_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.sub_need_id} {self.weight}"


class Relation(models.Model):
    """A link to another scheme, named by its key: the other may not be published yet."""

    class Kind(models.TextChoices):
        EXCLUDES = "excludes", _("ne se cumule pas avec")
        REQUIRES = "requires", _("demande d’abord")
        FOLLOWS = "follows", _("vient après")
        ALTERNATIVE_TO = "alternative_to", _("peut remplacer")

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(_("lien"), max_length=14, choices=Kind)
    other_key = models.CharField(_("autre dispositif"), max_length=120)
    note = models.TextField(_("précision"), blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("lien entre dispositifs")
        verbose_name_plural = _("liens entre dispositifs")
        constraints = [models.UniqueConstraint(fields=["revision", "kind", "other_key"], name="relation_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.other_key}"


class CatalogueTaskQuerySet(models.QuerySet["CatalogueTask"]):
    def waiting(self) -> Self:
        return self.filter(closed_at__isnull=True)


class CatalogueTask(models.Model):
    """Something to check or mend in a scheme's sheet, reported by a person."""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("dispositif"))
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="tasks", verbose_name=_("version lue")
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("critère en cause"),
    )
    text = models.TextField(_("ce qui ne va pas"), blank=True)
    reported_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="catalogue_tasks", verbose_name=_("signalé par")
    )
    reported_at = models.DateTimeField(_("signalé le"))
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("traité par")
    )
    closed_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    answer = models.TextField(_("réponse"), blank=True)
    objects = CatalogueTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("fiche à vérifier")
        verbose_name_plural = _("fiches à vérifier")
        ordering = ["reported_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="catalogue_task_closed_by_someone",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scheme} : {self.text or self.criterion}"
