"""Whether an officer reads a file before its schemes are e-mailed, need by need: who decided so, and when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models import TaxonomyNeed


class ReviewPolicy(models.Model):
    """What the territory lead decided for a need. Rows are added, never rewritten: the last one of a need holds."""

    class Mode(models.TextChoices):
        READ = "read", _("un agent lit d’abord")
        SAMPLED = "sampled", _("part seule si tout est sûr, une sur dix tirée au sort est lue d’abord")
        AUTO = "auto", _("part seule si tout est sûr")

    need = models.ForeignKey(TaxonomyNeed, on_delete=models.PROTECT, related_name="+", verbose_name=_("besoin"))
    mode = models.CharField(_("relecture"), max_length=8, choices=Mode)
    least = models.PositiveSmallIntegerField(
        _("probabilité la plus basse, en %"), null=True, help_text="Of a need that nobody ticked; null: all are read."
    )
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("décidé par"))
    set_at = models.DateTimeField(_("décidé le"))

    class Meta:
        verbose_name = _("choix de relecture")
        verbose_name_plural = _("choix de relecture")
        ordering = ["-set_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="read", least=None) | (~Q(mode="read") & Q(least__range=(50, 100))),
                name="review_policy_says_how_sure",
            )
        ]

    def __str__(self) -> str:
        return f"{self.need_id} {self.mode}"

    @property
    def is_auto(self) -> bool:
        """Whether files may leave before somebody has read them."""
        return self.mode != self.Mode.READ
