"""What the engine answered, with all it takes to replay it."""

from collections.abc import Collection, Iterable
from functools import cached_property
from operator import attrgetter
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.learning import Ranker
from backend.matchmaking.models.submissions import Submission
from backend.matchmaking.models.weights import WeightSet
from backend.schemes.catalogue.taxonomy import sub_needs
from backend.schemes.models import Revision, Scheme, SubNeed

N_GUIDES = 3


class Reply(models.TextChoices):
    """What a firm gets."""

    ANSWERED = "answered", _("des dispositifs")
    TO_CONFIRM = "to_confirm", _("un besoin à confirmer")
    NOTHING = "nothing", _("rien")


class Cause(models.TextChoices):
    """Why it gets nothing."""

    NOT_UNDERSTOOD = "not_understood", _("pas compris")
    NO_SCHEME = "no_scheme", _("aucun dispositif pour cela")
    NOT_OPEN = "not_open", _("pas encore ouvert")
    NOT_FOR_YOU = "not_for_you", _("pas pour cette entreprise")
    OTHER_LANGUAGE = "other_language", _("une autre langue que le français")


class ResultQuerySet(models.QuerySet["Result"]):
    def reading_only(self, files: Iterable[int]) -> Self:
        """Results that read no other file than some: what else one read may not be shown to the firm."""
        return self.filter(read_files__contained_by=list(files))


class Result(models.Model):
    """One answer of the engine: on what facts, on what day, with what weights. Enough to replay it."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="results")
    computed_at = models.DateTimeField(_("calculé le"))
    on = models.DateField(_("jour du calcul"))
    facts = models.JSONField(_("faits"))
    needs = models.JSONField(_("poids des besoins"), help_text="Sub-need → weight.")
    ticked = ArrayField(
        models.CharField(max_length=60), default=list, help_text="Those of its needs that were ticked."
    )
    stated = models.BooleanField(_("un besoin est exprimé"), help_text="Without one, every scheme is ranked.")
    probabilities = models.JSONField(default=dict, help_text="Sub-need → that the firm has it, in [0, 1].")
    elsewhere = models.FloatField(default=0.0, help_text="Share of its words that speaks of what no scheme is for.")
    preferences = ArrayField(
        models.CharField(max_length=20), default=list, help_text="What its firm does not want, or wants soon."
    )
    spoken_activities = ArrayField(
        models.CharField(max_length=6), default=list, help_text="Codes of the trades that its text speaks of."
    )
    reply = models.CharField(_("réponse"), max_length=10, choices=Reply, default=Reply.ANSWERED)
    cause = models.CharField(_("pourquoi rien"), max_length=14, choices=Cause, blank=True)
    served = models.JSONField(default=dict, help_text="Sub-need → whether a scheme serves it, or why none does.")
    weights = models.ForeignKey(WeightSet, on_delete=models.PROTECT, related_name="+")
    ranker = models.ForeignKey(Ranker, on_delete=models.PROTECT, null=True, related_name="+")
    catalogue = models.CharField(
        max_length=64, help_text="Digest of the revisions in force: another one, another answer."
    )
    read_files = ArrayField(
        models.BigIntegerField(), null=True, help_text="Numbers of the other files that it read; null: nobody knows."
    )
    pruned = models.JSONField(
        null=True,
        help_text="Revision → closeness, of its matches where they were erased since: for a replay.",
    )
    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("résultat")
        verbose_name_plural = _("résultats")
        ordering = ["-computed_at", "-pk"]
        get_latest_by = ["computed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.on}"

    @cached_property
    def ranked(self) -> list["Match"]:
        """Every scheme that answers what the firm asks, or that others are listed in place of, in order: read once."""
        return self._read(models.Q(addresses=True) | ~models.Q(hidden_by=[]))

    def ranked_with(self, decided: Collection[int]) -> list["Match"]:
        """Return the same, with the schemes that somebody decided on, whatever they answer."""
        missing = set(decided) - {match.scheme_id for match in self.ranked}
        if not missing:
            return self.ranked
        return sorted([*self.ranked, *self._read(models.Q(scheme__in=missing))], key=attrgetter("rank"))

    def _read(self, which: models.Q) -> list["Match"]:
        """Return schemes in order, each with its sheet's name and the need that it serves."""
        matches = list(self.matches.filter(which).select_related("scheme"))
        for match in matches:
            if need := sub_needs().get(match.need_id or ""):
                match.need = need
        return matches

    @property
    def is_pruned(self) -> bool:
        """Whether its matches were erased since, as nothing rested on them: it holds one for each scheme otherwise.

        ``pruned`` is empty of those that a release before it erased.
        """
        return not self.matches.exists()

    @property
    def answering(self) -> list["Match"]:
        """Those of them that the firm has or may have and that answer what it asks."""
        return [match for match in self.ranked if match.answers]

    def guides(self) -> list[Revision]:
        """Return who knows whom to turn to, whatever the need, for a firm that nothing answers; made for it first."""
        served = "revision__served_needs"
        rows = self.matches.possible().filter(**{f"{served}__sub_need__need__transversal": True})
        rows = rows.order_by(f"-{served}__weight", "rank").select_related("revision")
        return [match.revision for match in rows[:N_GUIDES]]


