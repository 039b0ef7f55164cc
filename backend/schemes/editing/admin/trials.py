"""What a sheet would do to the firms we know, for the pages: asked of the engine from above, told in French here."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.accounts.models import User
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import RecordError
from backend.schemes.editing.forms.reading import Reading
from backend.schemes.editing.forms.sheet import Sheet
from backend.schemes.models import Definition, Revision


class Counts(Protocol):
    """Firms that one condition keeps, excludes, or leaves to be settled."""

    @property
    def kept(self) -> int: ...
    @property
    def excluded(self) -> int: ...
    @property
    def undecided(self) -> int: ...


class Effect(Protocol):
    """What a change does to firms: the moves of some of them, and how many there are."""

    @property
    def n_firms(self) -> int: ...
    @property
    def gains(self) -> Collection[object]: ...
    @property
    def loses(self) -> Collection[object]: ...
    @property
    def undecided(self) -> Collection[object]: ...
    @property
    def unchanged(self) -> int: ...
    def of_those_who_ask(self) -> "Effect": ...


class Trial(Protocol):
    """The firms of today, on which any number of records and conditions are tried."""

    def counts(self, criteria: Iterable[Definition]) -> Sequence[Counts]: ...
    def effect(
        self, record: SchemeRecord | None, *, base: SchemeRecord | Revision | None, viewer: User | None = None
    ) -> Effect: ...


@dataclass(frozen=True, slots=True)
class Line:
    """What stands beside a criterion: its sentence and how many firms it keeps, or what is to be mended."""

    reading: Reading
    counts: str = ""


def lines_of(sheet: Sheet, trial: Trial | None) -> dict[int, Line]:
    """Return what each criterion says, by its row; with a trial, how many firms it keeps by itself too."""
    readings = sheet.readings()
    tried: dict[int, Counts] = {}
    if trial is not None:
        read = [reading for reading in readings if reading.definition is not None]
        found = trial.counts([reading.definition for reading in read if reading.definition is not None])
        tried = {reading.index: counts for reading, counts in zip(read, found, strict=True)}
    return {
        reading.index: Line(reading, told(tried[reading.index]) if reading.index in tried else "")
        for reading in readings
    }


def effect_of(sheet: Sheet, trial: Trial, *, in_force: Revision | None) -> tuple[str, ...]:
    """Say what a sheet would change for the firms we know; nothing while its rules cannot be read."""
    record = sheet.record_on_trial()
    if record is None:
        return ()
    try:
        return effect_in_words(trial.effect(record, base=in_force))
    except RecordError as error:
        return (f"Ces règles ne peuvent pas être essayées : {error}",)


def whom_it_touches(
    record: SchemeRecord, trial: Trial, *, in_force: Revision | None, viewer: User
) -> dict[str, Effect | tuple[str, ...]]:
    """Return what a whole record would do, in words and firm by firm, for a page; nothing where it cannot be read."""
    try:
        effect = trial.effect(record, base=in_force, viewer=viewer)
    except RecordError:
        return {}
    return {"effect": effect, "effect_lines": effect_in_words(effect)}


def told(counts: Counts) -> str:
    """Say how many firms a condition keeps by itself."""
    n_known = counts.kept + counts.excluded + counts.undecided
    if not n_known:
        return "Aucune demande n’est confirmée : il n’y a rien à compter."
    keeps = f"garderait {firms(counts.kept)}" if counts.kept else "ne garderait aucune entreprise"
    excludes = f"en exclurait {counts.excluded}" if counts.excluded else "n’en exclurait aucune"
    return f"Seul, ce critère {keeps} sur {n_known}, {excludes} ; {counts.undecided or 'aucune'} à préciser."


def effect_in_words(effect: Effect) -> tuple[str, ...]:
    """Say who would gain or lose: of all the firms we know, then of those that ask for what the scheme serves."""
    asking = effect.of_those_who_ask()
    if not effect.n_firms:
        return ("Aucune demande n’est confirmée : il n’y a rien à compter.",)
    found = [f"Sur {firms(effect.n_firms)} dont la demande est confirmée : {_moves(effect)}."]
    if asking.n_firms == effect.n_firms:
        found.append("Toutes ont un besoin auquel ce dispositif répond.")
    elif asking.n_firms:
        have = "ont" if asking.n_firms > 1 else "a"
        found.append(f"{firms(asking.n_firms)} {have} un besoin auquel ce dispositif répond : {_moves(asking)}.")
    else:
        found.append("Aucune n’a de besoin auquel ce dispositif répond : aucune ne le verra.")
    return tuple(found)


def _moves(effect: Effect) -> str:
    return ", ".join(
        [
            _some(len(effect.gains), "gagnerait ce dispositif", "gagneraient ce dispositif"),
            _some(len(effect.loses), "le perdrait", "le perdraient"),
            _some(len(effect.undecided), "passerait à « à préciser »", "passeraient à « à préciser »"),
            f"rien ne changerait pour {effect.unchanged or 'aucune'}",
        ]
    )


def _some(count: int, one: str, several: str) -> str:
    """Write how many do something, in French: ``aucune ne``, ``1``, ``12``."""
    if not count:
        return f"aucune ne {one}"
    return f"{count} {several if count > 1 else one}"


def firms(count: int) -> str:
    """Write a number of firms: ``aucune entreprise``, ``1 entreprise``, ``12 entreprises``."""
    return f"{count or 'aucune'} entreprise{'s' if count > 1 else ''}"
