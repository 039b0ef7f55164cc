"""What firms need, in two levels, with the everyday words by which people say it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


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
