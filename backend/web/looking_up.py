"""Who a firm is: what our copy of the State's register and its service answer to what is typed, ready to be shown."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.common.days import current_day
from backend.common.throttles import client_network, spend
from backend.companies import register
from backend.companies.establishments import LEAST, MOST, find_by_name, find_by_number, is_copied, words_of
from backend.companies.register import RegisterUnavailable
from backend.companies.registered import SIRET, Registered, Source
from backend.matchmaking.fact_display import FACT_LABELS, beside_label
from backend.schemes import typography
from backend.schemes.catalogue import wording
from backend.territories.services import served_communes
from backend.web.forms.filing.search import NUMBER, SearchForm, number_begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An establishment to choose."""

    registered: Registered
    is_inside: bool  # of the territory

    @property
    def commune(self) -> str:
        code = self.registered.commune
        return wording.perimeter_name(f"COM-{code}") if code else ""

    @property
    def activity(self) -> str:
        return wording.activity_name(self.registered.naf) if self.registered.naf else self.registered.naf_2025

    @property
    def closed_on(self) -> str:
        return typography.day(date.fromisoformat(self.registered.closed_on)) if self.registered.closed_on else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found; those of the territory first. ``closed`` is the one that was asked for by its number."""

    sites: tuple[Site, ...] = ()
    closed: Site | None = None
    is_away: bool = False  # the service gave no answer
    was_typing: bool = False  # only the copy was asked
    may_ask: bool = False  # the service was not asked, and may be
    is_everywhere: bool = False  # the service was asked; else the territory alone
    has_more: bool = False  # than are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of the register, its source and day, and what the firm says instead."""

    name: str
    label: str
    value: str
    source: str
    declared: str = ""


def is_possible() -> bool:
    """Tell whether there is a register to look in."""
    return is_copied() or register.is_connected()


def typing(typed: str) -> Search | None:
    """Look up in the copy what is being typed; of what is only begun and finds nothing, nothing is said."""
    number = number_begun(typed)
    found = find_by_number(number) if number else find_by_name(typed)
    is_begun = not number and (NUMBER.fullmatch(typed) or sum(map(len, words_of(typed))) < LEAST)
    if not found and (is_begun or not is_copied()):
        return None
    return _search_of(found, was_typing=True, may_ask=register.is_connected())


def search(form: SearchForm, request: HttpRequest, *, everywhere: bool) -> Search:
    """Look up what was sent: in the copy, then by the State's service where that has nothing, or if so wished."""
    text, number = form.number or form.cleaned_data["q"], form.number
    found = [] if everywhere else find_by_number(number) if number else find_by_name(text)
    if not found and register.is_connected():
        try:
            found = _ask(text, request)
        except RegisterUnavailable:
            return Search(is_away=True)
        is_everywhere, may_ask = True, False
    else:
        is_everywhere, may_ask = False, register.is_connected() and not number
    asked_for = next((site for site in found if site.siret == number), None)
    if asked_for and asked_for.is_open:
        return _search_of([asked_for])
    if asked_for:
        (closed,) = _sites([asked_for])
        return _search_of(_open_sites(asked_for, request), closed=closed)
    return _search_of(found, may_ask=may_ask, is_everywhere=is_everywhere)


def registered_as(siret: str, request: HttpRequest) -> Registered | None:
    """Return one establishment by its number; raise ``RegisterUnavailable`` where only the service could tell."""
    if not SIRET.fullmatch(siret):
        return None
    found = find_by_number(siret) or (_ask(siret, request) if register.is_connected() else [])
    return next((site for site in found if site.siret == siret), None)


def rows_of(registered: Registered, declared: dict[str, Any]) -> list[Row]:
    """Lay out what the register says of an establishment, each value with its source, and what the firm says."""
    on = current_day()
    source, facts = _source(registered), registered.facts()
    number = " ".join((registered.siret[:3], registered.siret[3:6], registered.siret[6:9], registered.siret[9:]))
    rows = [Row(name="siret", label=_("SIRET"), value=number, source=source)]
    for name, label in FACT_LABELS:
        if name not in facts or name == "micro_entrepreneur":
            continue
        value = beside_label(name, facts[name])
        if name == "headcount" and registered.headcount_year:
            value = f"{value}, {_at_the_end_of(registered.headcount_year, on)}"
        said = ""
        if name in declared:
            said = beside_label(name, declared[name]) if declared[name] is not None else _("je ne sais pas")
        rows.append(Row(name=name, label=str(label), value=value, source=source, declared=said))
    return rows


def is_inside(registered: Registered) -> bool:
    """Tell whether an establishment is in the territory served."""
    return registered.commune in {commune.official_code for commune in served_communes()}


def _ask(text: str, request: HttpRequest) -> list[Registered]:
    if spend("register.network", client_network(request)):
        raise RegisterUnavailable
    return register.ask(text, on=current_day())


def _open_sites(closed: Registered, request: HttpRequest) -> list[Registered]:
    """Return what else of a firm is open."""
    found = [site for site in find_by_number(closed.siren) if site.is_open]
    if not found and register.is_connected():
        try:
            found = [site for site in _ask(closed.siren, request) if site.is_open]
        except RegisterUnavailable:
            return []
    return found


def _search_of(found: list[Registered], **more: Any) -> Search:
    return Search(sites=_sites(found), has_more=len(found) > MOST, **more)


def _sites(found: list[Registered]) -> tuple[Site, ...]:
    sites = [Site(registered=registered, is_inside=is_inside(registered)) for registered in found]
    return tuple(sorted(sites, key=lambda site: (not site.is_inside, not site.registered.is_open))[:MOST])


def _source(registered: Registered) -> str:
    day = f"{date.fromisoformat(registered.read_on):%d/%m/%Y}"
    if registered.source == Source.COPY:
        return _("Sirene, au %(day)s") % {"day": day}
    return _("Sirene, lu le %(day)s") % {"day": day}


def _at_the_end_of(year: int, on: date) -> str:
    ago = on.year - year
    when = ngettext("il y a un an", "il y a %(n)s ans", ago) % {"n": ago} if ago > 0 else ""
    end = _("à la fin de %(year)s") % {"year": year}
    return f"{end} ({when})" if when else end
