"""What the readers of several sites take from a field of a record: clean, or refused with a reason."""

import re
from html.parser import HTMLParser
from typing import Any

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_markup
from backend.schemes.ingestion.importers.doubts import is_filler, public_url
from backend.schemes.ingestion.importers.faults import RowError, get_text, refuse
from backend.schemes.ingestion.importers.moments import Moment, read_moment
from backend.schemes.ingestion.importers.people import condition

CATEGORY = "category:"  # before what a site files a record under


def number_key(given: dict[str, Any], name: str) -> str:
    """Return a number that identifies a record, written as a number or a text. Raises ``RowError``."""
    value = given.get(name)
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[1-9]\d{0,11}", text, re.ASCII):
        raise refuse(name, value, "un numéro, comme 156168")
    return text


def markup(given: dict[str, Any], name: str) -> str:
    """Return the clean text of a field."""
    return clean_markup(get_text(given, name))


def moments(given: dict[str, Any], *names: str) -> list[Moment]:
    """Return the days that some fields give."""
    found = (read_moment(given.get(name), place=name) for name in names)
    return [moment for moment in found if moment]


def category(name: str) -> str:
    """Write a category as the API does: older files have a bar between theme and category."""
    return " / ".join(map(str.strip, clean_line(name).split("|")))


def check_text(text: str, address: str) -> None:
    """Raise ``RowError`` where a record says nothing that anybody could use."""
    if is_filler(text):
        raise RowError("Fiche d’essai : son texte est « Lorem ipsum ».")
    if not text and not address:
        raise RowError("La fiche n’a ni texte ni adresse utilisable ; attendu : l’un des deux au moins.")


def for_firms(prefix: str, key: str) -> CriterionRecord:
    """Leave to a person whether an aid is for firms, where its file does not say for whom it is."""
    sentence = "L’aide est ouverte aux entreprises : le fichier ne dit pas à qui elle s’adresse."
    return condition(f"{prefix}.{key}.audience", sentence, excerpt="", from_text=False)


def said(what: str, value: str | list[str]) -> str:
    """Write what a site says, after what it is; nothing where it says nothing."""
    text = clean_line(value) if isinstance(value, str) else ", ".join(filter(None, map(clean_line, value)))
    return f"{what} : {text}" if text else ""


def paragraphs(what: str, text: str) -> str:
    """Write a long text under what it is."""
    return f"{what} :\n{text}" if text else ""


def link_in(raw: str) -> str:
    """Return the first address of a page in the markup of a contact; no person's address is one."""
    links = _Links()
    links.feed(raw)
    return next((url for url in (public_url(link, []) for link in links.found) if url), "")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
