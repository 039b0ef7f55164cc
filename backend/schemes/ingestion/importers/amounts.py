"""What an aid of another site amounts to, from numbers that stand apart: none is read out of a sentence."""

from collections.abc import Iterable
from decimal import Decimal

from backend.schemes.catalogue.record_types import AmountRecord
from backend.schemes.models import Revision
from backend.schemes.typography import NBSP, euros, number, typeset

Kind = Revision.Kind


def amount_of(
    kind: str,
    *,
    rates: tuple[Decimal | None, Decimal | None],
    loan: Decimal | None = None,
    advance: Decimal | None = None,
    texts: Iterable[str] = (),
    told: list[str],
) -> AmountRecord:
    """Put together rates and amounts; what a loan or an advance reaches is a ceiling where it is all of the aid."""
    low, high = rates[0] or None, rates[1] or None  # a rate of nothing says nothing
    if high is not None and (high > 100 or (low is not None and low > high)):
        told.append(f"Les taux donnés vont de {_rate(low or Decimal())} à {_rate(high)} : aucun n’est repris.")
        low = high = None
    lines = []
    if high is not None:
        lines.append(f"Taux de {_rate(low)} à {_rate(high)}" if low else f"Taux de {_rate(high)} au plus")
    elif low:
        lines.append(f"Taux de {_rate(low)} au moins")
    lines += [f"Prêt de {euros(float(loan))} au plus"] if loan else []
    lines += [f"Avance récupérable de {euros(float(advance))} au plus"] if advance else []
    ceiling = {Kind.LOAN.value: loan, Kind.REPAYABLE_ADVANCE.value: advance}.get(kind)
    return {
        "text": typeset(" ; ".join([*lines, *filter(None, texts)])) or None,
        "rate_max_pct": None if high is None else float(high),
        "ceiling_eur": float(ceiling) if ceiling else None,
    }


def _rate(value: Decimal) -> str:
    return f"{number(float(value))}{NBSP}%"
