"""An aid of Aides-entreprises as a record of the catalogue: of the official file, or as a third party renders it."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_markup
from backend.schemes.ingestion.importers.doubts import doubts_of, public_url
from backend.schemes.ingestion.importers.faults import RowError, get_object, get_text, refuse, show
from backend.schemes.ingestion.importers.fields import CATEGORY, check_text, number_key, paragraphs, said
from backend.schemes.ingestion.importers.gathering import Gathered, operators_of, owners_of
from backend.schemes.ingestion.importers.listed_places import ListedPlaces
from backend.schemes.ingestion.importers.moments import deadlines_in, read_moment
from backend.schemes.ingestion.importers.passages import PassageReader
from backend.schemes.ingestion.importers.people import condition
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.windows import read_window
from backend.schemes.ingestion.importers.words import MIXED, load_words

SOURCE = "aides-entreprises"
PREFIX = "ae"
_MACRO = re.compile(r"%[a-z_]+%")
_FRANCS = re.compile(r"\d\s?F(?:CFP)?\b")
_NAMES = ("ter_libelle", "typ_libelle", "org_nom", "proj_libelle", "tut_libelle", "libelle", "nom")


class Reader:
    """Reads aids one at a time; all of them are for firms, unless their profiles say otherwise."""

    def __init__(self) -> None:
        self.words = load_words(SOURCE)
        self.fields: Mapping[str, list[str]] = self.words["fields"]
        self.places = ListedPlaces(self.words, prefix=PREFIX)
        self.passages = PassageReader(PREFIX)
        self.authorities = set(map(spelling, self.words["authorities"]))
        self.forms = {spelling(name): form for name, form in self.words["forms"].items()}

    def key(self, given: dict[str, Any]) -> str:
        """Return the number of an aid."""
        return number_key(given, self._name(given, "key"))

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return an aid as a record. Raises ``RowError`` where it is not for firms, or a part cannot be read."""
        key = self.key(given)
        told: list[str] = []
        nuances: list[str] = []
        index = indexed(given)
        profiles = names_in(index, "profils") or texts_in(given, "profils")
        self._check_profiles(profiles)
        texts = {
            name: self._macros(clean_markup(get_text(given, self._name(given, name))), told)
            for name in ("purpose", "operations", "conditions", "amount", "beneficiaries")
        }
        regimes = {
            macro["regime"] for name, macro in self.words["macros"].items() if any(name in t for t in raw_texts(given))
        }
        operators = operators_of(funders=names_in(index, "financeurs"))
        links = complements(given, told)
        name = get_text(given, self._name(given, "name"), needed=True)
        label, where = self.places.locate(
            given,
            index,
            coverage=self._coverage(given),
            operators=owners_of(operators),
            words="\n".join((name, texts["purpose"], texts["beneficiaries"])),
            key=key,
        )
        summary = "\n\n".join(filter(None, (texts["purpose"], paragraphs("Opérations", texts["operations"]))))
        url = next(iter(links.get("source", ())), "")
        check_text(summary, url)
        told += doubts_of(url=url, texts="\n".join(texts.values()))
        if _FRANCS.search(texts["amount"]) and set(where.codes) & set(self.words["overseas_francs"]):
            told.append("Les montants sont en francs CFP, pas en euros.")
        found = self.passages.read(key, (texts["beneficiaries"], texts["conditions"]))
        closes = read_moment(given.get(self._name(given, "closes")), place=self._name(given, "closes"))
        is_active = self._state(given) in ("", *self.words["active"])
        forms = links.get("formulaire", [])
        return Gathered(
            key=key,
            name=name,
            source_title=f"{self.words['site']}, aide {key}",
            summary=summary or clean_line(name),
            kind=self._form(names_in(index, "natures"), nuances),
            window=read_window(
                opens=[],
                closes=[closes] if closes else [],
                is_closed=not is_active,
                notes=[*([] if is_active else ["Le fichier la dit inactive."]), *deadlines_in(*texts.values())],
                told=told,
            ),
            where=where,
            label=label,
            operators=operators,
            conditions=[*self._staff(given, key), *found.rows],
            amount={
                "text": texts["amount"] or None,
                "duration": clean_line(scalar(given, self._name(given, "duration"))) or None,
            },
            state_aid_regime=" ; ".join(sorted(filter(None, {*regimes, *found.de_minimis}))),
            next_step=f"Faites la demande avec le formulaire : {forms[0]}" if forms else "",
            url=url,
            page=self.words["page"].format(id=key),
            notes=[
                *self._notes(given, index, profiles),
                *(said("Règlement", [link]) for link in links.get("reglement", ())),
            ],
            told=told,
            nuances=nuances,
            labels=[f"{CATEGORY}{name}" for name in self._projects(given, index)],
        ).read(on=on)

    # -- parts

    def _name(self, given: dict[str, Any], field: str) -> str:
        """Return the name under which a record has a field: that of the official file, or the third party's."""
        names = self.fields[field]
        return next((name for name in names if name in given), names[0])

    def _check_profiles(self, profiles: list[str]) -> None:
        if profiles and not self._of_firms(profiles):
            raise RowError(
                f"Pas pour les entreprises : « profils » vaut {show(profiles)} ; attendu : un d’entreprise."
            )

    def _of_firms(self, profiles: list[str]) -> list[str]:
        return [name for name in profiles if spelling(name) not in self.authorities]

    def _macros(self, text: str, told: list[str]) -> str:
        """Write out the sentences that the file leaves under a name."""
        for name, macro in self.words["macros"].items():
            text = text.replace(name, macro["text"])
        for name in _MACRO.findall(text):
            told.append(f"Le texte contient « {name} », une phrase que le fichier n’a pas écrite.")
        return text

    def _coverage(self, given: dict[str, Any]) -> str:
        value = scalar(given, "couverture_geo" if "couverture_geo" in given else "geo")
        found: str = self.words["coverage"].get(value, "")
        if value and not found:
            raise refuse("couverture_geo", value, "1, 2 ou 3 (territoriale, nationale, européenne)")
        return found

    def _state(self, given: dict[str, Any]) -> str:
        return scalar(given, "status") or scalar(get_object(given, "_live"), "status")

    def _form(self, natures: Iterable[str], nuances: list[str]) -> str:
        found = []
        for nature in dict.fromkeys(natures):
            form = self.forms.get(spelling(nature))
            if form is None:
                nuances.append(f"Nature inconnue : « {nature} »")
            elif form not in found:
                found.append(form)
        return MIXED if len(found) > 1 else found[0] if found else ""

    def _staff(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        """Leave to a person the staff that a file aims at, where it does not name every band."""
        value = scalar(given, self._name(given, "staff"))
        codes = [code.strip() for code in value.split(",") if code.strip()]
        bands = {code: band for band, known in self.words["bands"].items() for code in known}
        unknown = [code for code in codes if code not in bands]
        if unknown:
            raise refuse("effectif", value, "des tranches comme « -10, 10-49 » ou des codes de 1 à 6")
        found = {bands[code] for code in codes}
        if not found or len(found) == len(self.words["bands"]):
            return []
        names = ", ".join(name for band, name in self.words["band_names"].items() if band in found)
        sentence = f"L’effectif de l’entreprise est de ceux que le fichier cite, à grands traits : {names}."
        return [condition(f"{PREFIX}.{key}.staff", sentence, excerpt=value, from_text=False)]

    def _projects(self, given: dict[str, Any], index: dict[str, Any]) -> list[str]:
        found = names_in(index, "projets") or texts_in(given, "projets")
        return [name for name in dict.fromkeys(found) if name not in self.words["meaningless"]]

    def _notes(self, given: dict[str, Any], index: dict[str, Any], profiles: list[str]) -> Iterable[str]:
        """Give what the file says besides; sectors are those of nearly every aid, and say nothing."""
        validated = scalar(given, "aid_validation") or scalar(get_object(given, "_live"), "validation")
        moment = read_moment(validated, place="aid_validation")
        yield said("Projets", self._projects(given, index))
        yield said("Profils cités", self._of_firms(profiles))
        if len(self._of_firms(profiles)) < len(profiles):
            yield "Ouverte aussi aux collectivités territoriales."
        yield said("Effectifs cités", scalar(given, self._name(given, "staff")))
        yield said("Âge de l’entreprise (selon le fichier)", scalar(given, self._name(given, "age")))
        yield f"Fiche validée par le site le {moment.day:%d/%m/%Y}." if moment else ""


def scalar(given: dict[str, Any], name: str) -> str:
    """Return a text or a number as a text; empty where it is not given. Raises ``RowError`` at anything else."""
    value = given.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse(name, value, "un texte ou un nombre")
    return str(value).strip()


def raw_texts(given: dict[str, Any]) -> list[str]:
    """Return every text of a record, as it came."""
    return [value for value in given.values() if isinstance(value, str)]


def indexed(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the file repeats of a record for its search, which may stand as JSON in a text."""
    return as_object(given, "cache_indexation")


def as_object(given: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object, also one written as a text; empty where there is none. Raises ``RowError``."""
    value = given.get(name)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise refuse(name, given[name], "un objet JSON") from None
    if not value:
        return {}
    if not isinstance(value, dict):
        raise refuse(name, value, "un objet JSON")
    return value


def names_in(index: dict[str, Any], name: str) -> list[str]:
    """Return the names of a list of objects; those that only have a number have none."""
    listed = index.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise refuse(f"cache_indexation.{name}", listed, "une liste d’objets JSON")
    found = (next((item[key] for key in _NAMES if item.get(key)), "") for item in listed)
    return list(filter(None, (clean_line(str(value)) for value in found)))


def texts_in(given: dict[str, Any], name: str) -> list[str]:
    """Return a list of texts, cleaned. Raises ``RowError`` where it is none."""
    value = given.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise refuse(name, value, "une liste de textes")
    return list(filter(None, map(clean_line, value)))


def complements(given: dict[str, Any], told: list[str]) -> dict[str, list[str]]:
    """Return the addresses that go with an aid, by what they are: nothing, a list, a text or an object holds them."""
    found: dict[str, list[str]] = {}
    plain = given.get("source")
    if isinstance(plain, str):
        found["source"] = [plain]
    value = given.get("complements")
    if isinstance(value, list):
        value = {"source": value}
    elif isinstance(value, str) and not value.lstrip().startswith("{"):
        value = {"source": [{"lien": value}]} if value.strip() else {}
    else:
        value = as_object(given, "complements")
    for kind, rows in value.items():
        for row in rows if isinstance(rows, list) else []:
            link = row.get("lien") if isinstance(row, dict) else row
            if isinstance(link, str) and link.strip():
                found.setdefault(kind, []).append(link)
    return {kind: [url for url in (public_url(link, told) for link in links) if url] for kind, links in found.items()}
