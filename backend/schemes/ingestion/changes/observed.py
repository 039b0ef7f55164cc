"""What the records of other sites say of the windows of our sheets: which record describes which, and what it shows.

A sheet names the record it was written from by its address, among its sources: nobody has to link them again. A record
that was read in the file of a day is a page of that day.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from backend.schemes.ingestion.observing import follow_some, keep
from backend.schemes.models import Counterpart, Revision, Scheme, Source, Tier, WindowObservation

State, Says = Revision.WindowState, WindowObservation.Says
# Catalogues that the State keeps, as firms know them; every other source speaks for itself.
CATALOGUES = {
    "transition-ecologique": "Transition écologique des entreprises",
    "transition-ecologique-csv": "Transition écologique des entreprises",
    "aides-entreprises": "Aides-entreprises",
    "aides-territoires": "Aides-territoires",
}
SEEN_AGAIN_DAYS = 14  # a record that still says "open" is noted again after so many: less would only make rows
_SAYS = {
    State.CLOSED: Says.CLOSED,
    State.SUSPENDED: Says.SUSPENDED,
    State.EXHAUSTED: Says.EXHAUSTED,
    State.DATED: Says.DATED,
}


def link_records(source: str) -> int:
    """Link the records of a source to the sheets of ours that name them; return how many were.

    Only those of a catalogue of the State, where one sheet alone names a record, and nobody ever linked it, be it to
    take the link away again.
    """
    if source not in CATALOGUES:
        return 0
    records = Scheme.objects.of_source(source).described().filter(counterparts=None).select_related("current")
    by_url = _sheets_by_url()
    now, found = timezone.now(), []
    for record, urls in _urls_of(records):
        named = {ours for url in urls for ours in by_url.get(url, ())}
        if len(named) == 1 and record.current is not None:
            (ours,) = named
            found.append(
                Counterpart(
                    imported=record, ours_id=ours, compared=record.current, compared_at=now, made_by=None, made_at=now
                )
            )
    return len(Counterpart.objects.bulk_create(found))


def _sheets_by_url() -> dict[str, set[int]]:
    """Return the published sheets of ours that name an address among their sources."""
    rows = Source.objects.filter(revision__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    found: dict[str, set[int]] = defaultdict(set)
    for url, scheme in rows.exclude(url="").values_list("url", "revision__scheme"):
        found[_plain(url)].add(scheme)
    return found


def _urls_of(records: Iterable[Scheme]) -> Iterable[tuple[Scheme, list[str]]]:
    """Give each record with the addresses of its own page, those that its reader wrote as its sources."""
    by_revision = {record.current_id: record for record in records}
    urls: dict[int, list[str]] = defaultdict(list)
    for revision, url in (
        Source.objects.filter(revision__in=by_revision).exclude(url="").values_list("revision", "url")
    ):
        urls[revision].append(_plain(url))
    return [(record, urls[pk]) for pk, record in by_revision.items() if pk is not None and urls[pk]]


def _plain(url: str) -> str:
    return url.rstrip("/").partition("#")[0]


def observe_records(source: str, *, on: date, read: Iterable[str]) -> int:
    """Note what the linked records of a source say of the windows of our sheets on the day of its file.

    Sheets follow at once. Return how many observations are new. What a record said already when our sheet was
    compared with it was before its writer, who may have known better. ``read`` are the keys whose rows went
    in: of a record that the file leaves out, or whose row was refused, it shows nothing.
    """
    rows = Counterpart.objects.in_force().filter(imported__source=source, imported__source_key__in=list(read))
    rows = rows.select_related("imported__current", "compared", "ours__current").prefetch_related(
        "imported__current__sources"
    )
    noted = [one.ours_id for one in rows if (seen := _seen(one, source, on)) and _is_news(seen) and keep(seen)]
    follow_some(noted, on=on)
    return len(noted)


def _seen(counterpart: Counterpart, source: str, on: date) -> WindowObservation | None:
    """Return what a record shows of a window; nothing where it opens later, or has no page to show.

    Our own export says of our sheet what we said of it: it has seen nothing.
    """
    record = counterpart.imported.current
    if counterpart.imported.source_key == str(counterpart.ours.uuid):
        return None
    if record is None or (record.opens_on and record.opens_on > on and record.window_state != State.DATED):
        return None
    url = next((row.url for row in record.sources.all() if row.url), record.url)
    if not url:
        return None
    says = _SAYS.get(State(record.window_state), Says.OPEN)
    if says != Says.OPEN and not (_is_unstated(counterpart.ours) or _window(record) != _window(counterpart.compared)):
        return None
    dates = {"opens_on": record.opens_on, "closes_on": record.closes_on} if says == Says.DATED else {}
    return WindowObservation(
        scheme=counterpart.ours,
        url=url,
        site=CATALOGUES.get(source, source),
        tier=Tier.STATE if source in CATALOGUES else Tier.OTHER,
        day=on,
        says=says,
        **dates,
        note="" if says != Says.OPEN else "Dans le fichier de ce jour-là, sans date de fin.",
        read_on=on,
        record=record,
        added_at=timezone.now(),
    )


def _is_unstated(ours: Scheme) -> bool:
    return ours.current is not None and ours.current.window_state == State.UNKNOWN


def _window(revision: Revision) -> tuple[str, date | None, date | None]:
    return (revision.window_state, revision.opens_on, revision.closes_on)


def _is_news(seen: WindowObservation) -> bool:
    """Tell whether a record says something else than when it was noted last, or still says that it is open."""
    last = WindowObservation.objects.filter(scheme=seen.scheme, url=seen.url).in_order().first()
    if last is None or last.day is None or seen.day is None:
        return True
    if (last.says, last.opens_on, last.closes_on) != (seen.says, seen.opens_on, seen.closes_on):
        return seen.day >= last.day
    return seen.says == Says.OPEN and seen.day >= last.day + timedelta(days=SEEN_AGAIN_DAYS)
