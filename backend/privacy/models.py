"""What may be done to rows that are never rewritten otherwise, and the proof of what was done."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Treatment(models.Model):
    """What ``erase_rows`` does to rows of one table: delete them, or overwrite columns with what tells nothing.

    The rows come from ``treatments.py`` at each ``migrate``; only the owner of the database can write them.
    """

    name = models.CharField(max_length=40, primary_key=True)
    table = models.CharField(max_length=63)
    key = models.CharField(max_length=63, help_text="Column that names the rows.")
    changes = models.TextField(blank=True, help_text="What comes after SET in SQL; empty: the rows are deleted.")

    class Meta:
        verbose_name = _("traitement d’effacement")
        verbose_name_plural = _("traitements d’effacement")

    def __str__(self) -> str:
        return self.name


class RetentionRun(models.Model):
    """The proof that rows were erased, by what rule and how many; ``erase_rows`` alone writes it. It names nobody."""

    rule = models.CharField(_("règle"), max_length=40)
    ran_at = models.DateTimeField(_("le"))
    counts = models.JSONField(_("lignes"), help_text="Treatment → number of rows.")

    class Meta:
        verbose_name = _("preuve d’effacement")
        verbose_name_plural = _("preuves d’effacement")
        ordering = ["-ran_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.rule} {self.ran_at:%Y-%m-%d}"

    @property
    def n_rows(self) -> int:
        return sum(self.counts.values())
