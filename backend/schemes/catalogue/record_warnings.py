"""What the reader of a proposal should look at twice: figures that no words bear out, conditions or contacts left out.

A warning never keeps anybody from publishing: a figure may be right, and its source be quoted in other words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from backend.schemes.catalogue.comparison import LABELS, amount_figures
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.record_types import AmountRecord, SchemeRecord
from backend.schemes.catalogue.records import definition_of, normalise
from backend.schemes.catalogue.stated_figures import EUROS, Value, days_in, figures_in, values_in
from backend.schemes.models import Definition
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

IN_EUROS = ("spend", "turnover", "balance_sheet")  # kinds of criteria whose bounds are sums
BOUNDS = ("at_least", "above", "at_most", "below")
NOWHERE = "ne se lit ni dans les textes de la fiche ni dans ce qu’elle cite de ses sources"


@dataclass(frozen=True, slots=True)
class RecordWarning:
    """Something to look at twice, beside the field of that label."""

    label: str
    text: str


class _Figure(NamedTuple):
    """A sum or a rate that a structured field holds, as the page writes it."""

    field: str
    line: str
    value: Value


def warnings_of(record: SchemeRecord) -> list[RecordWarning]:
    """Return what to look at twice in a well formed record, each once, in the order of the fields."""
    record = normalise(record)
    found = (
        *_unsaid_figures(record),
        *_figures_said_otherwise(record),
        *_amount_not_sourced(record),
        *_days(record),
        *_too_little(record),
    )
    return [RecordWarning(LABELS[field], text) for field, text in dict.fromkeys(found)]


def _unsaid_figures(record: SchemeRecord) -> Iterator[tuple[str, str]]:
    """Yield the figures of the amount and of the conditions that no words of the sheet state."""
    said = values_in(_words(record))
    for figure in _figures(record):
        if figure.value not in said:
            yield figure.field, f"«{NBSP}{figure.line}{NBSP}» {NOWHERE}."


def _figures_said_otherwise(record: SchemeRecord) -> Iterator[tuple[str, str]]:
    """Yield the figures that firms or the quoted source read, and that neither amount nor conditions hold."""
    amount = record["amount"] or {}
    known = {figure.value for figure in _figures(record)} | values_in(_words_of_rules(record))
    if not known:  # the sheet gives no figure of its own: there is nothing to contradict
        return
    texts = [*_read_by_firms(record), ("la phrase citée de la source", amount.get("excerpt"))]
    for who, text in texts:
        for figure in figures_in(text or ""):
            if not figure.values & known:
                said = f"«{NBSP}{figure.text}{NBSP}»"
                yield "amount", f"{who} dit {said}, que ni le montant ni les conditions ne disent."


def _amount_not_sourced(record: SchemeRecord) -> Iterator[tuple[str, str]]:
    """Yield the figures of the amount that its source does not state, where what is cited of it states others.

    Words of the amount itself bear out nothing here: words and numbers may have been changed together.
    """
    amount = record["amount"] or {}
    position = amount.get("source")
    title = record["sources"][position - 1]["title"] if position else ""
    units = {unit for one in figures_in(f"{amount.get('excerpt') or ''} ; {title}") for _value, unit in one.values}
    known = values_in(_words(record, but="text"))
    told: set[Value] = set()
    for text, values in _amount_figures(amount):
        if not values & (known | told) and {unit for _value, unit in values} & units:
            told |= values
            yield "amount", f"«{NBSP}{text}{NBSP}» n’est ni dans la source citée ni dans le reste de la fiche."


def _days(record: SchemeRecord) -> Iterator[tuple[str, str]]:
    """Yield the days of a window that no words state, and those that firms read and that it does not hold.

    A first day that was past when the sheet was read is left out: sources seldom give it, and it misleads nobody.
    """
    window = record["window"]
    opens, closes = (date.fromisoformat(iso) if iso else None for iso in (window["opens_on"], window["closes_on"]))
    said = list(days_in(_words(record)))
    to_come = opens if opens and opens > date.fromisoformat(record["as_of"]) else None
    for line, on in (("ouvre le", to_come), ("ferme le", closes)):
        if on and not any(one.may_be(on) for one in said):
            yield "window", f"«{NBSP}{line} {day_in_words(on)}{NBSP}» {NOWHERE}."
    known = [on for on in (opens, closes) if on] + ([closes + timedelta(days=1)] if closes else [])
    if not known:
        return
    for who, text in _read_by_firms(record):
        for one in days_in(text or ""):
            if one.day and not any(one.may_be(on) for on in known):
                yield "window", f"{who} dit «{NBSP}{one.text}{NBSP}», qui n’est ni le premier ni le dernier jour."


def _read_by_firms(record: SchemeRecord) -> Iterator[tuple[str, str | None]]:
    yield "le résumé", record["summary"]
    yield "la première démarche", record["next_step"]


def _amount_figures(amount: AmountRecord) -> Iterator[tuple[str, frozenset[Value]]]:
    """Yield each figure of an amount as it is written, in words or in a field of its own, with what it may mean."""
    for figure in figures_in(amount.get("text") or ""):
        yield figure.text, figure.values
    for line, value in amount_figures(amount):
        yield line, frozenset({value})


def _too_little(record: SchemeRecord) -> Iterator[tuple[str, str]]:
    """Yield what the sheet leaves out and firms take for something."""
    contact = record["contact"] or {}
    if not record["criteria"]:
        yield "criteria", "la fiche ne pose aucune condition : toutes les entreprises y seront éligibles."
    if not contact:
        yield "contact", "la fiche n’a pas de contact : l’entreprise ne saura pas à qui demander."
    elif not (contact.get("url") or contact.get("phone")):
        yield "contact", "ce contact n’a ni téléphone ni page : l’entreprise ne saura pas comment le joindre."


def _figures(record: SchemeRecord) -> Iterator[_Figure]:
    for line, value in amount_figures(record["amount"] or {}):
        yield _Figure("amount", line, value)
    for row in record["criteria"]:
        for part in _parts(definition_of(row)):
            if part["kind"] in IN_EUROS:
                for bound in BOUNDS:
                    if isinstance(limit := part.get(bound), int | float):
                        yield _Figure("criteria", sentence(part), (float(limit), EUROS))


def _parts(definition: Definition) -> Iterator[Definition]:
    """Yield a criterion and those inside it, at any depth."""
    yield definition
    inside: Any = definition.get("of") or []
    for part in inside if isinstance(inside, list) else [inside]:
        yield from _parts(part)


def _words_of_rules(record: SchemeRecord) -> str:
    """Return what the sheet says in words of its amount, its conditions and its window."""
    amount = record["amount"] or {}
    parts = [amount.get("text"), amount.get("duration"), record["window"]["note"]]
    for row in record["criteria"]:
        parts += [row.get("note"), *(part.get("sentence") for part in _parts(definition_of(row)))]
    return _joined(parts)


def _words(record: SchemeRecord, *, but: str = "") -> str:
    """Return all the words of the sheet and of what it quotes, but what people corrected: that holds old figures."""
    amount = record["amount"] or {}
    parts = [record.get(name) for name in ("name", "summary", "next_step", "notes", "state_aid_regime", "legal_basis")]
    parts += [amount.get(name) for name in ("text", "duration", "excerpt", "place") if name != but]
    parts += [record["window"]["note"], *record["documents"], *(row["title"] for row in record["sources"])]
    for row in record["criteria"]:
        parts += [row.get("note"), row.get("excerpt"), row.get("place")]
        parts += [part.get("sentence") for part in _parts(definition_of(row))]
    return _joined(parts)


def _joined(parts: list[Any]) -> str:
    return " ; ".join(str(part) for part in parts if part)
