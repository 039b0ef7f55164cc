"""Which sub-needs an imported scheme serves: what people decided, else what its record says, else what we propose.

A proposal comes from where the scheme's own site files it (``fixtures/vocabularies``), and from its words, read as a
firm's are. It counts for half, until somebody decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Max

from backend.common.files import read_yaml
from backend.matchmaking.engine.needs import language_in_force, understand
from backend.schemes.models import Revision, Scheme, SubNeed
from backend.schemes.typography import typeset

MOST = 6  # proposals: more would say nothing
FLOOR = 0.2  # of a proposal
FROM_WORDS = 0.7  # a sheet names in passing what it does not serve
UNDECIDED = 0.5
FOLDER = settings.BASE_DIR / "fixtures" / "vocabularies"


@dataclass(frozen=True, slots=True)
class ProposedTag:
    """A sub-need that a scheme seems to serve, how much, and what makes us think so."""

    sub_need: str
    weight: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What another site files a scheme under, as it says it, and what that says in our sub-needs."""

    axis: str
    said: str
    tags: Mapping[str, float]
    why: str

    @property
    def reason(self) -> str:
        return typeset(f"Son site le range sous {self.said}. {self.why}")


@lru_cache(maxsize=1)
def vocabularies() -> dict[str, dict[str, Label]]:
    """Return the reviewed labels of each source; sources that file their schemes alike share a file."""
    found: dict[str, dict[str, Label]] = {}
    for path in FOLDER.glob("*.yaml"):
        content = read_yaml(path)
        found |= dict.fromkeys(content.get("sources", [path.stem]), _labels(content))
    return found


def _labels(content: Mapping[str, Any]) -> dict[str, Label]:
    found = {}
    for key, row in content["labels"].items():
        axis = key.partition(":")[0]
        said = f"{content['said'][axis]} « {row['label']} »"
        found[key] = Label(axis, said, row["tags"], row["why"])
    return found


def needs_served(scheme: Scheme, revision: Revision) -> dict[str, float]:
    """Return the sub-needs of a scheme with their weights; nobody but its editors says them of one of ours."""
    decision = None if scheme.source == Scheme.OWN else next(iter(scheme.tag_decisions.all()), None)
    if decision:
        return dict(decision.tags)
    served = {tag.sub_need_id: tag.weight for tag in revision.served_needs.all()}
    if served or scheme.source == Scheme.OWN:
        return served
    return {tag.sub_need: tag.weight * UNDECIDED for tag in propose_tags(scheme, revision)}


@lru_cache(maxsize=1)
def transversal_needs() -> frozenset[str]:
    """Return the sub-needs that bear on every other: whom to ask."""
    return frozenset(SubNeed.objects.filter(need__transversal=True).values_list("key", flat=True))


def last_tagging(source: str) -> tuple[object, ...]:
    """Return what changes whenever people decide on tags of a source, it files its schemes elsewhere, or we learn."""
    if source == Scheme.OWN:
        return ()
    found = Scheme.objects.of_source(source).aggregate(Max("tag_decisions"), Max("changed_at"))
    return (*found.values(), language_in_force())


def propose_tags(scheme: Scheme, revision: Revision) -> list[ProposedTag]:
    """Propose sub-needs for a scheme, the most likely first."""
    doubt: defaultdict[str, float] = defaultdict(lambda: 1.0)
    reasons: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for tags in (*_from_labels(scheme), _from_words(revision)):
        for sub_need, (weight, reason) in tags.items():
            doubt[sub_need] *= 1.0 - weight
            reasons[sub_need].append((weight, reason))
    likely = sorted(((1.0 - left, sub_need) for sub_need, left in doubt.items()), key=lambda one: (-one[0], one[1]))
    return [
        ProposedTag(sub_need, weight, tuple(reason for _, reason in sorted(reasons[sub_need], reverse=True)))
        for weight, sub_need in ((round(weight, 1), sub_need) for weight, sub_need in likely[:MOST])
        if weight >= FLOOR
    ]


type Weighed = dict[str, tuple[float, str]]


def _from_labels(scheme: Scheme) -> Iterable[Weighed]:
    """Give, for each axis of the source's vocabulary, the mean of the scheme's labels: one of many says little."""
    known = vocabularies().get(scheme.source, {})
    axes: defaultdict[str, list[Label]] = defaultdict(list)
    for label in (known[key] for key in scheme.labels if key in known):
        axes[label.axis].append(label)
    for labels in axes.values():
        found: Weighed = {}
        for sub_need in sorted({sub_need for label in labels for sub_need in label.tags}):
            best = max(labels, key=lambda label: label.tags.get(sub_need, 0.0))
            total = sum(label.tags.get(sub_need, 0.0) for label in labels)
            found[sub_need] = (total / len(labels), best.reason)
        yield found


def _from_words(revision: Revision) -> Weighed:
    """Read the words of a sheet; that it speaks of help and whom to ask says nothing: every sheet does."""
    return {
        read.sub_need: (FROM_WORDS * read.weight, _told(read.evidence))
        for read in understand(f"{revision.name}. {revision.summary}", ()).needs
        if read.sub_need not in transversal_needs()
    }


def _told(words: tuple[str, ...]) -> str:
    if not words:
        return "Son texte ressemble à ce que les entreprises disent de ce besoin."
    return typeset(f"Son texte dit {', '.join(f'« {word} »' for word in words)}.")


def clear_caches() -> None:
    """Forget the taxonomy: after it was loaded again in this process."""
    transversal_needs.cache_clear()
