"""Measures what we write for firms: words a sentence, the longest ones, and acronyms that nothing explains.

    python scripts/texts.py

It reads the templates of the pages that anybody or a firm opens, not what schemes say of themselves. A variable counts
as one word; of two branches the first is read. Ends with 1 where sentences of a page are of more than 20 words on
average, or an acronym is neither spelled out on its page nor one that its readers have on their own papers.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "backend" / "web" / "templates" / "web"
FOLDERS = ("", "filing", "parts", "public", "published")
MOST_WORDS, FEW = 20, 3  # of a sentence, on average; sentences of a page that has one
# On every invoice, letterhead or form of a firm, or the name by which everybody knows the thing.
KNOWN = {"SIRET", "SIREN", "APE", "NAF", "TVA", "HT", "PME", "CCI", "BTP", "CEDEX", "TSA", "PDF", "AA"}
# Names of formats, on pages for those who write programs or as the law wants them named.
FORMATS = {"API", "CSS", "CSV", "HTML", "ICS", "JSON", "URL", "UTF", "XLSX"}
BLOCK = re.compile(
    r"</?(?:p|li|ul|ol|h\d|dt|dd|dl|div|section|label|legend|summary|details|t[dhr]|table|caption|button|option|form"
    r"|header|article|blockquote|fieldset|main|title|nav|footer|br)\b[^>]*>"
)
COMMENT = re.compile(
    r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->|<script.*?</script>|<svg.*?</svg>", re.S
)
OTHER_BRANCH = re.compile(
    r"\{% (?:else|elif[^%]*|empty) %\}(?:(?!\{% (?:if|for|endif|endfor)).)*?(?=\{% end(?:if|for))", re.S
)
SENTENCE = re.compile(r"[^.!?]*\w[^.!?]*[.!?]")
ACRONYM = re.compile(r"\b[A-ZÉ]{2,6}\b")


@dataclass(frozen=True, slots=True)
class Page:
    """What a template says: its sentences, and its acronyms without an explanation."""

    name: str
    sentences: tuple[str, ...]
    acronyms: frozenset[str]

    @property
    def words(self) -> float:
        """How many words a sentence has, on average."""
        return mean(map(_n_words, self.sentences)) if self.sentences else 0.0

    @property
    def is_long(self) -> bool:
        """Whether that is too much, of sentences enough to speak of an average."""
        return len(self.sentences) >= FEW and self.words > MOST_WORDS


def read(name: str, template: str) -> Page:
    """Read a template as its reader does, with one word for each variable."""
    text = OTHER_BRANCH.sub(" ", COMMENT.sub(" ", template))
    text = re.sub(r"\{%.*?%\}", " ", re.sub(r"\{\{.*?\}\}", " x ", text, flags=re.S), flags=re.S)
    blocks = [" ".join(unescape(re.sub(r"<[^>]+>", " ", block)).split()) for block in BLOCK.split(text)]
    words = "\n".join(blocks)
    explained = {acronym for acronym in ACRONYM.findall(words) if _is_spelled_out(acronym, words)}
    return Page(
        name=name,
        sentences=tuple(sentence.strip() for block in blocks for sentence in SENTENCE.findall(block)),
        acronyms=frozenset(ACRONYM.findall(words)) - explained - KNOWN - FORMATS,
    )


def _is_spelled_out(acronym: str, words: str) -> bool:
    """Tell whether an acronym stands in brackets after its words, or has its words in brackets after it."""
    return re.search(rf"\w [(]{acronym}\b|\bdite?s? {acronym}\b|\b{acronym} [(]\w", words) is not None


def pages() -> Iterator[Page]:
    for folder in FOLDERS:
        for path in sorted((TEMPLATES / folder).glob("*.html")):
            yield read(str(path.relative_to(TEMPLATES)), path.read_text("utf-8"))


def main() -> int:
    found = list(pages())
    sentences = sorted((sentence for page in found for sentence in page.sentences), key=_n_words, reverse=True)
    wrong = [f"{page.name} : {page.words:.0f} mots par phrase" for page in found if page.is_long]
    wrong += [f"{page.name} : {', '.join(sorted(page.acronyms))}, sans explication" for page in found if page.acronyms]
    lines = [
        f"{len(sentences)} phrases, {mean(map(_n_words, sentences)):.1f} mots en moyenne",
        *wrong,
        "Les plus longues :",
        *(f"  {_n_words(sentence)} mots : {sentence}" for sentence in sentences[:5]),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


def _n_words(sentence: str) -> int:
    return len(sentence.split())


if __name__ == "__main__":
    sys.exit(main())
