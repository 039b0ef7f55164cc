"""How many answers were shown before any name: numbers of a day, of nobody."""

from collections.abc import Iterable
from datetime import date

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from backend.schemes.models import SubNeed
from backend.territories.models import ServedEpci

COUNT_ONE = """
INSERT INTO matchmaking_answercount AS counted ("on", epci_id, sub_need_id, n_answers)
SELECT %s, %s, key, 1 FROM unnest(%s::text[]) AS key ORDER BY key
ON CONFLICT ("on", sub_need_id, epci_id) DO UPDATE SET n_answers = counted.n_answers + 1
"""


class AnswerCountQuerySet(models.QuerySet["AnswerCount"]):
    def count_one(self, *, on: date, sub_needs: Iterable[str], epci: ServedEpci | None) -> None:
        """Count one more answer to each of some needs, by key, in an intercommunality; none where it is not known."""
        with connection.cursor() as cursor:  # all rows in one order: two requests never wait in a ring
            cursor.execute(COUNT_ONE, [on, epci.pk if epci else None, sorted(set(sub_needs))])


class AnswerCount(models.Model):
    """Answers that were shown on a day, for one need and one intercommunality, to those who had given no name.

    It says nothing of who was answered: no session, no place but the intercommunality, no words.
    """

    on = models.DateField(_("jour"))
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="+", verbose_name=_("besoin"))
    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("intercommunalité"),
        help_text="Empty: the commune was not given.",
    )
    n_answers = models.PositiveIntegerField(_("réponses"), default=0)
    objects = AnswerCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("réponses montrées sans nom")
        verbose_name_plural = _("réponses montrées sans nom")
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["on", "sub_need", "epci"], nulls_distinct=False, name="answer_count_of_a_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.sub_need_id} {self.n_answers}"
