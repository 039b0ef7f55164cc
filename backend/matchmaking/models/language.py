"""How people speak of their needs, as learnt from sentences."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.Model):
    """What was learnt from one set of sentences; another set makes another row."""

    version = models.CharField(
        _("version"), max_length=16, primary_key=True, help_text="Digest of the sentences it was learnt from."
    )
    inputs = models.CharField(
        max_length=64, blank=True, help_text="Digest of all that was read to find these sentences."
    )
    arrays = models.BinaryField(help_text="Arrays in numpy's npz format, read without pickle.")
    n_sentences = models.PositiveIntegerField(_("phrases"))
    n_corrections = models.PositiveIntegerField(_("corrections de développeurs"), default=0)
    learnt_at = models.DateTimeField(_("apprise le"))

    class Meta:
        verbose_name = _("langue apprise")
        verbose_name_plural = _("langues apprises")
        ordering = ["-learnt_at"]
        get_latest_by = ["learnt_at", "version"]

    def __str__(self) -> str:
        return self.version
