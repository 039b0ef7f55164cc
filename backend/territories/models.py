"""Perimeters of the official geographic code (COG) and the zones that schemes name, with who contains whom."""

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PerimeterQuerySet(models.QuerySet["Perimeter"]):
    def communes(self) -> Self:
        return self.filter(kind=Perimeter.Kind.COMMUNE)

    def zones(self) -> Self:
        return self.filter(kind=Perimeter.Kind.ZONE)

    def inside(self, outer: "Perimeter", *, on: date) -> Self:
        """Perimeters that another one contains on a day; before the held millésime containment is unknown, so none."""
        return self.filter(pk__in=Containment.objects.valid(on).filter(outer=outer, holds=True).values("inner"))

    def around(self, inner: "Perimeter", *, on: date) -> Self:
        """Perimeters that contain another one on a day."""
        return self.filter(pk__in=Containment.objects.valid(on).filter(inner=inner, holds=True).values("outer"))


class Perimeter(models.Model):
    """An area, any scale. ``code`` says scale and official code: ``COM-60159``, ``EPCI-200067965``, ``REG-32``."""

    class Kind(models.TextChoices):
        REGION = "region", _("région")
        DEPARTMENT = "department", _("département")
        EPCI = "epci", _("intercommunalité")
        COMMUNE = "commune", _("commune")
        ZONE = "zone", _("zone")

    code = models.CharField(_("code"), max_length=60, unique=True)
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    name = models.CharField(_("nom"), max_length=120)
    search_name = models.CharField(max_length=120, db_index=True, help_text="Name without accents, for look-ups.")
    postcodes = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    population = models.PositiveIntegerField(_("population municipale"), null=True, blank=True)
    note = models.TextField(_("remarque"), blank=True)
    is_of_addresses = models.BooleanField(
        _("parties de communes"), default=False, help_text="Of a zone: its list names communes of which a part is in."
    )
    objects = PerimeterQuerySet.as_manager()

    class Meta:
        verbose_name = _("périmètre")
        verbose_name_plural = _("périmètres")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def official_code(self) -> str:
        """INSEE code or SIREN, without the scale."""
        return self.code.split("-", 1)[1]


def valid_on(day: date, through: str = "") -> Q:
    """Return what is true of a containment in force on a day, seen through the relation that leads to it."""
    no_end = Q((f"{through}until__isnull", True)) | Q((f"{through}until__gte", day))
    return no_end & Q((f"{through}since__lte", day))


class ContainmentQuerySet(models.QuerySet["Containment"]):
    def valid(self, day: date) -> Self:
        """Rows in force on a day; before the first day held nothing is known."""
        return self.filter(valid_on(day))


class Containment(models.Model):
    """One perimeter lies in another from a day on. For a zone, ``holds`` says whether it does or is known not to."""

    inner = models.ForeignKey(Perimeter, on_delete=models.CASCADE, related_name="containments")
    outer = models.ForeignKey(Perimeter, on_delete=models.CASCADE, related_name="contents")
    holds = models.BooleanField(default=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    objects = ContainmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("inclusion")
        verbose_name_plural = _("inclusions")
        constraints = [
            models.UniqueConstraint(fields=["inner", "outer", "since"], name="containment_once"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="containment_since_then_until"),
        ]

    def __str__(self) -> str:
        return f"{self.inner_id} → {self.outer_id}"


class ZoneList(models.Model):
    """Which communes are in a zone, as one list says; the newest is in force. Ours gives way to a newer day."""

    zone = models.ForeignKey(Perimeter, on_delete=models.CASCADE, related_name="lists", verbose_name=_("zone"))
    source = models.TextField(_("source"))
    dated = models.DateField(_("datée du"))
    is_reviewed = models.BooleanField(_("fichier relu"), help_text="Of zones.yaml; else loaded by load_zones.")
    loaded_at = models.DateTimeField(_("chargée le"))
    digest = models.CharField(max_length=64)
    held_for = models.JSONField(_("complète dans"), help_text="Codes of perimeters; FRANCE for everywhere.")
    said = models.JSONField(_("communes"), help_text="By code: whether it is in, or known to be out.")

    class Meta:
        verbose_name = _("liste d’une zone")
        verbose_name_plural = _("listes des zones")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.zone} ({self.dated})"


class Territory(models.Model):
    """The territory the service is for; nothing in the code knows which it is."""

    name = models.CharField(_("nom"), max_length=120, unique=True)
    programme = models.CharField(_("programme"), max_length=120)

    class Meta:
        verbose_name = _("territoire")
        verbose_name_plural = _("territoires")

    def __str__(self) -> str:
        return self.name


class ServedEpci(models.Model):
    """An intercommunality whose officers use the service."""

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="epcis")
    perimeter = models.OneToOneField(Perimeter, on_delete=models.PROTECT, related_name="served")
    short_name = models.CharField(_("sigle"), max_length=20)
    usual_name = models.CharField(_("nom d’usage"), max_length=120)

    class Meta:
        verbose_name = _("intercommunalité servie")
        verbose_name_plural = _("intercommunalités servies")
        ordering = ["short_name"]

    def __str__(self) -> str:
        return self.usual_name


class Nomenclature(models.Model):
    """A code of an official list other than geography: NAF rév. 2 at every level, INSEE legal categories."""

    class System(models.TextChoices):
        NAF_REV2 = "naf_rev2", _("NAF rév. 2")
        LEGAL_CATEGORY = "legal_category", _("catégorie juridique")

    system = models.CharField(max_length=16, choices=System)
    code = models.CharField(max_length=8)
    name = models.CharField(_("libellé"), max_length=200)
    level = models.CharField(max_length=12, blank=True)

    class Meta:
        verbose_name = _("code de nomenclature")
        verbose_name_plural = _("codes de nomenclature")
        constraints = [models.UniqueConstraint(fields=["system", "code"], name="nomenclature_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ActivityTable(models.Model):
    """INSEE's correspondence between the NAF rév. 2 and the NAF 2025, as it was loaded; the newest is in force."""

    source = models.CharField(_("source"), max_length=500)
    dated = models.DateField(_("datée du"))
    loaded_at = models.DateTimeField(_("chargée le"))
    digest = models.CharField(max_length=64)
    pairs = models.JSONField(_("correspondances"), help_text="Pairs of a code of the NAF rév. 2 and one of the 2025.")
    incomplete = models.JSONField(
        default=dict, help_text="By nomenclature, codes of which a row could not be read: nothing is told of them."
    )
    silent = models.JSONField(default=list, help_text="Nomenclatures of which a code in some row could not be read.")

    class Meta:
        verbose_name = _("table de correspondance des activités")
        verbose_name_plural = _("tables de correspondance des activités")
        ordering = ["-pk"]
        get_latest_by = "pk"

    def __str__(self) -> str:
        return f"{self.source} ({self.dated})"


class LoadedFixture(models.Model):
    """What was loaded last from a group of files, so that loading the same again takes no time."""

    name = models.CharField(max_length=60, primary_key=True)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name
