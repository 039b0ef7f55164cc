"""State aid around a file: the de minimis aids already received, what is left, and a word on each scheme.

It warns and never changes a verdict or an order: the register of the State and the granting authority decide.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from backend.accounts.models import User
from backend.companies.models import Fact, ReceivedAid
from backend.companies.services import record_aid, record_facts, withdraw_aid
from backend.matchmaking import engine
from backend.matchmaking.contents import AIDS, may_have
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import Result, Submission
from backend.matchmaking.ownership import known_facts, known_values, read_together, sources_of, told_facts
from backend.matchmaking.size import sizes_in_words
from backend.schemes import typography
from backend.schemes.catalogue.regimes import DE_MINIMIS, OTHER, Regime, regimes_of
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.models import Revision

NBSP = typography.NBSP
N_AIDS = 200  # standing in one file; a firm that has more calls us
NEARLY_USED = 0.1  # part of the ceiling under which little is left for a scheme whose amount nobody knows


class AidError(ValueError):
    """An aid that cannot be recorded, with a sentence for who typed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AidLine:
    """An aid of the ledger as a page shows it."""

    aid: ReceivedAid
    amount: str
    counts_until: str  # empty where it does not count on the day
    is_own: bool  # said by the firm itself
    source: str  # which other file gave it; empty where it stands in this one, and may be taken back here


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The aids of a file, whether they are all there, and what is left on a day."""

    lines: tuple[AidLine, ...]
    left: engine.Left
    declared_on: date | None  # day on which somebody said that there is no other
    total: str
    ceiling: str
    remainder: str
    sentences: tuple[str, ...]
    of_one_file: bool  # a guest reads it: aids of other files read with this one are left out

    @property
    def is_complete(self) -> bool:
        return self.declared_on is not None


# -- writing


@transaction.atomic
def declare_aid(
    *,
    submission: Submission,
    on: date,
    granted_on: date,
    amount_eur: Decimal | None,
    regulation: str = "",
    title: str = "",
    member: str = "",
    author: User | None = None,
) -> ReceivedAid:
    """Record an aid that the firm says it received, or that an officer knows of.

    Raises ``PermissionDenied`` where that officer does not review the file, ``AidError`` where it cannot be recorded.
    """
    submission = Submission.objects.locked(submission.pk)
    if author:
        check_may_decide(author, submission)
    if granted_on > on:
        raise AidError("Cette aide n’est pas encore accordée : donnez un jour passé, ou attendez la décision.")
    known = set(submission.sheet.aids.standing().values_list("pk", flat=True))
    if len(known) >= N_AIDS:
        raise AidError(f"Ce dossier compte déjà {N_AIDS} aides. Retirez celles de plus de trois ans.")
    aid = record_aid(
        sheet=submission.sheet,
        granted_on=granted_on,
        amount_eur=amount_eur,
        on=on,
        regulation=regulation,
        title=title,
        member=member,
        author=author,
    )
    if aid.pk not in known:
        reopen_on_event(submission, actor=author)
    return aid


@transaction.atomic
def take_aid_back(*, submission: Submission, aid: ReceivedAid, author: User | None = None) -> None:
    """Take an aid back; a firm takes back what it said, an officer what anybody said.

    Raises ``PermissionDenied`` for an aid that an officer recorded, or to an officer who does not review the file.
    """
    submission = Submission.objects.locked(submission.pk)
    if author:
        check_may_decide(author, submission)
    elif aid.origin != Fact.Origin.DECLARED:
        raise PermissionDenied
    if ReceivedAid.objects.standing().filter(pk=aid.pk).exists():
        withdraw_aid(aid=aid, by=author)
        reopen_on_event(submission, actor=author)


@transaction.atomic
def declare_complete(*, submission: Submission, complete: bool, on: date, author: User | None = None) -> None:
    """Say that no other de minimis aid was received in three years, or take that back."""
    submission = Submission.objects.locked(submission.pk)
    if author:
        check_may_decide(author, submission)
    rows = record_facts(
        sheet=submission.sheet,
        values={Fact.AIDS_COMPLETE: True if complete else None},
        known=known_values(submission),
        origin=Fact.Origin.OFFICER if author else Fact.Origin.DECLARED,
        on=on,
        author=author,
    )
    if rows:
        reopen_on_event(submission, actor=author)


# -- what is left


def _aids_of(sheets: Collection[int]) -> Iterable[ReceivedAid]:
    return ReceivedAid.objects.standing().filter(sheet__in=sheets).select_related("author")


def ledger_of(submission: Submission, *, on: date, viewer: User | None = None) -> Ledger:
    """Return the aids of a file and of those read with it, and what is left under the general ceiling on a day.

    One that two files tell in the same words is one aid. To a guest those of the file alone, whose sum is then never
    known to be all.
    """
    sources = sources_of(submission, viewer=viewer)
    rows = _aids_of([submission.sheet_id, *sources]) if sources or may_have(submission, AIDS) else ()
    told: dict[tuple[Any, ...], ReceivedAid] = {}
    for aid in sorted(rows, key=lambda aid: aid.sheet_id != submission.sheet_id):  # its own first
        told.setdefault((aid.granted_on, aid.amount_eur, aid.regulation, aid.title, aid.member), aid)
    aids = sorted(told.values(), key=lambda aid: (aid.granted_on, aid.pk))
    declared = told_facts(submission, known_facts(submission)).get(Fact.AIDS_COMPLETE)
    of_one_file = bool(submission.page_reader)
    grants = [
        (aid.granted_on, None if aid.amount_eur is None else float(aid.amount_eur), aid.regulation) for aid in aids
    ]
    left = engine.de_minimis_left(grants, on=on, complete=declared is not None and not of_one_file)
    return Ledger(
        lines=tuple(_aid_line(aid, on, sources.get(aid.sheet_id, "")) for aid in aids),
        left=left,
        declared_on=declared.recorded_on if declared else None,
        total=between(*left.used),
        ceiling=typography.euros(left.ceiling) if left.ceiling is not None else "",
        remainder=_at_most(left) if left.ceiling is not None else "",
        sentences=tuple(_sentences(left, is_complete=declared is not None, of_one_file=of_one_file)),
        of_one_file=of_one_file,
    )


def has_aids(submission: Submission) -> bool:
    """Tell whether an aid stands in a file, or in one that is read with it; to a guest, in the file."""
    others = () if submission.page_reader else read_together(submission)
    sheets = [submission.sheet_id, *(other.sheet for other in others)]
    return ReceivedAid.objects.standing().filter(sheet__in=sheets).exists()


def _aid_line(aid: ReceivedAid, on: date, source: str) -> AidLine:
    leaves = engine.leaves_window_on(aid.granted_on)
    return AidLine(
        aid=aid,
        amount="" if aid.amount_eur is None else typography.euros(float(aid.amount_eur)),
        counts_until=typography.day(leaves - timedelta(days=1)) if aid.granted_on <= on < leaves else "",
        is_own=aid.origin == Fact.Origin.DECLARED,
        source=source,
    )


def between(low: float, high: float | None) -> str:
    """Write an amount known between two bounds."""
    if high is None:
        return f"{typography.euros(low)} ou plus"
    return typography.euros(low) if low == high else f"entre {typography.euros(low)} et {typography.euros(high)}"


def _sentences(left: engine.Left, *, is_complete: bool, of_one_file: bool) -> list[str]:
    """Say what is left, until when, and what could make it less."""
    if left.ceiling is None:
        end = (
            f"{NBSP}: le règlement connu ici s’appliquait jusqu’au {typography.day(left.ended_on)}"
            if left.ended_on
            else ""
        )
        return [f"Le plafond des aides de minimis n’est pas connu à ce jour{end}. À vérifier."]
    ceiling = typography.euros(left.ceiling)
    until = f" jusqu’au {typography.day(left.freed_on - timedelta(days=1))}" if left.freed_on else ""
    if left.high == 0:
        said = [f"Le plafond de {ceiling} est atteint{until}."]
    else:
        said = [f"Il reste {_at_most(left)} sur {ceiling}{until}."]
    if left.freed_on:
        said.append(f"Libéré le {typography.day(left.freed_on)}{NBSP}: {_freed(left)}.")
    if of_one_file:
        said.append("Cette liste est celle de cette demande seule : d’autres aides ont pu être reçues. À vérifier.")
    elif not is_complete:
        said.append("La liste n’est pas déclarée complète : d’autres aides ont pu être reçues. À vérifier.")
    elif left.low != left.high:
        said.append("Un montant ou un règlement manque : à vérifier.")
    return said


def _at_most(left: engine.Left) -> str:
    if left.high is not None and left.low == 0 < left.high:
        return f"au plus {typography.euros(left.high)}"
    return between(left.low, left.high)


def _freed(left: engine.Left) -> str:
    low, high = left.freed
    return "un montant inconnu" if high is None else between(low, high)


# -- a word on each scheme


def notes_on_schemes(
    submission: Submission, result: Result, *, viewer: User | None = None
) -> Callable[[Revision], tuple[str, ...]]:
    """Return what to tell an officer of the State-aid regime of a scheme, for this firm on the day of the result."""
    left = ledger_of(submission, on=result.on, viewer=viewer).left
    sizes = engine.size_of(result.facts, on=result.on).positions
    return partial(_notes, left=left, sizes=sizes, on=result.on)


def _notes(revision: Revision, *, left: engine.Left, sizes: tuple[int, int], on: date) -> tuple[str, ...]:
    bases = regimes_of(revision.state_aid_regime) or ()
    notes = []
    for basis in bases:
        if basis.name == DE_MINIMIS:
            start = "Aide de minimis" if len(bases) == 1 else "Si l’aide est de minimis"
            warning = _warning(revision, left)
            notes += [f"{start}{NBSP}: {warning}"] if warning else []
        elif basis.name != OTHER:
            notes.append(f"Intensité maximale de l’aide{NBSP}: {_most_paid(basis, sizes, on)}")
    return tuple(notes)


def _warning(revision: Revision, left: engine.Left) -> str:
    """Warn where what is left may not be enough; nothing where it surely is."""
    if left.ceiling is None:
        return "plafond inconnu à ce jour, à vérifier."
    if left.high == 0:
        return f"plafond de {typography.euros(left.ceiling)} atteint, à vérifier avant de la demander."
    lowest = 0.0 if revision.floor_eur is None else float(revision.floor_eur)
    highest = None if revision.ceiling_eur is None else float(revision.ceiling_eur)
    fits = engine.fits_left(lowest, highest, left)
    if fits == "not_met":
        return f"il reste {_at_most(left)}, moins que son montant le plus bas. À vérifier."
    is_enough = fits == "met" or (highest is None and left.low >= NEARLY_USED * left.ceiling)
    return "" if is_enough else f"il reste {_at_most(left)} sur {typography.euros(left.ceiling)}, à vérifier."


def _most_paid(basis: Regime, sizes: tuple[int, int], on: date) -> str:
    found = engine.rates_of(basis.name, basis.article, sizes=sizes, on=on)
    regime = f"{found.regime}, article {basis.article}" if basis.article else found.regime
    if found.is_over:
        return f"inconnue ({regime}{NBSP}: en vigueur jusqu’au {typography.day(found.until)} seulement)."
    rates = f"{NBSP}; ".join(_rate(rate, sizes) for rate in found.rates) or "inconnue"
    return f"{rates} ({regime}, en vigueur jusqu’au {typography.day(found.until)}, inconnue ensuite)."


def _rate(rate: engine.Rate, sizes: tuple[int, int]) -> str:
    if rate.low is None or rate.high is None:
        return f"{rate.purpose}, taux inconnu ({sizes_in_words(sizes)})"
    low, high = (f"{typography.number(bound)}{NBSP}%" for bound in (rate.low, rate.high))
    return f"{rate.purpose}, {low if low == high else f'de {low} à {high}'} ({sizes_in_words(sizes)})"


def proposes_de_minimis(result: Result) -> bool:
    """Tell whether a scheme that answers the firm may be paid as de minimis aid."""
    sheets = read_revisions({match.revision_id for match in result.answering})
    texts = {sheet.state_aid_regime for sheet in sheets.values()}
    return any(basis.name == DE_MINIMIS for text in texts for basis in regimes_of(text) or ())
