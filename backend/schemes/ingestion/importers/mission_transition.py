"""An aid of Aides-territoires as the former site Mission Transition gave it to firms, as a record of the catalogue."""

from datetime import date
from typing import Any

from backend.schemes.ingestion.importers.amounts import amount_of
from backend.schemes.ingestion.importers.cleaning import clean_line
from backend.schemes.ingestion.importers.doubts import doubts_of, public_url
from backend.schemes.ingestion.importers.faults import get_flag, get_number, get_object, get_text, refuse
from backend.schemes.ingestion.importers.fields import CATEGORY, check_text, link_in, markup, moments, paragraphs
from backend.schemes.ingestion.importers.gathering import Gathered, operators_of
from backend.schemes.ingestion.importers.locating import Locator
from backend.schemes.ingestion.importers.moments import deadlines_in
from backend.schemes.ingestion.importers.passages import PassageReader
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.windows import read_window
from backend.schemes.ingestion.importers.words import SHARED, load_words, vocabulary

SOURCE = "mission-transition"
PREFIX = "mt"


class Reader:
    """Reads aids one at a time; the site was for firms only, so a record does not say for whom it is."""

    def __init__(self) -> None:
        self.words = load_words(SOURCE)
        self.locator = Locator(load_words(SHARED), prefix=PREFIX)
        self.passages = PassageReader(PREFIX)

    def key(self, given: dict[str, Any]) -> str:
        """Return the number of an aid in its first site, such as ``at_94683``."""
        value = get_text(given, "sourceId", needed=True).strip()
        if not value.isascii() or not value.replace("_", "").isalnum() or len(value) > 60:
            raise refuse("sourceId", value, "un identifiant comme « at_94683 »")
        return value

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return an aid as a record. Raises ``RowError`` where a part cannot be read."""
        key = self.key(given)
        told: list[str] = []
        nuances: list[str] = []
        funder = get_text(get_object(given, "funder"), "name", needed=True)
        operators = operators_of(funders=[funder])
        places = names(given, "regions") or [get_text(given, "perimeter")]
        url = public_url(get_text(given, "fundingSourceUrl"), told)
        description, eligibility = markup(given, "aidDetails"), markup(given, "eligibility")
        check_text(description, url)
        kind = vocabulary().kind(names(given, "fundingTypes"), nuances=nuances)
        application = public_url(get_text(given, "applicationUrl"), told)
        told += doubts_of(url=url, texts=f"{description}\n{eligibility}")
        found = self.passages.read(key, [eligibility])
        return Gathered(
            key=key,
            name=get_text(given, "name", needed=True),
            source_title=f"{self.words['site']}, aide {key}",
            summary=description or clean_line(get_text(given, "name")),
            kind=kind,
            window=read_window(
                opens=moments(given, "applicationStartDate"),
                closes=moments(given, "applicationEndDate"),
                notes=deadlines_in(description, eligibility),
                told=told,
            ),
            where=self.locator.locate(", ".join(places), operators=[funder], key=key),
            label=clean_line(", ".join(places)),
            operators=operators,
            conditions=found.rows,
            state_aid_regime="\n".join(found.de_minimis),
            amount=amount_of(
                kind,
                rates=(get_number(given, "subventionRateLowerBound"), get_number(given, "subventionRateUpperBound")),
                loan=get_number(given, "loanAmount"),
                told=told,
            ),
            next_step=f"Faites la demande en ligne : {application}" if application else "",
            contact_url=link_in(get_text(given, "contactGuidelines")),
            url=url,
            notes=[
                "Se demande directement, sans appel à projets." if get_flag(given, "directAccess") else "",
                paragraphs("Exemples de projets", markup(given, "projectExamples")),
            ],
            told=told,
            nuances=nuances,
            labels=[f"{CATEGORY}{name}" for name in names(given, "environmentalTopics")],
        ).read(on=on)


def names(given: dict[str, Any], field: str) -> list[str]:
    """Return the names in a list of names or of objects with a name. Raises ``RowError`` where it is none."""
    found = given.get(field)
    listed: list[Any] = found if isinstance(found, list) else [found]
    if found is None:
        return []
    given_names = [item.get("name") if isinstance(item, dict) else item for item in listed]
    if not isinstance(found, list) or not all(isinstance(name, str) for name in given_names):
        raise refuse(field, found, "une liste de noms")
    return [clean_line(str(name)) for name in given_names]
