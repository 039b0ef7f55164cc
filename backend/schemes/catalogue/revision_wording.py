"""What a revision says of its window and of its amount, in French."""

from datetime import date
from decimal import Decimal

from django.utils import formats

from backend.schemes.catalogue.windows import SHUT, TAKING, WindowOn, expected_again, is_seen_open, window_on
from backend.schemes.models import Revision
from backend.schemes.typography import NBSP, day, euros, first_sentence, join, percent
from backend.schemes.vocabulary import ONE_SIZE

COUNTED_DAYS = 90  # from so near an end, the days left are told


def sighting(revision: Revision) -> str:
    """Say when a scheme was seen open, and where; nothing where its sheet states its window, or nobody saw it."""
    return f"vu ouvert le {day(revision.seen_on)} ({revision.seen_by})" if revision.seen_on else ""


def window(state: str, opens_on: date | None, closes_on: date | None) -> str:
    """Say when applications are taken; the last day is inside."""
    dates = " ".join(
        filter(
            None, (f"du {day(opens_on)}" if opens_on else "", f"jusqu’au {day(closes_on)} inclus" if closes_on else "")
        )
    )
    if state == "permanent":
        return f"ouvert en permanence{f' depuis le {day(opens_on)}' if opens_on else ''}"
    if state == "closed":
        return f"fermé{f' ({dates})' if dates else ''}"
    if state == "suspended":
        return "suspendu par le porteur"
    if state == "exhausted":
        return f"enveloppe épuisée{f' ({dates})' if dates else ''}"
    if state == "dated":
        return f"ouvert {dates}"
    return f"dates d’ouverture à confirmer{f' ({dates})' if dates else ''}"


def amount(revision: Revision) -> str:
    """Say how much a scheme gives, or that we do not know; only what a source says."""
    if revision.amount_text:
        parts = [revision.amount_text.rstrip("."), rates_by_size(revision), eligible_spend(revision)]
    else:
        parts = _figures(revision)
    if revision.duration:
        parts.append(f"durée{NBSP}: {revision.duration.rstrip('.')}")
    text = " ; ".join(filter(None, parts))
    return text[:1].upper() + text[1:] if text else ""


def brief_amount(revision: Revision) -> str:
    """Say the amount in one sentence, where a list has no room for all of it; its duration is no amount."""
    said = first_sentence(revision.amount_text).rstrip(".") or " ; ".join(filter(None, _figures(revision)))
    return said[:1].upper() + said[1:]


def _figures(revision: Revision) -> list[str]:
    """Say the typed figures of an amount, where no words do."""
    unit = revision.get_amount_unit_display() if revision.amount_unit else ""
    by_size = rates_by_size(revision)
    parts = ["en nature, pas en argent" if revision.in_kind else "", by_size]
    if revision.rate_max_pct is not None and not by_size:
        parts.append(f"jusqu’à {percent(revision.rate_max_pct)}")
    low, high = revision.floor_eur, revision.ceiling_eur
    if low is not None and high is not None:
        parts.append(f"de {euros(float(low))} à {euros(float(high))} {unit}".strip())
    elif high is not None:
        parts.append(f"{euros(float(high))} au plus {unit}".strip())
    elif low is not None:
        parts.append(f"{euros(float(low))} au moins {unit}".strip())
    parts.append(eligible_spend(revision))
    if revision.cost_left_eur is not None:
        left = float(revision.cost_left_eur)
        parts.append(f"reste à votre charge{NBSP}: {euros(left)}" if left else "gratuit pour l’entreprise")
    return parts


def rates_by_size(revision: Revision) -> str:
    """Say the rate of each size of firm that a source gives one for; sizes of one rate together."""
    sizes: dict[Decimal, list[str]] = {}
    for size, rate in revision.rates.items():
        sizes.setdefault(rate, []).append(ONE_SIZE[size])
    return ", ".join(f"{percent(rate)} ({join(names)})" for rate, names in sizes.items())


def eligible_spend(revision: Revision) -> str:
    """Say between which bounds a spend counts."""
    low, high = revision.spend_min_eur, revision.spend_max_eur
    if low is not None and high is not None:
        return f"dépense retenue{NBSP}: de {euros(float(low))} à {euros(float(high))}"
    if high is not None:
        return f"dépense retenue{NBSP}: {euros(float(high))} au plus"
    return f"dépense{NBSP}: {euros(float(low))} au moins" if low is not None else ""


def deadline(revision: Revision, *, on: date) -> str:
    """Say when a scheme takes applications, as seen on a day, and when it was last seen open where no date says it."""
    seen, stated = sighting(revision), dates(revision, on=on)
    if not seen or window_on(revision, on=on) not in (*TAKING, WindowOn.UNKNOWN):
        return stated
    if not is_seen_open(revision, on=on):
        return f"{stated}{NBSP}; {seen}"
    last = f", jusqu’au {day(revision.closes_on)} inclus" if revision.closes_on else ""
    return f"{seen[:1].upper()}{seen[1:]}{last}"


def dates(revision: Revision, *, on: date) -> str:
    """Say what the dates of a sheet are, as seen on a day: a page read again changes nothing of them."""
    found, left = window_on(revision, on=on), revision.days_left(on)
    # Once it is open, its first day is no news; where no last day is known, it is all that is.
    is_past = found in TAKING and revision.closes_on is not None
    text = window(revision.window_state, None if is_past else revision.opens_on, revision.closes_on)
    if found == WindowOn.CLOSED and revision.closes_on and revision.closes_on < on:
        text = f"fermé depuis le {day(revision.closes_on)}"
    elif found == WindowOn.UPCOMING and revision.opens_on:
        last = f", jusqu’au {day(revision.closes_on)} inclus" if revision.closes_on else ""
        text = f"ouvre le {day(revision.opens_on)}{last}"
        if revision.window_state == Revision.WindowState.UNKNOWN:
            text += " (à confirmer)"
    elif found in TAKING and left is not None and left <= COUNTED_DAYS:
        text += (
            f" (dernier jour{NBSP}: aujourd’hui)" if left == 0 else f" (encore {left} jour{'s' if left > 1 else ''})"
        )
    again = expected_again(revision, on=on)
    if again:
        text += f"{NBSP}; de nouveau attendu vers {formats.date_format(again, 'F Y')}"
    elif found in SHUT and found != WindowOn.SUSPENDED and revision.recurring:
        text += f"{NBSP}; revient chaque année, sans date annoncée"
    return text[:1].upper() + text[1:]
