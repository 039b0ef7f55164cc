"""A scheme through time: its state, and which of its revisions is in force."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class SchemeQuerySet(models.QuerySet["Scheme"]):
    def published(self) -> Self:
        return self.described().filter(state=Scheme.State.PUBLISHED)

    def of_source(self, source: str) -> Self:
        return self.filter(source=source)

    def drafts(self) -> Self:
        """Sheets that nobody has checked: officers see them, marked; no firm's ranking holds one."""
        return self.described().filter(state=Scheme.State.DRAFT)

    def shown(self) -> Self:
        """Schemes of ours that anybody may read about: published, or archived since; never a sheet nobody checked."""
        rows = self.of_source(Scheme.OWN).described().exclude(current__confidence="to_verify")
        return rows.filter(state__in=(Scheme.State.PUBLISHED, Scheme.State.ARCHIVED))

    def matchable(self, source: str) -> Self:
        """Schemes of a source that the engine ranks: ours once published, an imported source's as they came."""
        return self.of_source(source).published() if source == Scheme.OWN else self.of_source(source).described()

    def described(self) -> Self:
        """Schemes that have a revision in force."""
        return self.filter(current__isnull=False)

    def with_gap(self) -> Self:
        """Say how much is missing in the eyes of firms: what the sheet lacks, times the firms that have it."""
        return self.annotate(gap=(100 - F("completeness")) * F("n_firms"))

    def sources(self) -> list[str]:
        """Names of the sources that hold a scheme."""
        return list(self.described().order_by("source").values_list("source", flat=True).distinct())

    def known_keys(self, among: Iterable[str] | None = None) -> set[str]:
        """Keys of schemes, whatever became of these; of some keys, those that a scheme has."""
        rows = self
        if among is not None:
            sources, _, keys = zip(*(key.partition(":") for key in among), strict=True)
            rows = self.filter(source__in=sources, source_key__in=keys)
        return {f"{source}:{key}" for source, key in rows.values_list("source", "source_key")}


def stable_uuid(source: str, source_key: str) -> UUID:
    """Return the identifier of a scheme: the same on every installation, for ever."""
    return uuid5(NAMESPACE_URL, f"urn:jonction:scheme:{source}:{source_key}")


if TYPE_CHECKING:  # a field of Django takes its types there only
    _UuidField = models.UUIDField[Any, Any]
else:
    _UuidField = models.UUIDField


class StableUuid(_UuidField):
    """The identifier that the source and its key make, whichever way the row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> UUID:
        value = stable_uuid(model_instance.source, model_instance.source_key)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, value)
        return value


class Scheme(models.Model):
    """A support scheme through time; what it says stands in its revisions."""

    OWN = "jonction"

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        PUBLISHED = "published", _("publié")
        ARCHIVED = "archived", _("archivé")

    source = models.CharField(_("source"), max_length=40, default=OWN)
    source_key = models.CharField(_("identifiant dans la source"), max_length=120)
    uuid = StableUuid(_("identifiant universel"), unique=True, editable=False)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    current = models.OneToOneField(
        "Revision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version en vigueur"),
    )
    labels = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        editable=False,
        help_text="What its source files it under, such as 'objective:energy'; empty for ours.",
    )
    changed_at = models.DateTimeField(_("modifié le"), null=True, editable=False, db_index=True)
    completeness = models.PositiveSmallIntegerField(
        _("complétude sur 100"), null=True, editable=False, help_text="As of the last night."
    )
    n_firms = models.PositiveIntegerField(
        _("entreprises concernées"), null=True, editable=False, help_text="As of the last night."
    )
    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispositif")
        verbose_name_plural = _("dispositifs")
        ordering = ["source", "source_key"]
        constraints = [models.UniqueConstraint(fields=["source", "source_key"], name="scheme_key_once")]
        indexes = [
            # Which revisions are in force is asked with every question: the index alone says it, in order.
            models.Index(
                fields=["source", "id"],
                include=["current"],
                condition=models.Q(state="published", current__isnull=False),
                name="scheme_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.current.name if self.current else self.source_key

    @property
    def key(self) -> str:
        return f"{self.source}:{self.source_key}"

    @property
    def is_public(self) -> bool:
        """Whether it is in the public catalogue now, as ``of_source(OWN).published()`` says of many."""
        return self.source == self.OWN and self.state == self.State.PUBLISHED and self.current_id is not None


class SchemeTexts(models.Model):
    """What firms say that a scheme is for: it helps to understand, and decides nothing.

    Beside the scheme: it is fifty times as long as the rest of its row, which every page reads.
    """

    scheme = models.OneToOneField(Scheme, on_delete=models.CASCADE, primary_key=True, related_name="texts")
    sentences = ArrayField(models.TextField())

    class Meta:
        verbose_name = _("ce qu’en disent les entreprises")
        verbose_name_plural = _("ce qu’en disent les entreprises")

    def __str__(self) -> str:
        return str(self.scheme)
