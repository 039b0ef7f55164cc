"""What a page says: whether it says that it is missing, and whether it still says what it did.

Only what a visitor reads counts: menus, feet, scripts and forms are left out, and so are dates of publication, hours
and random marks, which change without anything having changed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from hashlib import blake2b
from html.parser import HTMLParser
from typing import TypedDict

from backend.common.text import fold

ALIKE = 0.8  # share of common groups of words; one word in ten or so may change
GROUP = 4  # words
SKETCH = 200  # groups of words that stand for the page: enough to tell 0.8 from 0.7
LEAST_WORDS = 40  # below, a page is not worth comparing: most of its text comes by script
EMPTY_WORDS = 12
SHORT_WORDS = 150  # a page that says that it is missing says little else
MAX_FIGURES = 80

SILENT = {"script", "style", "noscript", "template", "svg", "iframe", "select", "button"}
MORE = {"script", "iframe", "frame", "object"}
AROUND = {"nav", "footer", "aside", "form", "dialog"}
MONTHS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
DATE = rf"(?:\d{{1,2}}(?:er)?\s(?:{MONTHS})(?:\s\d{{4}})?|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}})"
_DATE = re.compile(rf"\b{DATE}\b|\b\d{{1,2}}\s?[h:]\s?\d{{2}}\b|\bil y a \d+ \w+")
_LIMIT = re.compile(rf"(?:jusqu'?\s?au|avant le|date limite|cloture|au plus tard)[^.]{{0,40}}?({DATE})")
_AMOUNT = re.compile(r"\b\d[\d ]*(?:[.,]\d+)?\s?(?:%|(?:k|m|millions?\sd')?\s?(?:€|euros?\b))")
_MARK = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w{12,}\b|\b\d{9,}\b")
_WORD = re.compile(r"\w+")
_THING = r"(?:page|contenu|document|ressource|fiche|aide|article|adresse|lien|url|dispositif|offre)"
_MISSING = re.compile(
    rf"\b(?:erreur|error)\s?404\b|^\W*404\b|\b404\b.{{0,20}}\b(?:not found|page|erreur)\b|\bpage not found\b"
    rf"|\b{_THING}s?\b.{{0,25}}\b(?:introuvable|non trouvee?|inexistante?)"
    rf"|\b{_THING}s?\b[^.]{{0,60}}\bn'(?:existe (?:plus|pas)|est (?:plus|pas) (?:disponible|accessible|en ligne))"
    rf"|\bn'(?:avons pas|a pas pu etre) trouve\w* (?:la|cette) page"
)


class Fingerprint(TypedDict):
    """What a text comes down to: a sample of its groups of words, and the figures and deadlines it gives."""

    sketch: list[int]
    figures: list[str]


@dataclass(slots=True)
class Reading:
    """What a visitor reads."""

    title: str = ""
    headings: list[str] = field(default_factory=list)
    text: str = ""
    shows_more: bool = False
    whole: str = ""  # menus and feet too

    @property
    def n_words(self) -> int:
        return len(_WORD.findall(self.text))


class _Reader(HTMLParser):
    """Gathers what shows. What is around the page is kept apart: it stands in where nothing else was found."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.headings: list[list[str]] = []
        self.main: list[str] = []
        self.body: list[str] = []
        self.everything: list[str] = []
        self.shows_more = False
        self._open: dict[str, int] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in MORE or (tag == "meta" and (dict(attributes).get("http-equiv") or "").lower() == "refresh"):
            self.shows_more = True
        name = "main" if dict(attributes).get("role") == "main" else tag
        if name in SILENT | AROUND | {"main", "header", "title", "h1", "h2"}:
            self._open[name] = self._open.get(name, 0) + 1
        if tag in ("h1", "h2"):
            self.headings.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self._open.clear()
        elif self._open.get(tag):
            self._open[tag] -= 1

    def handle_data(self, data: str) -> None:
        if self._is_in(SILENT):
            return
        if self._is_in({"title"}):
            self.title.append(data)
            return
        self.everything.append(data)
        if self._is_in(AROUND):
            return
        if self._is_in({"h1", "h2"}) and self.headings:
            self.headings[-1].append(data)
        if self._is_in({"header"}) and not self._is_in({"main"}):
            return
        self.body.append(data)
        if self._is_in({"main"}):
            self.main.append(data)

    def _is_in(self, tags: set[str]) -> bool:
        return any(self._open.get(tag) for tag in tags)


def read_page(body: bytes, content_type: str) -> Reading:
    """Return what a visitor reads; bad HTML is read as far as it goes."""
    reader = _Reader()
    reader.feed(_decode(body, content_type))
    reader.close()
    texts = (_plain(part) for part in (reader.main, reader.body, reader.everything))
    main, body_text, everything = texts
    text = next((each for each in (main, body_text) if len(_WORD.findall(each)) >= LEAST_WORDS), everything)
    headings = [heading for parts in reader.headings if (heading := _plain(parts))]
    return Reading(
        title=_plain(reader.title), headings=headings, text=text, shows_more=reader.shows_more, whole=everything
    )


def _decode(body: bytes, content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    said = header.get_content_charset() or ""
    if not said and (found := re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", body[:4096], re.IGNORECASE)):
        said = found[1].decode("ascii")
    try:
        return body.decode(said or "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _plain(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split())


def missing_words(reading: Reading) -> str:
    """Return the words by which a page that answered 200 says that it is missing; none where it does not."""
    candidates = [reading.title, *reading.headings]
    if reading.n_words < SHORT_WORDS:
        candidates.append(reading.text)
    for text in candidates:
        if found := _MISSING.search(fold(text)):
            return found[0].strip()
    return ""


def is_empty(reading: Reading) -> bool:
    """Tell whether a page shows next to nothing, and has neither script nor frame that could show more."""
    return not reading.shows_more and reading.n_words < EMPTY_WORDS


# -- comparing


def fingerprint(reading: Reading) -> Fingerprint | None:
    """Return what the text comes down to, or nothing where there is too little of it."""
    if reading.n_words < LEAST_WORDS:
        return None
    text = " ".join(fold(reading.text).split())
    limits = {f"limite {found[1]}" for found in _LIMIT.finditer(text)}
    amounts = {re.sub(r"\s", "", found[0]) for found in _AMOUNT.finditer(text)}
    words = _WORD.findall(_MARK.sub(" ", _DATE.sub(" ", text)))
    sketch = sorted(set(_groups(words)))[:SKETCH]
    return Fingerprint(sketch=sketch, figures=sorted(limits | amounts)[:MAX_FIGURES])


def _groups(words: list[str]) -> Iterator[int]:
    for start in range(max(len(words) - GROUP + 1, 1)):
        group = " ".join(words[start : start + GROUP])
        yield int.from_bytes(blake2b(group.encode(), digest_size=6).digest())


def likeness(one: Fingerprint, other: Fingerprint) -> float:
    """Estimate the share of groups of words that two texts have in common, from the smallest marks of both."""
    first, second = set(one["sketch"]), set(other["sketch"])
    sample = set(sorted(first | second)[:SKETCH])
    return len(sample & first & second) / len(sample) if sample else 1.0


def says_the_same(one: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether two texts say the same: most of the words, and every figure and deadline."""
    return one["figures"] == other["figures"] and likeness(one, other) >= ALIKE
