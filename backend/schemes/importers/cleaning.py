"""Texts and addresses of other sites, as we may show them: no markup, nothing invisible, nobody's address or name."""

import html
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_BLOCK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LINE_START = re.compile(r"^[ ]*(?:#{1,6}[ ]+|>[ ]?)", re.MULTILINE)
_HARD_BREAK = re.compile(r"\\[ ]*(?=\n)|\\$")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_EMAIL = re.compile(r"(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .-]?\d\d){4}(?!\d)")
_PERSON = re.compile(r"\b(?:M\.|Mme|Mlle|Mr|Monsieur|Madame)[ ]+[A-ZÀ-Ý][\w’'-]+(?:[ ]+[A-ZÀ-Ý][\w’'-]+)*")
_TRACKING = ("mtm_", "utm_", "pk_")
_TALL_MARKS = re.compile(r"(?<=«) | (?=[»:;?!])")
_valid_url = URLValidator(schemes=["http", "https"])
MAX_URL = 500  # characters that the catalogue keeps

DROPPED_EMAIL = "(adresse non reprise)"
DROPPED_PHONE = "(téléphone non repris)"
DROPPED_PERSON = "(nom non repris)"


def clean_text(raw: str) -> str:
    """Return a text without HTML, Markdown, invisible signs, nor the address, number or name of anybody.

    Bullets and paragraphs stay; a text that was escaped twice is read twice.
    """
    text = _visible(html.unescape(html.unescape(raw)))
    text = _AUTOLINK.sub(r"\1", _SCRIPT.sub("", text))
    text = _LINK.sub(r"\1", _TAG.sub("", _BLOCK.sub("\n", text)))
    text = _HARD_BREAK.sub("", text)
    text = _LINE_START.sub("", _EMPHASIS.sub("", text))
    text = _anonymous(_ESCAPE.sub(r"\1", text))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean_line(raw: str) -> str:
    """Return a text on one line."""
    return " ".join(clean_text(raw).split())


def _visible(text: str) -> str:
    """Leave out what does not show, and write every space and line end in one way."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    found = []
    for mark in unicodedata.normalize("NFC", text):
        category = unicodedata.category(mark)
        if category == "Zs":
            found.append(" ")
        elif mark == "\n" or category not in ("Cc", "Cf", "Cs", "Co", "Cn"):
            found.append(mark)
    return "".join(found)


def _anonymous(text: str) -> str:
    text = _EMAIL.sub(DROPPED_EMAIL, text)
    text = _PHONE.sub(DROPPED_PHONE, text)
    return _PERSON.sub(DROPPED_PERSON, text)


def clean_url(raw: str) -> str:
    """Return a web address without tracking, nor a fragment that only points at words; empty where it is none."""
    address = raw.strip()
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


def typeset(text: str) -> str:
    """Return a French sentence of ours with its no-break spaces."""
    return _TALL_MARKS.sub("\N{NO-BREAK SPACE}", text)


def same_text(text: str) -> str:
    """Return a form in which two spellings of one sentence are equal: case, apostrophes, end marks, spaces."""
    plain = clean_line(text).casefold().replace("’", "'").replace("\N{MODIFIER LETTER APOSTROPHE}", "'")
    return " ".join(plain.split()).rstrip(" .,;")
