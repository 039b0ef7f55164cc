"""Sheets that may be of one scheme: what the last search found, and what people decided of each pair."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.changes import Counterpart
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def waiting(self) -> Self:
        """Pairs that nobody decided on as the two sheets are, nor said otherwise to be of one scheme."""
        decided = DuplicateDecision.objects.in_force().filter(
            one=OuterRef("one"),
            other=OuterRef("other"),
            one_digest=OuterRef("one_digest"),
            other_digest=OuterRef("other_digest"),
        )
        followed = Counterpart.objects.in_force().filter(
            Q(imported=OuterRef("one"), ours=OuterRef("other")) | Q(imported=OuterRef("other"), ours=OuterRef("one"))
        )
        archived = Q(one__state=Scheme.State.ARCHIVED) | Q(other__state=Scheme.State.ARCHIVED)
        return self.filter(~Exists(decided), ~Exists(followed)).exclude(archived)

    def readable(self) -> Self:
        return self.select_related("one__current__scheme", "other__current__scheme")


class DuplicatePair(models.Model):
    """Two sheets that may be of one scheme, as the last search found them.

    ``one_digest`` and ``other_digest`` are of what each sheet is compared by, its wording left out.
    """

    class Advice(models.TextChoices):
        SAME = "same", _("même dispositif ?")
        NEAR = "near", _("à regarder")

    one = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+", verbose_name=_("première fiche"))
    other = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+", verbose_name=_("seconde fiche"))
    one_digest = models.CharField(max_length=64)
    other_digest = models.CharField(max_length=64)
    chance = models.FloatField(_("vraisemblance"))
    advice = models.CharField(_("avis du calcul"), max_length=4, choices=Advice)
    reasons = models.JSONField(_("pourquoi"), default=list, help_text="Rows of weight and text, heaviest first.")
    found_at = models.DateTimeField(_("trouvée le"))
    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("doublon possible")
        verbose_name_plural = _("doublons possibles")
        ordering = ["-chance", "one", "other"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_pair_in_order"),
            models.CheckConstraint(condition=Q(chance__gte=0, chance__lte=1), name="duplicate_pair_chance_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.one} / {self.other}"

    @property
    def sides(self) -> tuple[int, int]:
        return self.one_id, self.other_id

    @property
    def percent(self) -> int:
        return round(100 * self.chance)


class DuplicateDecisionQuerySet(models.QuerySet["DuplicateDecision"]):
    def in_force(self) -> Self:
        return self.filter(taken_back_at__isnull=True)

    def of(self, pair: DuplicatePair) -> Self:
        return self.filter(one=pair.one_id, other=pair.other_id)


class DuplicateDecision(models.Model):
    """What a person said of two sheets, having read a revision of each.

    It holds until one of the two is compared by something else than on that day, or somebody takes it back.
    """

    class Verdict(models.TextChoices):
        SAME = "same", _("même dispositif")
        VARIANT = "variant", _("variante ou autre édition")
        OTHER = "other", _("deux dispositifs")

    one = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+", verbose_name=_("première fiche"))
    other = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+", verbose_name=_("seconde fiche"))
    one_revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    other_revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    one_digest = models.CharField(max_length=64)
    other_digest = models.CharField(max_length=64)
    verdict = models.CharField(_("décision"), max_length=7, choices=Verdict)
    why = models.TextField(_("pourquoi"), blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"))
    counterpart = models.ForeignKey(
        Counterpart, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rattachement")
    )
    taken_back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reprise par")
    )
    taken_back_at = models.DateTimeField(_("reprise le"), null=True, blank=True)
    objects = DuplicateDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("décision sur un doublon")
        verbose_name_plural = _("décisions sur des doublons")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["one", "other", "one_digest", "other_digest"],
                condition=Q(taken_back_at__isnull=True),
                name="duplicate_decision_once",
            ),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="duplicate_decision_in_order"),
            models.CheckConstraint(
                condition=Q(counterpart=None) | Q(verdict="same"), name="duplicate_decision_follows_when_same"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by=None)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="duplicate_decision_taken_back_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} / {self.other} : {self.get_verdict_display()}"
