"""When a record of another site takes applications: no last day is not "open", unless the site says "permanent"."""

from collections.abc import Sequence
from datetime import date

from backend.schemes.catalogue.record_types import WindowRecord
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.moments import NEVER, Moment
from backend.schemes.models import Revision

State = Revision.WindowState


def read_window(
    *,
    opens: Sequence[Moment],
    closes: Sequence[Moment],
    recurrence: str = "",
    is_closed: bool = False,
    notes: Sequence[str] = (),
    told: list[str],
) -> WindowRecord:
    """Put together what a record says of its window; ``recurrence`` is permanent, once, recurring or not known.

    A recurring scheme whose last day is past stays dated: closed, and expected again. Raises ``RowError`` where the
    first day comes after the last.
    """
    lasting = [moment for moment in closes if moment.day.year < NEVER]
    first = min((moment.day for moment in opens), default=None)
    last = max(lasting, key=lambda moment: moment.day, default=None)
    if first and last and first > last.day:
        raise RowError(
            f"Dates inversées : ouverture le {first:%d/%m/%Y}, clôture le {last.day:%d/%m/%Y} ; attendu : "
            "l’ouverture d’abord."
        )
    if recurrence == "permanent" and last:
        told.append(f"L’aide est dite permanente, mais se termine le {last.day:%d/%m/%Y} : cette date est suivie.")
    state = State.UNKNOWN
    if last:
        state = State.DATED
    elif recurrence == "permanent":
        state = State.PERMANENT
    if is_closed:
        state = State.CLOSED
    lines = [*_several(lasting), *_hour(last), *_no_end(closes, lasting), *notes]
    found = window_of(state.value, first, last.day if last else None)
    found["recurring"] = {"recurring": True, "once": False}.get(recurrence)
    found["note"] = "\n".join(dict.fromkeys(lines)) or None
    return found


def window_of(state: str, opens_on: date | None, closes_on: date | None) -> WindowRecord:
    """Return a window as a record writes it."""
    return {
        "state": state,
        "opens_on": opens_on.isoformat() if opens_on else None,
        "closes_on": closes_on.isoformat() if closes_on else None,
        "recurring": None,
        "note": None,
    }


def _several(closes: Sequence[Moment]) -> list[str]:
    days = sorted({moment.day for moment in closes})
    return [f"Clôtures successives : {', '.join(map(_day, days))}."] if len(days) > 1 else []


def _hour(last: Moment | None) -> list[str]:
    return [f"Le dernier jour, jusqu’à {last.hour} (heure de Paris)."] if last and last.hour else []


def _no_end(closes: Sequence[Moment], lasting: Sequence[Moment]) -> list[str]:
    never = [moment for moment in closes if moment not in lasting]
    return [f"Fin donnée : {_day(never[0].day)}, c’est-à-dire aucune."] if never and not lasting else []


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
