"""The feeds that Aides-territoires takes in: one reader, and for each feed a table that says where things stand.

A table (``fixtures/importers/flux-*.yaml``) names the fields of a feed by their path: ``a.b`` is b in a, ``a[]`` every
item of the list a. Whom, what for and in which form are translated into the labels of Aides-territoires.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from backend.schemes.catalogue.record_types import WindowRecord
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_markup
from backend.schemes.ingestion.importers.doubts import doubts_of, public_url
from backend.schemes.ingestion.importers.envelopes import records_under
from backend.schemes.ingestion.importers.faults import refuse
from backend.schemes.ingestion.importers.fields import CATEGORY, check_text, for_firms, link_in, paragraphs, said
from backend.schemes.ingestion.importers.gathering import Gathered, operators_of, owners_of
from backend.schemes.ingestion.importers.locating import Locator, Where
from backend.schemes.ingestion.importers.moments import Moment, deadlines_in, read_moment
from backend.schemes.ingestion.importers.passages import PassageReader
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.windows import read_window
from backend.schemes.ingestion.importers.words import SHARED, load_words, vocabulary

FEEDS = ("flux-ademe", "flux-drome", "flux-manche", "flux-ile-de-france", "flux-culture", "flux-welcome-europe")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}", re.ASCII)


def open_feed(source: str) -> Callable[[Path], Iterator[Any]]:
    """Return what opens the file of a feed."""
    name = load_words(source)["records"]
    return records_under(name) if name else records_under()


class Reader:
    """Reads the records of one feed, by its table."""

    def __init__(self, source: str) -> None:
        self.table = load_words(source)
        self.prefix: str = self.table["prefix"]
        self.locator = Locator(load_words(SHARED), prefix=self.prefix)
        self.passages = PassageReader(self.prefix)
        self.labels = {name: _by_label(self.table.get(name, {})) for name in ("audiences", "categories", "kinds")}

    def key(self, given: dict[str, Any]) -> str:
        """Return the identifier of a record, which one feed writes as a number and another as a text."""
        path = self.table["key"]
        value = next(iter(find(given, path)), None)
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not _KEY.fullmatch(text):
            raise refuse(path, value, "un identifiant en lettres, chiffres et tirets, 120 au plus")
        return text

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return a record as one of ours. Raises ``RowError`` where it is not for firms, or a part cannot be read."""
        key = self.key(given)
        told: list[str] = []
        nuances: list[str] = []
        audiences = self._translated(given, "audiences", nuances)
        others = vocabulary().check_open_to_firms(audiences, place=self.table["audiences"]["at"])
        name = self._texts(given, "name")
        if not name:
            raise refuse(self.table["name"][0], None, "un titre")
        operators = operators_of(funders=self._texts(given, "operators"), distributors=self.table.get("operator", []))
        label, where = self._where(given, key, owners_of(operators))
        url = next((url for url in (public_url(raw, told) for raw in self._raw(given, "url")) if url), "")
        summary, eligibility = self._text(given, "summary"), self._text(given, "eligibility")
        check_text(f"{summary}\n{eligibility}".strip(), url)
        amount = " ; ".join(self._texts(given, "amount"))
        told += doubts_of(url=url, texts=f"{summary}\n{eligibility}\n{amount}")
        applications = [found for found in (public_url(raw, told) for raw in self._raw(given, "application")) if found]
        applications += [found for found in map(link_in, self._raw(given, "application_in")) if found]
        kinds = self._translated(given, "kinds", nuances)
        found = self.passages.read(key, [eligibility])
        conditions = [*([] if audiences else [for_firms(self.prefix, key)]), *found.rows]
        return Gathered(
            key=key,
            name=" – ".join(name),
            source_title=f"{self.table['site']}, fiche {key}",
            summary=summary or " – ".join(name),
            kind=vocabulary().kind(kinds, nuances=nuances),
            window=self._window(given, summary, eligibility, told, nuances),
            where=where,
            label=label,
            operators=operators,
            conditions=conditions,
            state_aid_regime="\n".join(found.de_minimis),
            amount={"text": amount or None},
            next_step=f"Faites la demande en ligne : {applications[0]}" if applications else "",
            contact_url="" if url else next(iter(applications), ""),
            url=url,
            notes=[said("Ouverte aussi à", others), *self._notes(given)],
            told=told,
            nuances=nuances,
            labels=[f"{CATEGORY}{name}" for name in self._translated(given, "categories", nuances)],
        ).read(on=on)

    # -- fields

    def _raw(self, given: dict[str, Any], field: str) -> list[str]:
        """Return the texts that a field of the table points at."""
        found = (text for path in self.table.get(field, ()) for text in texts(given, path))
        return [text for text in found if clean_line(text) not in self.table.get("not_said", ())]

    def _texts(self, given: dict[str, Any], field: str) -> list[str]:
        return list(filter(None, map(clean_line, self._raw(given, field))))

    def _text(self, given: dict[str, Any], field: str) -> str:
        return "\n\n".join(filter(None, map(clean_markup, self._raw(given, field))))

    def _moments(self, given: dict[str, Any], field: str) -> list[Moment]:
        found = (read_moment(value, place=path) for path in self.table.get(field, ()) for value in find(given, path))
        return [moment for moment in found if moment]

    def _translated(self, given: dict[str, Any], name: str, nuances: list[str]) -> list[str]:
        """Return the labels of Aides-territoires for those of the feed; one that the table does not hold is told."""
        part = self.table.get(name)
        if part is None:
            return []
        found: list[str] = []
        for raw in map(html.unescape, texts(given, part["at"])):  # first, for the sake of the semicolon of an entity
            for label in map(clean_line, raw.split(part["between"]) if "between" in part else [raw]):
                translated = self.labels[name].get(spelling(label), [label] if part.get("as_is") else None)
                if translated is None and label:
                    nuances.append(f"« {part['at']} » : « {label} » n’est pas dans notre table")
                found.extend(translated or ([label] if label and name == "audiences" else []))
        return list(dict.fromkeys(found))

    def _where(self, given: dict[str, Any], key: str, owners: list[str]) -> tuple[str, Where]:
        """Say where a record holds: the feed's own territory, or what its fields name."""
        place = self.table["place"]
        if "fixed" in place:
            label = place["fixed"]
        else:
            named = ([text for text in texts(given, path) if clean_line(text)] for path in place["at"])
            label = clean_line(", ".join(next(filter(None, named), [])))
        return label, self.locator.locate(label, place.get("scale", ""), operators=owners, key=key)

    def _window(
        self, given: dict[str, Any], summary: str, eligibility: str, told: list[str], nuances: list[str]
    ) -> WindowRecord:
        recurrence = next(iter(self._texts(given, "recurrence")), "")
        edition = next(iter(self._numbers(given, "edition")), "")
        closes = self._moments(given, "closes")
        notes = [f"Édition {edition} : rien ne dit qu’une autre suit."] if edition else []
        notes += [f"Pré-dépôt le {moment.day:%d/%m/%Y} au plus tard." for moment in self._moments(given, "before")]
        return read_window(
            opens=self._moments(given, "opens"),
            closes=closes,
            recurrence=vocabulary().recurrence(recurrence, nuances=nuances),
            notes=[*notes, *deadlines_in(summary, eligibility)],
            told=told,
        )

    def _numbers(self, given: dict[str, Any], field: str) -> Iterable[str]:
        return (str(value) for path in self.table.get(field, ()) for value in find(given, path) if value)

    def _notes(self, given: dict[str, Any]) -> Iterable[str]:
        """Give what the site says besides, and when it said it last."""
        for what, paths in self.table.get("notes", {}).items():
            found = [clean_markup(text) for path in paths for text in texts(given, path)]
            found = [text for text in found if text and text not in self.table.get("not_said", ())]
            if any("\n" in text for text in found):
                yield paragraphs(what, "\n".join(found))
            else:
                yield said(what, found)
        updated = self._moments(given, "updated")
        if updated:
            yield f"Mise à jour sur le site le {max(moment.day for moment in updated):%d/%m/%Y}."


def find(given: Any, path: str) -> list[Any]:
    """Return what stands at a path; nothing where a part of it is absent. Raises ``RowError`` at another shape."""
    found = [given]
    done = ""
    for part in path.split("."):
        name, is_list = part.removesuffix("[]"), part.endswith("[]")
        done = f"{done}.{name}".lstrip(".")
        reached: list[Any] = []
        for holder in found:
            if not isinstance(holder, dict):
                raise refuse(done, holder, "un objet JSON")
            value = holder.get(name)
            if value is None:
                continue
            if is_list and not isinstance(value, list):
                raise refuse(done, value, "une liste")
            reached.extend(value if is_list else [value])
        found = reached
    return found


def texts(given: Any, path: str) -> list[str]:
    """Return the texts at a path. Raises ``RowError`` where something else stands there."""
    found = find(given, path)
    for value in found:
        if not isinstance(value, str):
            raise refuse(path, value, "un texte")
    return found


def _by_label(part: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the labels of Aides-territoires by that of the feed."""
    found: dict[str, list[str]] = {}
    for translated, labels in part.get("labels", {}).items():
        for label in labels:
            found.setdefault(spelling(clean_line(label)), []).append(translated)
    return found
