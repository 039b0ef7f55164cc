"""What schemes say: immutable revisions, who runs them, what they ask and give, and where we read it.

This is one of the two doors to the engine: it answers "is this well formed?", of criteria and links.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

import matching
from backend.schemes.models.refusals import refused_parameter, why_refused
from backend.schemes.models.schemes import Scheme
from backend.schemes.models.taxonomy import SubNeed


def validate_criterion(definition: Any) -> None:
    """Refuse a criterion that the engine cannot read, saying where and why."""
    try:
        matching.parse_criterion(definition, place="critère")
    except matching.CriterionError as error:
        raise ValidationError(why_refused(error), params={"parameter": refused_parameter(error)}) from None


def canonical_criterion(definition: Any) -> dict[str, Any]:
    """Return a criterion as the engine writes it, so that two ways of saying the same thing are equal."""
    return matching.dump_criterion(matching.parse_criterion(definition))


def criterion_schema() -> dict[str, Any]:
    """Return the JSON Schema that a criterion follows."""
    return matching.criterion_schema()


def validate_activity(code: str, *, any_nomenclature: bool = False) -> None:
    """Refuse an activity code that the engine cannot read: of the NAF rév. 2, or as well of the NAF 2025."""
    if not any(is_activity(code, name) for name in ("naf_rev2", "naf_2025")[: 2 if any_nomenclature else 1]):
        raise ValidationError(
            _("« %(code)s » n’est pas un code NAF : une lettre de section, ou de 2 à 4 chiffres et une lettre."),
            params={"code": code},
        )


def is_activity(code: str, nomenclature: str) -> bool:
    """Tell whether a text has the shape of a code of a nomenclature."""
    try:
        return bool(matching.activity_path(code, nomenclature))
    except matching.FactError:
        return False


def contradiction_in(relations: Iterable[tuple[str, str, str, float | None]]) -> tuple[str, tuple[str, ...]] | None:
    """Return why relations, each ``(key, kind, other key, cap)``, cannot all hold, with the schemes; or nothing."""
    edges = [matching.Relation(scheme=one, kind=kind, other=two, cap_pct=cap) for one, kind, two, cap in relations]
    try:
        matching.check_relations(edges)
    except matching.RelationError as error:
        return error.reason, error.schemes
    return None


class Operator(models.Model):
    name = models.CharField(_("nom"), max_length=200, unique=True)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True)

    class Meta:
        verbose_name = _("porteur")
        verbose_name_plural = _("porteurs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    # Empty only in records of other sites, which do not always say it.
    kind = models.CharField(_("forme"), max_length=20, choices=Kind, blank=True)
    level = models.CharField(_("niveau"), max_length=12, choices=Level, blank=True)
    confidence = models.CharField(_("vérification"), max_length=16, choices=Confidence)
    as_of = models.DateField(_("état au"))
    applicants = ArrayField(models.CharField(max_length=10, choices=Applicant), verbose_name=_("demandeurs"))
    targeted_naf = ArrayField(
        models.CharField(max_length=8, validators=[validate_activity]),
        default=list,
        blank=True,
        verbose_name=_("secteurs ciblés"),
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
    """A link to another scheme, named by its key: the other may not be published yet. It never changes a verdict."""

    class Kind(models.TextChoices):
        EXCLUDES = "excludes", _("ne se cumule pas avec")
        REQUIRES = "requires", _("demande d’abord")
        CUMULABLE = "cumulable", _("se cumule avec")
        FOLLOWS = "follows", _("vient après")
        ALTERNATIVE_TO = "alternative_to", _("peut remplacer")

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(_("lien"), max_length=14, choices=Kind)
    other_key = models.CharField(_("autre dispositif"), max_length=120)
    cap_pct = models.DecimalField(
        _("plafond du cumul (% de la même dépense)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of 'cumulable' only: what both pay of one spend at most; empty where no cap is known.",
    )
    note = models.TextField(_("précision"), blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("lien entre dispositifs")
        verbose_name_plural = _("liens entre dispositifs")
        constraints = [
            models.UniqueConstraint(fields=["revision", "kind", "other_key"], name="relation_once"),
            models.CheckConstraint(
                name="relation_cap_is_a_share_of_what_is_cumulable",
                condition=Q(cap_pct__isnull=True) | Q(kind="cumulable", cap_pct__gt=0, cap_pct__lte=100),
                violation_error_message=_(
                    "Un plafond est une part de la dépense, plus grande que 0 et au plus égale à 100 : "
                    "il ne va qu’avec « se cumule avec »."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.other_key}"
