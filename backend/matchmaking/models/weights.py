"""The points that make the score, and since when which ones count."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User


class WeightSetQuerySet(models.QuerySet["WeightSet"]):
    def in_force(self) -> Self:
        """The one version whose points count: the last that was put in force."""
        return self.filter(pk__in=Activation.objects.values("weights")[:1])


class WeightSet(models.Model):
    """A version of the points that make the score. Written once, never changed: results name the one they used."""

    version = models.CharField(_("version"), max_length=20, primary_key=True)
    points = models.JSONField(_("points"))
    author = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("auteur"),
        help_text=_("Vide : livrée avec le service."),
    )
    written_on = models.DateField(_("écrite le"))
    note = models.TextField(_("pourquoi"), blank=True)
    objects = WeightSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("jeu de poids")
        verbose_name_plural = _("jeux de poids")
        ordering = ["-written_on", "-version"]

    def __str__(self) -> str:
        return self.version


class Activation(models.Model):
    """A version put in force; the last row says which one holds, the others what held before."""

    weights = models.ForeignKey(
        WeightSet, on_delete=models.PROTECT, related_name="activations", verbose_name=_("version")
    )
    by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("par"),
        help_text=_("Vide : au chargement des données de référence."),
    )
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("mise en vigueur")
        verbose_name_plural = _("mises en vigueur")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.weights_id} {self.at:%Y-%m-%d}"
