"""What a revision is made of: who runs it, what it asks, which needs it serves, its links, and where we read it."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.schemes.models.revisions import Revision, validate_criterion
from backend.schemes.models.taxonomy import SubNeed


def validate_siren(number: str) -> None:
    """Refuse nine digits of which the last one is not that which the others make."""
    from stdnum.fr import siren  # slow to load, and every command loads this module

    if not siren.is_valid(number):
        raise ValidationError(
            _("« %(number)s » n’est pas un SIREN : attendu, 9 chiffres dont le dernier est une clé de contrôle."),
            params={"number": number},
        )


class Operator(models.Model):
    name = models.CharField(_("nom"), max_length=200, unique=True)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True, validators=[validate_siren])

    class Meta:
        verbose_name = _("porteur")
        verbose_name_plural = _("porteurs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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


class Tier(models.TextChoices):
    """Who speaks, and so how far what is read may be believed."""

    OFFICIAL = "official", _("texte officiel")
    OPERATOR = "operator", _("porteur")
    STATE = "state", _("catalogue de l’État")
    OTHER = "other", _("autre")


class Source(models.Model):
    """Where we read something. The date is what the source gives: a year, a month, a day, or nothing."""

    class Licence(models.TextChoices):
        """Why its sentences may be quoted; what has none is told in our own words."""

        OPEN = "open", _("sous Licence Ouverte")
        LEGAL = "legal", _("texte officiel, libre de droits")

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
    tier = models.CharField(_("qui parle"), max_length=8, choices=Tier, blank=True)
    licence = models.CharField(_("peut être citée"), max_length=5, choices=Licence, blank=True)

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
    place = models.CharField(_("endroit dans la source"), max_length=200, blank=True)
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
