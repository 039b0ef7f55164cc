"""Texts and addresses of other sites, as we may show them: no markup, nothing invisible, nobody's address or name."""

import html
import re
import unicodedata
from html.entities import html5
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from backend.common.text import remember_short
from backend.schemes.ingestion.importers.anonymity import without_persons

_ITEM = re.compile(r"<li\b[^<>]*>\s*(?:<p\b[^<>]*>)?", re.IGNORECASE)
_FLOWING = re.compile(r"<(?:p|div|li|br|ul|ol|h[1-6]|table)\b", re.IGNORECASE)
_CUT_ENTITY = re.compile(r"&(?=[A-Za-z]{4})([A-Za-z]+)")
# All but letters and marks of western texts, which show as they are.
_UNUSUAL = re.compile("[^\n\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u2010-\u2027\u2030-\u205e\u20ac]")
_MARK = re.compile(r"[<>#*_`\\\[]")  # without one of these, a text has no markup
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_BLOCK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LINE_START = re.compile(r"^[ ]*(?:#{1,6}(?:[ ]+|$)|>[ ]?)", re.MULTILINE)
_HARD_BREAK = re.compile(r"\\[ ]*(?=\n)|\\$")
_RULE = re.compile(r"_{4,}")  # a line drawn with underscores
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TRACKING = ("mtm_", "utm_", "pk_")
_BROKEN_SCHEME = re.compile(r"^(https?):[ ]+//", re.IGNORECASE)
_valid_url = URLValidator(schemes=["http", "https"])
MAX_URL = 500  # characters that the catalogue keeps


@remember_short
def clean_text(raw: str) -> str:
    """Return a text without HTML, Markdown, invisible signs, nor the address, number or name of anybody.

    Bullets and paragraphs stay; a text that was escaped twice is read twice.
    """
    text = _visible(_CUT_ENTITY.sub(_letter, html.unescape(html.unescape(raw))))
    text = without_persons(_unmarked(text) if _MARK.search(text) else text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unmarked(text: str) -> str:
    text = _AUTOLINK.sub(r"\1", _SCRIPT.sub("", text))
    text = _LINK.sub(r"\1", _TAG.sub("", _BLOCK.sub("\n", _ITEM.sub("\n- ", text))))
    text = _HARD_BREAK.sub("", text)
    text = _LINE_START.sub("", _EMPHASIS.sub("", text))
    return _RULE.sub("", _ESCAPE.sub(r"\1", text))


def clean_markup(raw: str) -> str:
    """Return the text of a page's markup, where a line end is a space as in a browser; other texts as they are."""
    if not _FLOWING.search(html.unescape(raw)):
        return clean_text(raw)
    return re.sub(r"\n+(?=- )", "\n", clean_text(" ".join(raw.split())))


def clean_line(raw: str) -> str:
    """Return a text on one line."""
    return " ".join(clean_text(raw).split())


def _letter(found: re.Match[str]) -> str:
    """Return the letter of an entity that lost its end mark, as in "&oeliguvre", with what follows it."""
    for length in range(len(found[1]), 3, -1):
        letter = html5.get(f"{found[1][:length]};", "")
        if len(letter) == 1 and "\u00c0" <= letter <= "\u017f":
            return letter + found[1][length:]
    return found[0]


def _visible(text: str) -> str:
    """Leave out what does not show, and write every space and line end in one way."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _UNUSUAL.sub(_shown, unicodedata.normalize("NFC", text))


def _shown(found: re.Match[str]) -> str:
    category = unicodedata.category(found[0])
    return " " if category == "Zs" else "" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else found[0]


def clean_url(raw: str) -> str:
    """Return a web address without tracking, nor a fragment that only points at words; empty where it is none."""
    address = _BROKEN_SCHEME.sub(r"\1://", raw.strip())
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if any(name.startswith(_TRACKING) for name, _ in parse_qsl(parts.query)):
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith(_TRACKING)]
        parts = parts._replace(query=urlencode(kept))
    if parts.fragment.startswith(":~:"):
        parts = parts._replace(fragment="")
    cleaned = urlunsplit(parts)
    try:
        _valid_url(cleaned)
    except ValidationError:
        return ""
    return cleaned if len(cleaned) <= MAX_URL else ""


def same_text(text: str) -> str:
    """Return a form in which two spellings of one sentence are equal: case, apostrophes, end marks, spaces."""
    plain = clean_line(text).casefold().replace("’", "'").replace("\N{MODIFIER LETTER APOSTROPHE}", "'")
    return " ".join(plain.split()).rstrip(" .,;")
