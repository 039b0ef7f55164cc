"""Learning how firms speak of their needs, from reviewed sentences and from what officers corrected."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from backend.common.files import read_yaml
from backend.matchmaking import engine
from backend.matchmaking.models import Language, Submission
from backend.schemes.models import Scheme, ServedNeed, SubNeed
from backend.schemes.sayings import said_of

FOLDER = settings.BASE_DIR / "fixtures" / "sentences"
TAGS = settings.BASE_DIR / "fixtures" / "importers"
WORD_SHARE = 0.3  # a word of a vocabulary teaches less than a sentence
SCHEME_SHARE = 0.7  # a sentence said of a scheme speaks of what it serves, not always of all of it
MAIN = 0.6  # of the greatest weight of a scheme: a sub-need from which its sentences speak of it


def learn_language() -> Language:
    """Learn from the sentences of today, or return what was learnt from the very same ones."""
    corrected = list(_corrected())
    sentences = [*examples(), *(example for example, _ in corrected)]
    version = _digest(sentences)
    found = Language.objects.filter(version=version).first()
    if found is None:
        found = Language.objects.create(
            version=version,
            arrays=engine.learn(sentences),
            n_sentences=len(sentences) - len(corrected),
            n_corrections=sum(n_corrections for _, n_corrections in corrected),
            learnt_at=timezone.now(),
        )
    elif found != Language.objects.latest():
        Language.objects.filter(pk=found.pk).update(learnt_at=timezone.now())
    return found


def _digest(sentences: Iterable[engine.Example]) -> str:
    content = sha256()
    for example in sentences:
        content.update(repr((example.text, sorted(example.subjects.items()), example.share)).encode())
    return content.hexdigest()[:16]


def examples() -> Iterator[engine.Example]:
    """Give every text that teaches, always in the same order."""
    for sub_need in SubNeed.objects.order_by("key"):
        for sentence in sub_need.sentences:
            yield engine.Example(sentence, {sub_need.key: 1.0})
        for word in sub_need.words:
            yield engine.Example(word, {sub_need.key: 1.0}, WORD_SHARE)
    for path in sorted(FOLDER.glob("topics/*.yaml")):
        for topic in _read(path)["topics"]:
            for sentence in topic["sentences"]:
                yield engine.Example(sentence, topic["needs"])
            for word in topic["words"]:
                yield engine.Example(str(word), topic["needs"], WORD_SHARE)
    for path in sorted(FOLDER.glob("needs/*.yaml")):
        for sentence, needs in _read(path)["said"]:
            yield engine.Example(sentence, needs)
    for kind, sentences in sorted(_read(FOLDER / "nothing.yaml")["said"].items()):
        for sentence in sentences:
            yield engine.Example(sentence, {f"{engine.NOTHING}{kind}": 1.0})
    yield from _of_schemes()


def _corrected() -> Iterator[tuple[engine.Example, int]]:
    """Give the words of each file that officers corrected, with the needs they left it, and the number of corrections.

    A need that was only ticked stands nowhere in the words: it teaches nothing. A file where no need is left neither.
    """
    files = Submission.objects.confirmed().exclude(text="").filter(need_corrections__isnull=False).distinct()
    for submission in files.order_by("pk").prefetch_related("needs"):
        n_corrections = submission.need_corrections.standing().count()
        said = {need.sub_need_id: need.weight for need in submission.needs.all() if need.added or need.evidence}
        if n_corrections and said:
            yield engine.Example(submission.text, dict(sorted(said.items()))), n_corrections


def _of_schemes() -> Iterator[engine.Example]:
    """Give what is said of each scheme, as sentences on the sub-needs that it mainly serves."""
    for key, served in _served().items():
        source, _, name = key.partition(":")
        main = {need: weight for need, weight in served.items() if weight >= MAIN * max(served.values())}
        subjects = {need: weight / len(main) ** 0.5 for need, weight in sorted(main.items())}
        for sentence in _said(source).get(name, ()):
            yield engine.Example(sentence, subjects, SCHEME_SHARE)


def _served() -> dict[str, dict[str, float]]:
    """Return the weights of the sub-needs of our schemes, as published, and of those of others that people tagged."""
    rows = ServedNeed.objects.filter(revision__in=Scheme.objects.matchable(Scheme.OWN).values("current"))
    served: dict[str, dict[str, float]] = {}
    for row in rows.select_related("revision__scheme").order_by("revision__scheme__source_key", "sub_need"):
        served.setdefault(row.revision.scheme.key, {})[row.sub_need_id] = row.weight
    for path in sorted(TAGS.glob("*-needs.yaml")):
        source = path.stem.removesuffix("-needs")
        served |= {f"{source}:{key}": row["tags"] for key, row in _read(path)["needs"].items()}
    return served


@lru_cache(maxsize=8)
def _said(source: str) -> dict[str, list[str]]:
    return said_of(source)


def _read(path: Path) -> Any:
    return read_yaml(path)
