"""Days to keep as a calendar file (RFC 5545): whole days, which no change of clock moves, in any time zone."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpResponse

from backend.matchmaking.deadlines import Deadline
from backend.notifications.services import absolute_url

CONTENT_TYPE = "text/calendar; charset=utf-8"
ASK_AGAIN = timedelta(days=1)  # what is asked of calendars that follow an address; they do as they like


def calendar_of(deadlines: Iterable[Deadline], *, title: str, on: date) -> bytes:
    """Write days as a calendar. The same days make the same bytes, and none holds a secret link."""
    from icalendar import Calendar, Event, Timezone  # most requests have no use for it

    calendar = Calendar()
    calendar.add("PRODID", "-//Jonction//FR")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", title)  # RFC 7986
    calendar.add("X-WR-CALNAME", title)  # what most calendars read
    calendar.add("REFRESH-INTERVAL", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for deadline in deadlines:
        event = Event()
        event.add("UID", str(deadline.uid))
        event.add("DTSTAMP", deadline.stated_at)
        event.add("LAST-MODIFIED", deadline.stated_at)
        event.add("DTSTART", deadline.on)  # a date: VALUE=DATE
        event.add("SUMMARY", deadline.summary)
        event.add("DESCRIPTION", deadline.description)
        event.add("TRANSP", "TRANSPARENT")  # the day stays free
        if deadline.scheme:
            event.add("URL", absolute_url("public_scheme", deadline.scheme.source_key))
        calendar.add_component(event)
    if not calendar.subcomponents:  # a calendar holds one component at least (RFC 5545, 3.4)
        calendar.add_component(Timezone.from_tzid(settings.TIME_ZONE, first_date=on, last_date=on + timedelta(1)))
    content: bytes = calendar.to_ical()
    return content


def calendar_file(deadlines: Iterable[Deadline], *, title: str, on: date, filename: str) -> HttpResponse:
    """Return days as a file to download."""
    response = HttpResponse(calendar_of(deadlines, title=title, on=on), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.ics"'
    return response
