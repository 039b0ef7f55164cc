"""What schemes say: immutable revisions.

This is one of the two doors to the engine: it answers "is this well formed?", of criteria and links.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

import matching
from backend.schemes.models.refusals import refused_parameter, why_refused
from backend.schemes.models.schemes import Scheme


def validate_criterion(definition: Any) -> None:
    """Refuse a criterion that the engine cannot read, saying where and why."""
    try:
        matching.parse_criterion(definition, place="critère")
    except matching.CriterionError as error:
        raise ValidationError(why_refused(error), params={"parameter": refused_parameter(error)}) from None


def canonical_criterion(definition: Any) -> matching.Definition:
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


def validate_activity_2025(code: str) -> None:
    """Refuse an activity code that is not of the NAF 2025."""
    if not is_activity(code, "naf_2025"):
        raise ValidationError(
            _("« %(code)s » n’est pas un code NAF 2025 : une lettre de section, ou de 2 à 4 chiffres et une lettre."),
            params={"code": code},
        )


def is_activity(code: str, nomenclature: str) -> bool:
    """Tell whether a text has the shape of a code of a nomenclature."""
    try:
        return bool(matching.activity_path(code, nomenclature))
    except matching.FactError:
        return False


def chain_in(parents: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return a variant of a variant with the two above it, of variants and their parents by key; or nothing."""
    return matching.chain_in(parents)


def activity_path(code: str) -> str:
    """Write a NAF rév. 2 code so that each level starts with the level above; empty where it is none."""
    try:
        return matching.activity_path(code, "naf_rev2")
    except matching.FactError:
        return ""


def contradiction_in(relations: Iterable[tuple[str, str, str, float | None]]) -> tuple[str, tuple[str, ...]] | None:
    """Return why relations, each ``(key, kind, other key, cap)``, cannot all hold, with the schemes; or nothing."""
    edges = [matching.Relation(scheme=one, kind=kind, other=two, cap_pct=cap) for one, kind, two, cap in relations]
    try:
        matching.check_relations(edges)
    except matching.RelationError as error:
        return error.reason, error.schemes
    return None


def _percentage(label: Any) -> "models.DecimalField[Any, Any]":
    bounds = [MinValueValidator(0), MaxValueValidator(100)]
    return models.DecimalField(label, max_digits=5, decimal_places=2, null=True, blank=True, validators=bounds)


def _euros(label: Any) -> "models.DecimalField[Any, Any]":
    bounds = [MinValueValidator(0)]
    return models.DecimalField(label, max_digits=12, decimal_places=2, null=True, blank=True, validators=bounds)


