"""Schemes for which firms of the territory are ineligible wherever they are: by the place alone."""

from datetime import date

from backend.matchmaking import engine
from backend.schemes.models import Scheme
from backend.territories.services import served_communes


def schemes_ineligible_everywhere(*, on: date) -> list[str]:
    """Return the keys of our published schemes that each served commune rules out by itself, nothing else known."""
    catalogue = engine.catalogue(Scheme.OWN)
    facts = [{}, *({"commune": commune.official_code} for commune in served_communes())]
    asked = [engine.read_request(each, "", (), on=on, compiled=catalogue)[0] for each in facts]
    _, weights = engine.active_weights()
    answers = engine.answer(asked, compiled=catalogue, weights=weights)
    refused = [{item.scheme_key for item in answer.ranked if not item.is_possible} for answer in answers]
    anyhow, *by_commune = refused  # a closed one is refused wherever one is
    keys = set.intersection(*by_commune) - anyhow if by_commune else set()
    return sorted(key.removeprefix(f"{Scheme.OWN}:") for key in keys)
