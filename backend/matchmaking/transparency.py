"""What the public page says of the ranking: read from what is in use, so that it cannot say anything else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Min

from backend.matchmaking import engine
from backend.matchmaking.contributions import contributions
from backend.matchmaking.fact_display import FACT_NAMES
from backend.matchmaking.models import Activation, Ranker, WeightSet
from backend.schemes.models import Revision, Scheme, SubNeed
from backend.schemes.typography import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What a contribution can give at most, or take off."""

    label: str
    points: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What the words of a firm are compared with."""

    n_sub_needs: int
    n_words: int
    n_sentences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """The sheets of the schemes, and how far they were checked."""

    n_schemes: int
    by_state: tuple[tuple[str, int], ...]
    n_drafts: int
    oldest: date | None
    newest: date | None


def activation_in_force() -> Activation:
    """Return the version whose points count, since when, and who chose it."""
    return Activation.objects.select_related("weights").latest("pk")


def reasons(weights: WeightSet) -> list[Reason]:
    """Return what makes the score, what counts most first; what counts for nothing is left out."""
    counted = [item for item in contributions() if weights.points.get(item[0])]
    counted.sort(key=lambda item: -weights.points[item[0]])
    return [
        Reason(label=label, points=number(weights.points[name]), meaning=meaning) for name, label, meaning in counted
    ]


def learnt(weights: WeightSet) -> Ranker | None:
    """Return what decisions taught and corrects the points, where a person took it into use beside them."""
    return engine.adopted_ranker(weights)


def facts_read() -> list[str]:
    """Return the facts of a firm that the rules in force read, in words."""
    read = engine.typed_facts() - {"window"}  # of the scheme, not of the firm
    return [str(label) for name, label in FACT_NAMES.items() if name in read]


def vocabulary() -> Vocabulary:
    rows = list(SubNeed.objects.values_list("words", "sentences"))
    return Vocabulary(
        n_sub_needs=len(rows),
        n_words=sum(len(words) for words, _ in rows),
        n_sentences=sum(len(sentences) for _, sentences in rows),
    )


def sheets() -> Sheets:
    own = Scheme.objects.of_source(Scheme.OWN)
    in_force = Revision.objects.filter(pk__in=own.published().values("current"))
    counts = in_force.aggregate(n=Count("pk"), oldest=Min("as_of"), newest=Max("as_of"))
    return Sheets(
        n_schemes=counts["n"],
        by_state=tuple(_by_state(dict(in_force.values_list("confidence").annotate(Count("pk")).order_by()))),
        n_drafts=own.drafts().count(),
        oldest=counts["oldest"],
        newest=counts["newest"],
    )


def _by_state(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    for state in Revision.Confidence:
        if state in counts:
            yield str(state.label), counts[state]
