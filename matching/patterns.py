"""Regular expressions that are given as data, over sentences without capitals and accents."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from matching.sentences import MOST_KEPT, Span, clauses_of, sentences_of
from matching.text import fold

_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=4 * MOST_KEPT)  # several readers ask for each sentence
def folded(text: str, span: Span) -> str:
    """Return a part of a text in lower case, without accents, with one space between words."""
    return _SPACES.sub(" ", fold(text[slice(*span)]))


def forget_texts() -> None:
    """Let go of the texts that were cut and folded: what somebody wrote is kept no longer than it is being read."""
    sentences_of.cache_clear()
    clauses_of.cache_clear()
    folded.cache_clear()


class PatternTable:
    """Patterns by name, and what those of a name are about.

    Parameters
    ----------
    patterns : mapping of str to iterable of str
        By name: regular expressions, in which ``{name}`` stands for a part, or for one of some words.
    parts : mapping of str to str
        What several patterns have in common; a part may name those before it, and the words.
    words : mapping of str to iterable of str
        Words of which any one may stand, by the name that patterns give them.
    about : mapping of str to iterable of str, optional
        By name: whatever its patterns find holds something of it. A sentence that does not is not searched; where it
        is not said, every one is.
    """

    def __init__(
        self,
        patterns: Mapping[str, Iterable[str]],
        *,
        parts: Mapping[str, str],
        words: Mapping[str, Iterable[str]],
        about: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        found = patterns_of(patterns, parts=parts, words=words)
        # Every sentence holds the empty word, which those are about of which nothing is said.
        self._rows = [(name, tuple((about or {}).get(name, ("",))), several) for name, several in found.items()]

    def of(self, sentence: str) -> Iterator[tuple[str, list[re.Pattern[str]]]]:
        """Yield the patterns that may find something in a sentence, by name."""
        for name, about, patterns in self._rows:
            for word in about:
                if word in sentence:
                    yield name, patterns
                    break


def patterns_of(
    patterns: Mapping[str, Iterable[str]], *, parts: Mapping[str, str], words: Mapping[str, Iterable[str]]
) -> dict[str, list[re.Pattern[str]]]:
    """Compile patterns by name, in which ``{name}`` stands for a part, or for one of some words.

    A part may name those before it.
    """
    known = {name: "|".join(map(re.escape, sorted(several, key=len, reverse=True))) for name, several in words.items()}
    for name, part in parts.items():
        known[name] = _filled(part, known)
    return {name: [re.compile(_filled(pattern, known)) for pattern in several] for name, several in patterns.items()}


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", f"(?:{part})")
    return pattern
