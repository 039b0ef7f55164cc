"""Whether the sentences that sheets quote stand on the pages they name, from the first live reading on.

That first reading is the baseline: a sentence that is not there is to be confirmed, and editors alone read so, since
the address may be that of a whole code or of an index, whose page never holds it. One that stood there and is gone on
two days is a change, which dates the sheet for everybody and gives one task, until the sheet was read again.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from backend.common.text import fold
from backend.schemes.models import Page, Quote, Revision
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

_LEFT_OUT = re.compile(r"\[\s*(?:…|\.\.\.)\s*\]|…$")  # something between that the excerpt leaves out
_WORD = re.compile(r"\w+")
SHOWN = 120  # characters of a sentence in a task


@dataclass(frozen=True, slots=True)
class Lost:
    """A sentence that a page said, and says no more."""

    excerpt: str
    digest: str
    until: date  # the first day on which it was not there


def words_of(text: str) -> str:
    """Return the words of a text, folded, between single spaces: signs and lines do not count."""
    return " ".join(_WORD.findall(fold(text)))


def digest_of_quote(excerpt: str) -> str:
    return sha256(words_of(excerpt).encode()).hexdigest()


def stands_in(excerpt: str, words: str) -> bool:
    """Tell whether a page says a sentence: each of its parts, in that order."""
    place, text = 0, f" {words} "
    for part in filter(None, map(words_of, _LEFT_OUT.split(excerpt))):
        found = text.find(f" {part} ", place)
        if found < 0:
            return False
        place = found + len(part) + 1
    return True


def quotes_of(revision: Revision) -> dict[str, set[str]]:
    """Return the sentences that a sheet quotes, by the address of their page without its fragment."""
    sources = {source.position: source for source in revision.sources.all()}
    quoted = [(row.source, row.excerpt) for row in revision.criteria.all()]
    quoted.append((sources.get(revision.amount_source or 0), revision.amount_excerpt))
    found: dict[str, set[str]] = {}
    for source, excerpt in quoted:
        if source and source.url and excerpt:
            found.setdefault(source.url.partition("#")[0].strip(), set()).add(excerpt)
    return found


def follow_quotes(page: Page, words: str, excerpts: Iterable[str], *, on: date) -> list[Lost]:
    """Keep whether sentences stand on a page as it was read on a day; return those that it says no more, once each."""
    by_digest = {digest_of_quote(excerpt): excerpt for excerpt in excerpts}
    page.quotes.exclude(digest__in=by_digest).delete()
    known = {quote.digest: quote for quote in page.quotes.all()}
    lost = []
    for digest, excerpt in by_digest.items():
        quote = known.get(digest)
        stands = stands_in(excerpt, words)
        if quote is None:
            Quote.objects.create(page=page, digest=digest, first_on=on, stood=stands)
        elif stands and not (quote.stood and quote.missing_on is None):
            quote.stood, quote.missing_on, quote.changed_on = True, None, None
            quote.save()
        elif quote.stood and not stands and quote.changed_on is None:
            if quote.missing_on is None:
                quote.missing_on = on
            elif quote.missing_on < on:
                quote.changed_on = on
                lost.append(Lost(excerpt, digest, quote.missing_on))
            quote.save()
    return lost


def told_lost(lost: Sequence[Lost]) -> str:
    """Say what a page says no more, for who reads the sheet again."""
    said = [f"« {one.excerpt[:SHOWN]}{'…' if len(one.excerpt) > SHOWN else ''} »" for one in lost]
    since = day_in_words(min(one.until for one in lost))
    return f"La page ne dit plus, depuis le {since}, ce que la fiche en cite{NBSP}: {' ; '.join(said)}."


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the sentences that a sheet quotes, by digest: never seen there, or that a page says no more."""

    absent: dict[str, date]
    changed: dict[str, date]

    @property
    def changed_on(self) -> date | None:
        """The day since which a page of the sheet says something else."""
        return max(self.changed.values(), default=None)

    def of(self, excerpt: str) -> str:
        """Say of one sentence what was found; nothing where it stands, or nobody has looked."""
        digest = digest_of_quote(excerpt) if excerpt else ""
        if digest in self.changed:
            return f"À confirmer{NBSP}: le {day_in_words(self.changed[digest])}, la page ne le disait plus."
        if digest in self.absent:
            return f"À confirmer{NBSP}: le {day_in_words(self.absent[digest])}, la page ne le disait pas en ces mots."
        return ""


def seen_of(revision: Revision, *, for_editor: bool = False) -> Seen:
    """Return what was found of the sentences that a sheet quotes, on the pages that it names.

    A change counts until the sheet was read again, that day or later, and still quotes the sentence. Those that never
    stood on their page are told to editors only.
    """
    quoted = {(url, digest_of_quote(one)) for url, found in quotes_of(revision).items() for one in found}
    rows = Quote.objects.filter(page__url__in={url for url, _digest in quoted})
    found = Seen({}, {})
    for url, digest, stood, first_on, missing_on, changed_on in rows.values_list(
        "page__url", "digest", "stood", "first_on", "missing_on", "changed_on"
    ):
        if (url, digest) not in quoted:
            continue
        if changed_on and missing_on:
            if revision.as_of < changed_on:
                found.changed[digest] = missing_on
        elif for_editor and not stood:
            found.absent[digest] = first_on
    return found
