"""What a firm needs, as it ticked it or as its words were read."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import SubNeed

# From what weight on, what a need is of what a firm wrote.
STRENGTHS = (
    (0.8, _("l’essentiel de ce qu’elle écrit")),
    (0.3, _("une partie de ce qu’elle écrit")),
    (0.0, _("un indice")),
)


CLEAR = 0.5  # weight from which a need read in words is one that the firm has, not one guess among others


class NeedQuerySet(models.QuerySet["Need"]):
    def clear(self) -> Self:
        """Needs that a firm has, of which figures and lists are made: ticked, added, or clearly read."""
        return self.filter(weight__gte=CLEAR)


class Need(models.Model):
    """A sub-need of a submission: ticked by the firm, understood from its words, or added by an officer who knows."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="needs")
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="+")
    ticked = models.BooleanField(default=False)
    added = models.BooleanField(default=False)
    weight = models.FloatField()
    probability = models.FloatField(default=1.0, help_text="That the firm has it, in [0, 1].")
    evidence = ArrayField(models.CharField(max_length=60), default=list)
    sentence = ArrayField(
        models.PositiveIntegerField(), null=True, help_text="Where the text says it best: from, and up to."
    )

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("besoin exprimé")
        verbose_name_plural = _("besoins exprimés")
        ordering = ["-probability", "-weight", "sub_need__position"]
        constraints = [models.UniqueConstraint(fields=["submission", "sub_need"], name="need_once")]

    def __str__(self) -> str:
        return str(self.sub_need)

    @property
    def is_certain(self) -> bool:
        """Whether a person said it, the firm or an officer."""
        return self.ticked or self.added

    @property
    def is_hint(self) -> bool:
        """Whether only a few words of what the firm wrote speak for it."""
        return not self.is_certain and self.weight < STRENGTHS[-2][0]

    @property
    def strength(self) -> str:
        """What it is of what the firm wrote, in words."""
        return str(next(words for least, words in STRENGTHS if self.weight >= least))
