"""Whom to call: the offices near here of who runs a scheme, and how far sheets lead to them and to its pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from backend.common.files import read_yaml
from backend.common.percents import whole_percent
from backend.common.territory_files import territory_file
from backend.schemes.models import OperatorRole, Revision, Scheme

DECIDES = (OperatorRole.Role.ASSESSOR, OperatorRole.Role.DISTRIBUTOR)  # who only pays is not whom a firm calls
NEAR = (*Revision.OF_TERRITORY, Revision.Level.REGIONAL)  # levels of which the operator itself is in the region


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where who runs schemes is called in the department, or else in the region; ``dated`` is the day of the copy."""

    operators: frozenset[str]
    name: str
    place: str
    phone: str
    page: str
    dated: date | None


CHAMBERS = frozenset({"CCI", "CMA"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCounts:
    """Counts of the published sheets of ours: with a contact, with an office near here, with a page of their own."""

    n_sheets: int
    n_contacts: int
    n_near: int
    n_deep: int

    @property
    def near_pct(self) -> int:
        return whole_percent(self.n_near, self.n_sheets)

    @property
    def deep_pct(self) -> int:
        return whole_percent(self.n_deep, self.n_sheets)


@lru_cache(maxsize=1)
def offices() -> tuple[Office, ...]:
    """Return the offices of ``fixtures/offices.yaml``.

    Raises
    ------
    ValueError
        Where an office says neither a telephone nor a page, or an operator has two.
    """
    rows = read_yaml(territory_file("offices.yaml"))["offices"]
    found = tuple(
        Office(
            operators=frozenset(row["operators"]),
            dated=row["dated"],
            **{name: row[name] or "" for name in ("name", "place", "phone", "page")},
        )
        for row in rows
    )
    if mute := [office.name for office in found if not (office.phone or office.page)]:
        raise ValueError(f"Bureaux sans téléphone ni page : {', '.join(mute)}.")
    names = [name for office in found for name in office.operators]
    if len(set(names)) < len(names):
        raise ValueError(f"Un porteur a deux bureaux : {', '.join(sorted(names))}.")
    return found


def offices_of(roles: Iterable[OperatorRole]) -> tuple[Office, ...]:
    """Return the offices of who decides on a scheme or gives access to it, each once: first those with a telephone."""
    names = {row.operator.name for row in roles if row.role in DECIDES}
    found = (office for office in offices() if office.operators & names)
    return tuple(sorted(found, key=lambda office: not office.phone))


def chambers_of(department: str) -> tuple[Office, ...]:
    """Return the chambers of commerce and of trades of a department, by its name, whose telephone we have."""
    chambers = (office for office in offices() if office.phone and office.operators & CHAMBERS)
    return tuple(office for office in chambers if department and department in office.name)


@lru_cache(maxsize=1)
def own_sites() -> dict[str, str]:
    """Return the addresses of sites made for one scheme alone, by the key of its sheet: ``fixtures/own_sites.yaml``.

    Raises
    ------
    ValueError
        Where a scheme or a site is named twice, an address is no home page, or no reason is given.
    """
    rows = read_yaml(territory_file("own_sites.yaml"))["sites"]
    if unsaid := [row["scheme"] for row in rows if not row["why"]]:
        raise ValueError(f"Sites d’un seul dispositif, sans raison : {', '.join(unsaid)}.")
    if pages := [row["url"] for row in rows if is_deep(row["url"])]:
        raise ValueError(f"Une page n’est pas l’accueil d’un site : {', '.join(pages)}.")
    found = {row["scheme"]: row["url"] for row in rows}
    hosts = {urlsplit(row["url"]).hostname for row in rows}
    if len(found) < len(rows) or len(hosts) < len(rows):
        raise ValueError("Un dispositif ou un site est nommé deux fois parmi les sites d’un seul dispositif.")
    return found


def is_deep(url: str) -> bool:
    """Tell whether an address leads to a page, not to where a site begins."""
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query)


def leads_to_its_page(sheet: Revision) -> bool:
    """Tell whether a sheet gives a page of its scheme: past the home page of a site, or a site of it alone."""
    return is_deep(sheet.url) or own_sites().get(sheet.scheme.source_key) == sheet.url


def contact_counts() -> ContactCounts:
    """Count the contacts of the published sheets; who runs one of the territory or the region is near by itself."""
    published = Revision.objects.filter(pk__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    sheets = list(published.select_related("scheme").prefetch_related("roles__operator"))
    return ContactCounts(
        n_sheets=len(sheets),
        n_contacts=sum(bool(sheet.contact_phone or sheet.contact_url) for sheet in sheets),
        n_near=sum(sheet.level in NEAR or bool(offices_of(sheet.roles.all())) for sheet in sheets),
        n_deep=sum(leads_to_its_page(sheet) for sheet in sheets),
    )