SHORT_NOTICE_DAYS = matching.SHORT_NOTICE_DAYS  # taken for a preparation time where no source gives one
# Columns that hold the rate of a size of firm, smallest first.
RATE_COLUMNS = {size: f"rate_{size}_pct" for size in matching.SIZES}


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

    OF_TERRITORY = (Level.LOCAL, Level.DEPARTMENTAL)  # an organisation looks after each of these

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
        EXHAUSTED = "exhausted", _("enveloppe épuisée")

    class AmountUnit(models.TextChoices):
        PROJECT = "project", _("par projet")
        HIRE = "hire", _("par embauche")
        EMPLOYEE_YEAR = "employee_year", _("par salarié et par an")
        SITE = "site", _("par site")
        STUDY = "study", _("par étude")  # a share of what a study or an advice costs, not of the project it is for

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
    owner = models.CharField(
        _("suivie par"),
        max_length=200,
        blank=True,
        help_text=_("L’organisation qui dit chaque trimestre si une fiche locale ou départementale est juste."),
    )
    confidence = models.CharField(_("vérification"), max_length=16, choices=Confidence)
    as_of = models.DateField(_("état au"))
    review_by = models.DateField(_("à revoir avant le"), null=True, blank=True)
    applicants = ArrayField(models.CharField(max_length=10, choices=Applicant), verbose_name=_("demandeurs"))
    targeted_naf = ArrayField(
        models.CharField(max_length=8, validators=[validate_activity]),
        default=list,
        blank=True,
        verbose_name=_("secteurs ciblés"),
    )

    targeted_naf_2025 = ArrayField(
        models.CharField(max_length=8, validators=[validate_activity_2025]),
        default=list,
        blank=True,
        verbose_name=_("secteurs ciblés (NAF 2025)"),
    )
    variant_of = models.CharField(
        _("variante de"),
        max_length=120,
        blank=True,
        help_text="Key of the parent, of the same source: listed in its place wherever a firm may have this one.",
    )

    window_state = models.CharField(_("ouverture"), max_length=10, choices=WindowState)
    opens_on = models.DateField(_("ouvre le"), null=True, blank=True)
    closes_on = models.DateField(_("ferme le"), null=True, blank=True)
    recurring = models.BooleanField(_("récurrent"), null=True, blank=True)
    window_note = models.TextField(_("précision sur l’ouverture"), blank=True)
    # Of an unknown window alone: a page showed it open, and until when that holds; it need not hold at all.
    seen_on = models.DateField(_("vu ouvert le"), null=True, blank=True)
    seen_until = models.DateField(_("vu ouvert, valable jusqu’au"), null=True, blank=True)
    seen_by = models.CharField(_("vu ouvert par"), max_length=120, blank=True)
    seen_url = models.URLField(_("vu ouvert sur"), max_length=500, blank=True)
    observed = models.ForeignKey(
        "schemes.WindowObservation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("constat d’ouverture"),
        help_text="What decided of the window; kept as long as the sighting it made is.",
    )
    preparation_days = models.PositiveSmallIntegerField(_("jours de préparation"), null=True, blank=True)

    amount_text = models.TextField(_("montant en mots"), blank=True)
    amount_unit = models.CharField(_("unité du montant"), max_length=14, choices=AmountUnit, blank=True)
    rate_max_pct = _percentage(_("taux maximal (%)"))
    rate_micro_pct = _percentage(_("taux, micro-entreprise (%)"))
    rate_small_pct = _percentage(_("taux, petite entreprise (%)"))
    rate_medium_pct = _percentage(_("taux, entreprise moyenne (%)"))
    rate_intermediate_pct = _percentage(_("taux, entreprise de taille intermédiaire (%)"))
    rate_large_pct = _percentage(_("taux, grande entreprise (%)"))
    floor_eur = _euros(_("plancher (€)"))
    ceiling_eur = _euros(_("plafond (€)"))
    spend_min_eur = _euros(_("dépense retenue au moins (€)"))
    spend_max_eur = _euros(_("dépense retenue au plus (€)"))
    cost_left_eur = _euros(_("reste à charge (€)"))
    in_kind = models.BooleanField(
        _("en nature"), null=True, blank=True, help_text=_("Un service, un lieu ou un équipement, et pas d’argent.")
    )
    duration = models.CharField(_("durée"), max_length=200, blank=True)
    amount_source = models.PositiveSmallIntegerField(
        _("source du montant"), null=True, blank=True, help_text="Position of one of its sources."
    )
    amount_place = models.CharField(_("endroit du montant dans la source"), max_length=200, blank=True)
    amount_excerpt = models.TextField(_("phrase de la source sur le montant"), blank=True)

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
                name="revision_spend_in_order",
                condition=Q(spend_min_eur__lte=F("spend_max_eur")),
                violation_error_message=_("La dépense minimale dépasse la dépense maximale."),
            ),
            models.CheckConstraint(
                name="revision_rates_under_the_highest",
                condition=Q(*(Q(**{f"{column}__lte": F("rate_max_pct")}) for column in RATE_COLUMNS.values())),
                violation_error_message=_("Le taux d’une taille d’entreprise dépasse le taux maximal."),
            ),
            models.CheckConstraint(
                name="revision_rates_are_percentages",
                condition=Q(
                    *(Q(**{f"{column}__range": (0, 100)}) for column in ("rate_max_pct", *RATE_COLUMNS.values()))
                ),
                violation_error_message=_("Un taux est une part, de 0 à 100 %."),
            ),
            models.CheckConstraint(
                name="revision_review_after_reading",
                condition=Q(review_by__gte=F("as_of")),
                violation_error_message=_("Une fiche est à revoir après le jour où elle a été relue."),
            ),
            models.CheckConstraint(
                name="revision_seen_open_where_nothing_is_stated",
                condition=Q(seen_on=None, seen_until=None, seen_by="", seen_url="")
                | Q(window_state="unknown", seen_on__isnull=False) & ~Q(seen_by="") & ~Q(seen_url=""),
            ),
            models.CheckConstraint(name="revision_seen_then_held", condition=Q(seen_on__lte=F("seen_until"))),
            models.CheckConstraint(
                name="revision_dated_has_an_end", condition=~Q(window_state="dated") | Q(closes_on__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # Django's own translate every word of the list to find one, on each card of a page.

    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        return str(self.Kind(self.kind).label) if self.kind else ""

    def get_level_display(self) -> str:  # type: ignore[no-redef]
        return str(self.Level(self.level).label) if self.level else ""

    @property
    def rates(self) -> dict[str, Decimal]:
        """The rate of each size of firm, smallest first, of those that a source gives one for."""
        found = ((size, getattr(self, column)) for size, column in RATE_COLUMNS.items())
        return {size: rate for size, rate in found if rate is not None}

    @property
    def is_partly_verified(self) -> bool:
        return self.confidence == self.Confidence.PARTLY_VERIFIED

    def days_left(self, on: date) -> int | None:
        """Days until the last one, which is inside; ``None`` where no end is known."""
        return None if self.closes_on is None else (self.closes_on - on).days
