"""What was read of other sites: one row a run, and the last good copy of what an address gave."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User


class ImportRun(models.Model):
    """One reading of another site's file, written once at its end: what was read, what became of each record."""

    source = models.CharField(_("source"), max_length=40)
    file_name = models.CharField(_("fichier ou adresse"), max_length=500)
    digest = models.CharField(_("empreinte"), max_length=64, blank=True, help_text="SHA-256 of the file.")
    dated = models.DateField(_("jour du fichier"), null=True)
    started_at = models.DateTimeField(_("commencée le"))
    ended_at = models.DateTimeField(_("finie le"))
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("demandée par")
    )
    is_trial = models.BooleanField(_("essai"), default=False)
    failure = models.TextField(_("fichier refusé"), blank=True, help_text="Why the file was refused as a whole.")
    n_created = models.PositiveIntegerField(_("créées"), default=0)
    n_updated = models.PositiveIntegerField(_("changées"), default=0)
    n_unchanged = models.PositiveIntegerField(_("inchangées"), default=0)
    n_rejected = models.PositiveIntegerField(_("refusées"), default=0)
    report = models.JSONField(_("compte rendu"), default=dict, blank=True)

    class Meta:
        verbose_name = _("reprise d’une source")
        verbose_name_plural = _("reprises des sources")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="import_run_starts_then_ends", condition=Q(started_at__lte=F("ended_at"))),
            models.CheckConstraint(
                name="import_run_refused_as_a_whole_has_no_record",
                condition=Q(failure="") | Q(n_created=0, n_updated=0, n_unchanged=0, n_rejected=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.file_name}"

    @property
    def n_records(self) -> int:
        return self.n_created + self.n_updated + self.n_unchanged + self.n_rejected


class SourceCopy(models.Model):
    """What an address gave when it was last read whole; used again while the site says the same, or nothing."""

    url = models.CharField(max_length=2000, unique=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    dated = models.DateField()
    fetched_at = models.DateTimeField()
    content = models.BinaryField(help_text="Compressed with zlib.")

    class Meta:
        verbose_name = _("copie d’un fichier")
        verbose_name_plural = _("copies de fichiers")

    def __str__(self) -> str:
        return self.url
