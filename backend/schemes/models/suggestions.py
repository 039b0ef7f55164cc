"""What the catalogue lacks, as people say it: a scheme that somebody proposed, and what became of it."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.schemes import Scheme


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def waiting(self) -> Self:
        return self.filter(closed_at__isnull=True)


class Suggestion(models.Model):
    """A scheme that somebody misses in the catalogue: a visitor, of whom nothing is kept, or somebody of ours.

    Its answer names the sheet that there is now, or says why there is none.
    """

    name = models.CharField(_("nom du dispositif"), max_length=200)
    url = models.URLField(_("adresse de sa page"), max_length=500, blank=True)
    text = models.TextField(_("ce qu’il apporte, et à qui"), blank=True)
    suggested_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("proposé par"),
    )
    suggested_at = models.DateTimeField(_("proposé le"))
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("traité par")
    )
    closed_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    scheme = models.ForeignKey(
        Scheme,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("fiche du dispositif"),
    )
    answer = models.TextField(_("réponse"), blank=True)
    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispositif proposé")
        verbose_name_plural = _("dispositifs proposés")
        ordering = ["suggested_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="suggestion_is_answered_by_someone",
                condition=Q(closed_at=None, closed_by=None, scheme=None, answer="")
                | Q(closed_at__isnull=False, closed_by__isnull=False) & (Q(scheme__isnull=False) | ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def author(self) -> str:
        """Who proposed it, for those who read the list."""
        return str(self.suggested_by or "public")
