"""Learning how firms speak of their needs, from reviewed sentences and from what officers corrected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from backend.common.files import digest_of_files, read_yaml
from backend.common.releases import code_state
from backend.matchmaking import engine
from backend.matchmaking.language_cache import kept_arrays
from backend.matchmaking.models import Language, Submission
from backend.schemes.catalogue.scheme_texts import said_of
from backend.schemes.catalogue.state import digest
from backend.schemes.models import Scheme, ServedNeed, SubNeed

FOLDER = settings.BASE_DIR / "fixtures" / "sentences"
LEARNER = [settings.BASE_DIR / "matching" / name for name in ("text.py", "terms.py", "language.py")]
TAGS = settings.BASE_DIR / "fixtures" / "importers"
WORD_SHARE = 0.5  # a word of a vocabulary teaches less than a sentence
SCHEME_SHARE = 0.7  # a sentence said of a scheme speaks of what it serves, not always of all of it
MAIN = 0.6  # of the greatest weight of a scheme: a sub-need from which its sentences speak of it


def learn_language() -> Language:
    """Learn from the sentences of today, or return what was learnt from the very same ones.

    Where neither the files, nor the code that reads them, nor the database say anything else, no file is parsed.
    """
    corrected = list(_corrected())
    inputs = _inputs(corrected)
    last = Language.objects.order_by("learnt_at", "version").last()
    if last and last.inputs == inputs:
        return last
    sentences = [*_without_places([*examples(), *(example for example, _ in corrected)])]
    version = _digest(sentences)
    found = Language.objects.filter(version=version).first()
    if found is None:
        found = Language.objects.create(
            version=version,
            inputs=inputs,
            arrays=kept_arrays(version, sentences) if not corrected else engine.learn(sentences),
            n_sentences=len(sentences) - len(corrected),
            n_corrections=sum(n_corrections for _, n_corrections in corrected),
            learnt_at=timezone.now(),
        )
    else:
        moved = {"learnt_at": timezone.now()} if found != last else {}
        Language.objects.filter(pk=found.pk).update(inputs=inputs, **moved)
    return found


def _inputs(corrected: Iterable[tuple[engine.Example, int]]) -> str:
    """Digest all that the sentences are read from: files, code, sub-needs, what schemes serve, and corrections."""
    sub_needs = SubNeed.objects.order_by("key").values_list("key", "words", "sentences")
    read = [digest_of_files([*sorted(FOLDER.rglob("*")), *sorted(TAGS.glob("*-needs.yaml"))]), code_state()]
    names = engine.place_names()
    return digest([*read, repr(list(sub_needs)), repr(_served_by_ours()), repr(names), repr(list(corrected))])


def _digest(sentences: Iterable[engine.Example]) -> str:
    """Digest all that what is learnt depends on: the sentences, the code that learns, its library."""
    content = sha256(f"{digest_of_files(LEARNER)} {metadata.version('scikit-learn')}".encode())
    for example in sentences:
        content.update(repr((example.text, sorted(example.subjects.items()), example.share)).encode())
    return content.hexdigest()[:16]


def _without_places(examples: Iterable[engine.Example]) -> Iterator[engine.Example]:
    """Give texts as they are read, without the communes served; one of nothing else teaches nothing."""
    for example in examples:
        text = engine.without_place_names(example.text)
        if any(map(str.isalnum, text)):
            yield replace(example, text=text)


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
    for path in [*sorted(FOLDER.glob("needs/*.yaml")), *sorted(FOLDER.glob("short/*.yaml"))]:
        for sentence, needs in _read(path)["said"]:
            yield engine.Example(sentence, needs)
        yield from _of_nothing(_read(path).get("nothing", {}))
    for path in sorted(FOLDER.glob("nothing/*.yaml")):
        yield from _of_nothing(_read(path)["said"])
    for path in sorted(FOLDER.glob("filler/*.yaml")):
        for _, sentences in sorted(_read(path)["said"].items()):
            for sentence in sentences:
                yield engine.Example(sentence, {engine.FILLER: 1.0})
    yield from _of_schemes()


def _of_nothing(said: Mapping[str, Iterable[str]]) -> Iterator[engine.Example]:
    for kind, sentences in sorted(said.items()):
        for sentence in sentences:
            yield engine.Example(sentence, {f"{engine.NOTHING}{kind}": 1.0})


def _corrected() -> Iterator[tuple[engine.Example, int]]:
    """Give the words of each file that officers corrected, with the needs they left it, and the number of corrections.

    A need that was only ticked stands nowhere in the words: it teaches nothing. A file where no need is left neither,
    nor a sentence that may speak of the age or the sex of somebody, nor a need that none of the others says.
    """
    files = Submission.objects.confirmed().exclude(text="").filter(need_corrections__isnull=False).distinct()
    for submission in files.order_by("pk").prefetch_related("needs"):
        n_corrections = submission.need_corrections.standing().count()
        text, said = _impersonal(submission)
        if n_corrections and said and any(map(str.isalpha, text)):
            yield engine.Example(text, dict(sorted(said.items()))), n_corrections


def _impersonal(submission: Submission) -> tuple[str, dict[str, float]]:
    """Return the words of a file without its personal sentences, and the weights of the needs that the rest says.

    Where a sentence is left out, a need that was added may be of it: only those whose own sentence stays are kept.
    """
    text, dropped = submission.text, engine.personal_sentences(submission.text)
    said = {need.sub_need_id: need for need in submission.needs.all() if need.added or need.evidence}
    if dropped:
        said = {key: need for key, need in said.items() if need.sentence and not _is_in(need.sentence, dropped)}
    for start, end in dropped:
        text = text[:start] + text[end:]
    return text, {key: need.weight for key, need in said.items()}


def _is_in(sentence: Sequence[int], spans: Iterable[tuple[int, int]]) -> bool:
    start, end = sentence
    return any(start < its_end and its_start < end for its_start, its_end in spans)


def _of_schemes() -> Iterator[engine.Example]:
    """Give what is said of each scheme, as sentences on the sub-needs that it mainly serves."""
    for key, served in _served().items():
        source, _, name = key.partition(":")
        main = {need: weight for need, weight in served.items() if weight >= MAIN * max(served.values())}
        subjects = {need: weight / len(main) ** 0.5 for need, weight in sorted(main.items())}
        for sentence in _said(source).get(name, ()):
            yield engine.Example(sentence, subjects, SCHEME_SHARE)


def _served() -> dict[str, dict[str, float]]:
    """Return the weights of the sub-needs of our schemes in force, and of those of others that people tagged."""
    served = _served_by_ours()
    for path in sorted(TAGS.glob("*-needs.yaml")):
        source = path.stem.removesuffix("-needs")
        served |= {f"{source}:{key}": row["tags"] for key, row in _read(path)["needs"].items()}
    return served


def _served_by_ours() -> dict[str, dict[str, float]]:
    # A sheet taken out of the ranking until it is verified still says what bosses mean by those words.
    ours = Scheme.objects.of_source(Scheme.OWN).exclude(state=Scheme.State.ARCHIVED)
    rows = ServedNeed.objects.filter(revision__in=ours.values("current"))
    columns = ("revision__scheme__source", "revision__scheme__source_key", "sub_need", "weight")
    served: dict[str, dict[str, float]] = {}
    for source, key, sub_need, weight in rows.order_by(*columns[1:3]).values_list(*columns):
        served.setdefault(f"{source}:{key}", {})[sub_need] = weight
    return served


@lru_cache(maxsize=8)
def _said(source: str) -> dict[str, list[str]]:
    return said_of(source)


def _read(path: Path) -> Any:
    return read_yaml(path)
