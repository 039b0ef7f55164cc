"""What makes a text or an address of another site doubtful: told to officers, never decided upon."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from backend.schemes.ingestion.importers.cleaning import clean_line, clean_url

_EDITION = re.compile(r"/(20[0-4]\d(?:(?:0[1-9]|1[0-2])[0-3]\d)?)/(?!\d)")
_AMOUNT = re.compile(r"(?<![\d/])(\d{1,3}(?: \d+)+) ?(?:€|euros?\b|EUR\b|K€|F\b)")
_OLD_DE_MINIMIS = re.compile(r"\b1407/2013\b")
_TRIAL_HOSTS = ("test", "recette", "preprod", "staging", "dev", "localhost", "127")
_FILLER = re.compile(r"\blorem ipsum\b", re.IGNORECASE)


def public_url(raw: str, told: list[str]) -> str:
    """Return a web address that people can follow; that of a trial site, or what is none, is told and left out."""
    url = clean_url(raw)
    if not url:
        if raw.strip():
            told.append(f"L’adresse « {clean_line(raw)[:80]} » n’est pas celle d’une page : elle n’est pas reprise.")
        return ""
    parts = urlsplit(url)
    if (parts.hostname or "").split(".")[0] in _TRIAL_HOSTS:
        told.append(f"L’adresse « {url} » est celle d’un site d’essai : elle n’est pas reprise.")
        return ""
    if "@" in url:
        told.append("Une adresse de page contient une adresse électronique : elle n’est pas reprise.")
        return ""
    return url


def doubts_of(*, url: str = "", texts: str = "") -> Iterator[str]:
    """Give what an officer must check: an old edition, an old regulation, a number that cannot be read."""
    edition = _EDITION.search(urlsplit(url).path)
    if edition:
        yield f"L’adresse de la page porte la date « {edition[1]} » : c’est peut-être une ancienne édition."
    if _OLD_DE_MINIMIS.search(texts):
        yield "Le texte cite le règlement de minimis 1407/2013, remplacé depuis par le règlement 2023/2831."
    for number in _AMOUNT.findall(texts):
        if any(len(group) != 3 for group in number.split(" ")[1:]):
            yield f"Le montant « {number} » est mal écrit."


def is_filler(text: str) -> bool:
    """Tell whether a text is one that printers try their types with."""
    return bool(_FILLER.search(text))
