"""What follows from other sites' records: which of ours they describe, what was set aside, what was decided, by field.

An imported record is updated at once. What it means for our catalogue is decided by people, or by a rule they wrote.
"""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.editing import Proposal
from backend.schemes.models.parts import Criterion
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class CounterpartQuerySet(models.QuerySet["Counterpart"]):
    def in_force(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def changed(self) -> Self:
        """Those whose source says something that our sheet was not compared with, or left its file since.

        A proposal that was refused or taken back since the comparison leaves what it took to be decided again.
        """
        lost = Proposal.objects.lost().filter(
            scheme=OuterRef("ours"), imported__scheme=OuterRef("imported"), decided_at__gt=OuterRef("compared_at")
        )
        return self.in_force().filter(
            ~Q(compared=F("imported__current")) | Q(gone_at__gt=F("compared_at")) | Exists(lost)
        )


class Counterpart(models.Model):
    """An imported scheme and the one of ours that it describes: an imported one has one at most, ours several.

    ``compared`` is what the source said when our sheet was last compared with it, field by field. Nobody made a link
    of which the sheet names the record's own page among its sources.
    """

    imported = models.ForeignKey(
        Scheme, on_delete=models.CASCADE, related_name="counterparts", verbose_name=_("fiche importée")
    )
    ours = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, related_name="described_by", verbose_name=_("notre fiche")
    )
    compared = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", verbose_name=_("version comparée")
    )
    compared_at = models.DateTimeField(_("comparée le"))
    gone_at = models.DateTimeField(_("absente de sa source depuis"), null=True, blank=True)
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    made_at = models.DateTimeField(_("le"))
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("détachée par")
    )
    ended_at = models.DateTimeField(_("détachée le"), null=True, blank=True)
    objects = CounterpartQuerySet.as_manager()

    class Meta:
        verbose_name = _("correspondance")
        verbose_name_plural = _("correspondances")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["imported"], condition=Q(ended_at__isnull=True), name="counterpart_one_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(imported=F("ours")), name="counterpart_is_another_scheme"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="counterpart_ended_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.imported} → {self.ours}"

    @property
    def maker(self) -> str:
        """Who or what linked them."""
        return str(self.made_by or "notre fiche cite sa page")


class SetAsideQuerySet(models.QuerySet["SetAside"]):
    def in_force(self) -> Self:
        return self.filter(back_at__isnull=True)


class SetAside(models.Model):
    """An imported record that is no work for our catalogue, as long as it says the same."""

    revision = models.ForeignKey(
        Revision, on_delete=models.CASCADE, related_name="set_asides", verbose_name=_("version lue")
    )
    why = models.TextField(_("pourquoi"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"))
    back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("remise par")
    )
    back_at = models.DateTimeField(_("remise le"), null=True, blank=True)
    objects = SetAsideQuerySet.as_manager()

    class Meta:
        verbose_name = _("fiche mise de côté")
        verbose_name_plural = _("fiches mises de côté")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision"], condition=Q(back_at__isnull=True), name="set_aside_once"),
            models.CheckConstraint(condition=~Q(why=""), name="set_aside_says_why"),
            models.CheckConstraint(
                condition=Q(back_at=None, back_by=None) | Q(back_at__isnull=False, back_by__isnull=False),
                name="set_aside_back_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision} : {self.why}"


class FieldDecisionQuerySet(models.QuerySet["FieldDecision"]):
    def standing(self) -> Self:
        """Leave out what was taken into a proposal that came to nothing: it is to be decided again."""
        return self.exclude(proposal__state__in=Proposal.LOST)


class FieldDecision(models.Model):
    """What was decided of one field that a source changed from one revision to another. Added, never rewritten.

    It holds until the source changes that field again.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("prise")
        EDITED = "edited", _("prise et récrite")
        REJECTED = "rejected", _("refusée")
        BY_RULE = "by_rule", _("prise par règle")

    counterpart = models.ForeignKey(Counterpart, on_delete=models.CASCADE, related_name="decisions")
    field = models.CharField(_("champ"), max_length=80)
    label = models.CharField(_("ce qui changeait"), max_length=120)
    verdict = models.CharField(_("décision"), max_length=8, choices=Verdict)
    before = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+", verbose_name=_("version d’avant"))
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+", verbose_name=_("version lue"))
    why = models.TextField(_("pourquoi"), blank=True)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("le"))
    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions", verbose_name=_("dans")
    )
    objects = FieldDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("décision sur un champ")
        verbose_name_plural = _("décisions sur des champs")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="field_decision_is_told",
                condition=Q(verdict__in=("accepted", "edited"), by__isnull=False, proposal__isnull=False)
                | Q(verdict="rejected", by__isnull=False, proposal=None) & ~Q(why="")
                | Q(verdict="by_rule", by=None, proposal__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} : {self.get_verdict_display()}"


class SourceChangeQuerySet(models.QuerySet["SourceChange"]):
    """Imported schemes, one row each, seen by what is to be decided of them. Nothing is written for one that waits."""

    def described(self) -> Self:
        return self.filter(current__isnull=False).exclude(source=Scheme.OWN)

    def waiting(self) -> Self:
        """What an editor has to look at: records that are new, that changed since they were dealt with, that left."""
        return self.filter(self._is_unclaimed() | self._is_changed())

    def unclaimed(self) -> Self:
        """Records that describe none of ours, as far as is known, and that nobody set aside or drafts a sheet from."""
        return self.filter(self._is_unclaimed())

    def changed(self) -> Self:
        return self.filter(self._is_changed())

    def set_aside(self) -> Self:
        return self.filter(self._is_aside() & ~self._is_followed())

    def proposed(self) -> Self:
        """Records of which something was taken into a proposal that is not decided yet."""
        return self.filter(self._is_proposed())

    def followed(self) -> Self:
        return self.filter(self._is_followed())

    def told_apart(self, *, touching: frozenset[str], covering: frozenset[str]) -> Self:
        """Annotate whether a record may concern a place, by the codes of what touches and of what covers it.

        Only a condition on the place that stands by itself can say no; of the others we do not know.
        """
        places = Criterion.objects.filter(revision=OuterRef("current"), definition__kind="in_territory")
        elsewhere = places.filter(definition__has_key="any_of").exclude(
            definition__any_of__has_any_keys=list(touching)
        )
        outside = places.filter(definition__none_of__has_any_keys=list(covering))
        return self.annotate(concerns=~Exists(elsewhere) & ~Exists(outside))

    # Each is a subquery that PostgreSQL reads once: asked row by row, it would compile a query for seconds.

    def _is_unclaimed(self) -> Q:
        return ~self._is_followed() & ~self._is_aside() & ~self._is_proposed()

    def _is_changed(self) -> Q:
        return Q(pk__in=Counterpart.objects.changed().values("imported"))

    def _is_followed(self) -> Q:
        return Q(pk__in=Counterpart.objects.in_force().values("imported"))

    def _is_aside(self) -> Q:
        return Q(current__in=SetAside.objects.in_force().values("revision"))

    def _is_proposed(self) -> Q:
        return Q(pk__in=Proposal.objects.open().filter(imported__isnull=False).values("imported__scheme"))


class SourceChange(Scheme):
    """An imported scheme, seen by who decides what it means for our catalogue."""

    objects = SourceChangeQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        verbose_name = _("changement d’une source")
        verbose_name_plural = _("changements des sources")