class MatchQuerySet(models.QuerySet["Match"]):
    def possible(self) -> Self:
        """Schemes that the firm has or may have."""
        return self.exclude(eligibility=Match.Verdict.INELIGIBLE)

    def answering(self) -> Self:
        """Possible schemes that answer what the firm asks."""
        return self.possible().filter(addresses=True)


class Match(models.Model):
    """A scheme in a result: verdicts, score and certainty are three things; the human review is a fourth."""

    class Verdict(models.TextChoices):
        ELIGIBLE = "eligible", _("éligible")
        UNDECIDED = "undecided", _("à préciser")
        INELIGIBLE = "ineligible", _("non éligible")

    # Two hundred rows an answer: no index that nothing asks for, nor one that ``match_once`` begins with.
    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="matches", db_index=False)
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="matches")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="matches", db_index=False)
    rank = models.PositiveIntegerField(_("rang"))
    score = models.FloatField(_("score"), null=True)
    eligibility = models.CharField(max_length=10, choices=Verdict)
    typed = models.CharField(max_length=10, choices=Verdict)
    targeted = models.CharField(max_length=7)
    opens_later = models.BooleanField(default=False)
    addresses = models.BooleanField(default=False)
    hidden_by = ArrayField(
        models.CharField(max_length=161), default=list, help_text="Keys of its local variants, listed in its place."
    )
    closeness = models.FloatField(default=0.0, help_text="Of the firm's words to what is said of the scheme.")
    guide = models.BooleanField(default=False, help_text="It orients a firm rather than helps it.")
    need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unknown = ArrayField(models.CharField(max_length=40), default=list)
    to_confirm = ArrayField(models.CharField(max_length=40), default=list)
    presumed = ArrayField(
        models.CharField(max_length=40),
        null=True,
        help_text="Open facts that what is presumed of the firm would close; null: nobody presumed anything yet.",
    )
    parts = models.JSONField(default=dict)
    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("mise en relation")
        verbose_name_plural = _("mises en relation")
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["result", "scheme"], name="match_once")]
        indexes = [  # what ``answering`` reads: one in ten, without the width of the others
            models.Index(
                fields=["result"],
                name="match_answering",
                include=["revision", "scheme"],
                condition=models.Q(addresses=True) & ~models.Q(eligibility="ineligible"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rank} {self.scheme_id}"

    @property
    def is_possible(self) -> bool:
        """Whether the firm has or may have the scheme."""
        return self.eligibility != self.Verdict.INELIGIBLE

    @property
    def answers(self) -> bool:
        """Whether it may have it, and asks for what it is for."""
        return self.addresses and self.is_possible
