"""API Recherche d'entreprises, the State's public search of its register: asked within bounds, and never in the way.

It takes 7 requests a second of one address, and may be slow, away or wrong: every answer that is none is one
``RegisterUnavailable``, after which the firm types what it knows. Answers are kept a day in Redis without any person;
after several failures nothing is asked for a minute.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

from backend.common.fetching import Answer, FetchError, Limits, fetch
from backend.common.throttles import keyed_digest, spend
from backend.companies.establishments import MOST
from backend.companies.registered import (
    SIRET,
    SOLE_TRADER,
    Registered,
    Source,
    day_of,
    name_of,
    only_known_codes,
    year_of,
)

logger = logging.getLogger(__name__)

LIMITS = Limits(connect_seconds=1.0, read_seconds=2.0, total_seconds=3.0, max_bytes=1_000_000, redirects=0)
N_FIRMS = MOST + 1  # of one answer, each with ten establishments at most: one more than is shown
KEPT_SECONDS = 24 * 3600
PAUSE_SECONDS, LONGEST_PAUSE = 60, 300  # nothing is asked for so long
SECONDS = re.compile(r"[0-9]{1,6}")  # how long to wait, where it is written as a number that can be read
SHOWN = "O"  # the others oppose that they are shown
# From that day on the register has one activity only, in the NAF 2025 (contract of the service, July 2026).
NAF_2025_SINCE = date(2027, 1, 1)


class RegisterUnavailable(Exception):
    """The service gave no answer that can be read, or may not be asked now."""


def is_connected() -> bool:
    """Tell whether this service asks the State's: a demonstration has its own copy only."""
    return bool(settings.REGISTER_URL)


def ask(text: str, *, on: date) -> list[Registered]:
    """Return the establishments that the State's service finds by a name, a SIREN or a SIRET, in its order.

    Those that oppose are left out. Raises ``RegisterUnavailable``.
    """
    key = _key("answer", text.casefold())
    kept = _remembered(key)
    if kept is not None:
        found = [Registered.from_json(site) for site in kept]
        if None not in found:
            return cast("list[Registered]", found)
    if not is_connected() or _remembered(_key("pause")) or spend("register.service", ""):
        raise RegisterUnavailable
    try:
        sites = _read(_fetch(text), on)
    except RegisterUnavailable as error:
        logger.warning("The register of firms gives no answer: %s", error)
        if spend("register.failures", ""):
            _pause(PAUSE_SECONDS)
        raise
    _remember(key, sites)
    for site in sites:  # the one that is chosen need not be asked for again
        _remember(_key("answer", site.siret), [site])
    return sites


# -- the service


def _fetch(text: str) -> Answer:
    parameters = {
        "q": text,
        "minimal": "true",
        "include": "siege,matching_etablissements",
        "per_page": N_FIRMS,
    }
    try:
        answer = fetch(f"{settings.REGISTER_URL}/search?{urlencode(parameters)}", limits=LIMITS, is_ours=True)
    except FetchError as error:
        raise RegisterUnavailable(error.reason) from None
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "")
        _pause(min(int(wait), LONGEST_PAUSE) if SECONDS.fullmatch(wait) else PAUSE_SECONDS)
    if answer.status != 200 or answer.is_cut:
        raise RegisterUnavailable(f"status {answer.status}{', too long' if answer.is_cut else ''}")
    return answer


def _read(answer: Answer, on: date) -> list[Registered]:
    try:
        firms = json.loads(answer.body)["results"]
        return only_known_codes(site for firm in firms for site in _sites(firm, on))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RegisterUnavailable(f"malformed ({type(error).__name__})") from None


def _sites(firm: Mapping[str, Any], on: date) -> Iterator[Registered]:
    """Yield the establishments of a firm that were found, then its head office."""
    if _text(firm, "statut_diffusion") != SHOWN:
        return
    head = firm.get("siege") or {}
    seen = set()
    for site in (*(firm.get("matching_etablissements") or ()), head):
        siret = _text(site, "siret")
        if siret in seen or not SIRET.fullmatch(siret) or _text(site, "statut_diffusion_etablissement") != SHOWN:
            continue
        seen.add(siret)
        yield _site(firm, site, is_head_office=siret == _text(head, "siret"), on=on)


def _site(firm: Mapping[str, Any], site: Mapping[str, Any], *, is_head_office: bool, on: date) -> Registered:
    naf, is_open = _text(site, "activite_principale"), _text(site, "etat_administratif") == "A"
    is_old = on < NAF_2025_SINCE
    return Registered(
        siret=_text(site, "siret"),
        name=_name(firm, site),
        commune=_text(site, "commune"),
        naf=naf if is_old else "",
        naf_2025=_text(site, "activite_principale_naf25") if is_old else naf,
        legal_category=_text(firm, "nature_juridique"),
        created_on=day_of(_text(firm, "date_creation")),
        headcount_code=_text(firm, "tranche_effectif_salarie"),
        headcount_year=year_of(_text(firm, "annee_tranche_effectif_salarie")),
        insee_category=_text(firm, "categorie_entreprise"),
        insee_category_year=year_of(_text(firm, "annee_categorie_entreprise")),
        is_head_office=is_head_office,
        is_open=is_open,
        closed_on="" if is_open else day_of(_text(site, "date_fermeture")),
        source=Source.SERVICE,
        read_on=on.isoformat(),
    )


def _name(firm: Mapping[str, Any], site: Mapping[str, Any]) -> str:
    """Return the name of a firm; of a natural person's, a trade name or nothing."""
    trade = (_text(site, "nom_commercial"), *map(str, site.get("liste_enseignes") or ()))
    if _text(firm, "nature_juridique").startswith(SOLE_TRADER):
        return name_of(*trade)
    return name_of(_text(firm, "nom_raison_sociale"), *trade)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


# -- what is kept, failing soft: without Redis each question is asked


def _key(kind: str, *parts: str) -> str:
    return f"register:{kind}:{keyed_digest('register', *parts)}"


def _remember(key: str, sites: list[Registered]) -> None:
    _set(key, [site.as_json() for site in sites], KEPT_SECONDS)


def _pause(seconds: int) -> None:
    _set(_key("pause"), True, seconds)


def _set(key: str, value: Any, seconds: int) -> None:
    try:
        caches["counters"].set(key, value, seconds)
    except RedisError as error:
        logger.warning("Nothing is kept of the register of firms: %s", type(error).__name__)


def _remembered(key: str) -> Any:
    try:
        return caches["counters"].get(key)
    except RedisError:
        return None
