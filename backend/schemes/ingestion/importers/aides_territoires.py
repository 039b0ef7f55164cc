"""An aid of Aides-territoires, as its API gives it, as a record of the catalogue."""

import re
from datetime import date
from typing import Any
from urllib.parse import urljoin

from backend.schemes.catalogue.record_types import WindowRecord
from backend.schemes.ingestion.importers.amounts import amount_of
from backend.schemes.ingestion.importers.cleaning import clean_line
from backend.schemes.ingestion.importers.doubts import doubts_of, public_url
from backend.schemes.ingestion.importers.faults import get_flag, get_number, get_text, get_texts
from backend.schemes.ingestion.importers.fields import (
    CATEGORY,
    category,
    check_text,
    for_firms,
    link_in,
    markup,
    moments,
    number_key,
    paragraphs,
    said,
)
from backend.schemes.ingestion.importers.gathering import Gathered, operators_of, owners_of
from backend.schemes.ingestion.importers.locating import Locator
from backend.schemes.ingestion.importers.moments import deadlines_in
from backend.schemes.ingestion.importers.passages import PassageReader
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.windows import read_window
from backend.schemes.ingestion.importers.words import load_words, vocabulary

SOURCE = "aides-territoires"
PREFIX = "at"  # of the names of conditions that are left to people
_SLUG = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")


class Reader:
    """Reads aids one at a time."""

    def __init__(self) -> None:
        self.words = load_words(SOURCE)
        self.locator = Locator(self.words, prefix=PREFIX)
        self.vocabulary = vocabulary()
        self.passages = PassageReader(PREFIX)

    def key(self, given: dict[str, Any]) -> str:
        """Return the number of an aid, which some files write between quotes."""
        return number_key(given, "id")

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return an aid as a record. Raises ``RowError`` where it is not for firms, or a part cannot be read."""
        key = self.key(given)
        audiences = get_texts(given, "targeted_audiences")
        others = self.vocabulary.check_open_to_firms(audiences, place="targeted_audiences")
        told: list[str] = []
        nuances: list[str] = []
        operators = operators_of(funders=get_texts(given, "financers"), assessors=get_texts(given, "instructors"))
        perimeter = get_text(given, "perimeter")
        where = self.locator.locate(
            perimeter, get_text(given, "perimeter_scale"), operators=owners_of(operators), key=key
        )
        page, url = self._addresses(given, told)
        description, eligibility = markup(given, "description"), markup(given, "eligibility")
        check_text(description, url or page)
        kind = self.vocabulary.kind(get_texts(given, "aid_types"), nuances=nuances)
        application = public_url(get_text(given, "application_url"), told)
        told += doubts_of(url=url, texts="\n".join((description, eligibility, markup(given, "subvention_comment"))))
        found = self.passages.read(key, [eligibility])
        conditions = [*([] if audiences else [for_firms(PREFIX, key)]), *found.rows]
        return Gathered(
            key=key,
            name=get_text(given, "name", needed=True),
            source_title=f"{self.words['site']}, aide {key}",
            summary=description or clean_line(get_text(given, "name")),
            kind=kind,
            window=self._window(given, description, eligibility, told, nuances),
            where=where,
            label=clean_line(perimeter),
            operators=operators,
            conditions=conditions,
            state_aid_regime="\n".join(found.de_minimis),
            amount=amount_of(
                kind,
                rates=(
                    get_number(given, "subvention_rate_lower_bound"),
                    get_number(given, "subvention_rate_upper_bound"),
                ),
                loan=get_number(given, "loan_amount"),
                advance=get_number(given, "recoverable_advance_amount"),
                texts=[
                    markup(given, "subvention_comment"),
                    "Service payant" if get_flag(given, "is_charged") else "",
                ],
                told=told,
            ),
            next_step=f"Faites la demande en ligne : {application}" if application else "",
            contact_url=link_in(get_text(given, "contact")),
            url=url,
            page=page,
            notes=self._notes(given, others),
            told=told,
            nuances=nuances,
            labels=[f"{CATEGORY}{category(name)}" for name in get_texts(given, "categories")],
        ).read(on=on)

    def _addresses(self, given: dict[str, Any], told: list[str]) -> tuple[str, str]:
        """Return the page of the site, whose addresses are relative, and that of the owner."""
        slug, relative = get_text(given, "slug").strip(), get_text(given, "url").strip()
        if relative:
            page = public_url(_absolute(self.words["origin"], relative), told)
        else:
            page = self.words["page"].format(slug=slug) if _SLUG.fullmatch(slug) else ""
        return page, public_url(get_text(given, "origin_url"), told)

    def _window(
        self, given: dict[str, Any], description: str, eligibility: str, told: list[str], nuances: list[str]
    ) -> WindowRecord:
        recurrence = self.vocabulary.recurrence(get_text(given, "recurrence"), nuances=nuances)
        before = moments(given, "predeposit_date")
        notes = [f"Pré-dépôt le {moment.day:%d/%m/%Y} au plus tard." for moment in before]
        is_live = get_flag(given, "is_live")
        if is_live is False:
            notes.append("Le site ne montre plus cette aide.")
        return read_window(
            opens=moments(given, "start_date"),
            closes=moments(given, "submission_deadline"),
            recurrence="" if is_live is False and recurrence == "permanent" else recurrence,
            notes=[*notes, *deadlines_in(description, eligibility)],
            told=told,
        )

    def _notes(self, given: dict[str, Any], others: list[str]) -> list[str]:
        """Return what the site says besides."""
        updated = moments(given, "date_updated") or moments(given, "date_created")
        licence = clean_line(get_text(given, "import_share_licence"))
        return [
            said("Autre nom", get_text(given, "name_initial")),
            said("Nom court", get_text(given, "short_title")),
            said("Programmes", get_texts(given, "programs")),
            said("Ouverte aussi à", others),
            said("Étapes", get_texts(given, "mobilization_steps")),
            said("Dépenses", get_texts(given, "destinations")),
            "Appel à projets." if get_flag(given, "is_call_for_project") else "",
            said("Aide européenne", get_text(given, "european_aid")),
            f"Mise à jour sur le site le {updated[0].day:%d/%m/%Y}." if updated else "",
            said("Reprise d’un autre site", get_text(given, "import_data_mention")),
            said("Licence", licence),
            paragraphs("Exemples de projets", markup(given, "project_examples")),
        ]


def _absolute(origin: str, address: str) -> str:
    """Return an address that may be relative; one that is none stays as it is."""
    try:
        return urljoin(origin, address)
    except ValueError:
        return address
