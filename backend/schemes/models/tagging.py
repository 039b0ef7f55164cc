"""What people decide of the sub-needs that an imported scheme serves, apart from the record that imports replace."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.parts import ServedNeed
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class ImportedSchemeQuerySet(models.QuerySet["ImportedScheme"]):
    def described(self) -> Self:
        """Schemes of other sites that have a revision in force."""
        return self.filter(current__isnull=False).exclude(source=Scheme.OWN)

    def waiting_for_tags(self) -> Self:
        """Schemes whose record says no sub-need and nobody decided, or whose text changed since somebody did."""
        last = TagDecision.objects.filter(scheme=OuterRef("pk"))
        found = self.described().annotate(
            decided=Exists(last),
            tagged=Exists(ServedNeed.objects.filter(revision=OuterRef("current"))),
            name_read=Subquery(last.values("revision__name")[:1]),
            summary_read=Subquery(last.values("revision__summary")[:1]),
        )
        changed = ~Q(name_read=F("current__name")) | ~Q(summary_read=F("current__summary"))
        return found.filter(Q(decided=False, tagged=False) | Q(decided=True) & changed)


class ImportedScheme(Scheme):
    """A scheme that another site describes, seen by who decides which sub-needs it serves."""

    objects = ImportedSchemeQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        verbose_name = _("dispositif repris")
        verbose_name_plural = _("besoins des dispositifs repris")


class TagDecision(models.Model):
    """The sub-needs that a person said an imported scheme serves; none at all is a decision too. The last holds."""

    scheme = models.ForeignKey(
        Scheme, on_delete=models.CASCADE, related_name="tag_decisions", verbose_name=_("dispositif")
    )
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+", verbose_name=_("version lue"))
    tags = models.JSONField(_("besoins servis"), default=dict, blank=True)
    note = models.TextField(_("pourquoi"), blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("décision sur les besoins")
        verbose_name_plural = _("décisions sur les besoins")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.scheme} : {', '.join(self.tags) or 'aucun besoin'}"
