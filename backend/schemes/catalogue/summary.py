"""The week of the catalogue, in one e-mail to each of those who edit it: never one for each sheet."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from backend.accounts.models import Membership, User
from backend.common.work import Work
from backend.notifications.models import Notification
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.schemes.catalogue.dates import closed_on, closing_without_follow_up, overdue, published, what_next
from backend.schemes.catalogue.law import ADMINISTRATORS, Due, due
from backend.schemes.catalogue.quality import review_day
from backend.schemes.models import CatalogueTask, Page, Scheme, Suggestion

WEEK = timedelta(days=7)
SHOWN = 10  # of each list; the rest is counted


@transaction.atomic
def send_summaries(*, on: date) -> Work:
    """Owe the summary of the week, once to each editor and approver; nothing where there is nothing to do.

    Administrators get it while a text asks for something that only they can do.
    """
    content = _content(on)
    readers = Q(memberships__in=Membership.objects.editing())
    if any(text["is_for_administrators"] for text in content.get("texts", ())):
        readers |= Q(is_superuser=True)
    editors = User.objects.filter(readers, is_active=True).distinct()
    week = on.isocalendar()
    n_owed = 0
    for user in editors if content else ():
        key = f"catalogue_week:{week.year}-{week.week:02}:{user.pk}"
        if Notification.objects.filter(dedupe_key=key).exists():
            continue
        message = render("catalogue_week", {**content, "reader": user})
        enqueue_email(kind="catalogue_week", key=key, recipient=user.email, message=message)
        n_owed += 1
    return Work(n_looked_at=len(editors), n_changed=n_owed)


def _content(on: date) -> dict[str, Any]:
    """Return what the e-mail says; empty where nothing asks for anybody."""
    schemes = published()
    closed = [scheme for scheme in closed_on(schemes, on=on) if _closed_within(scheme, on)]
    closing, to_review = closing_without_follow_up(schemes, on=on), overdue(on=on)
    texts = due(schemes, on=on)
    waiting = CatalogueTask.objects.waiting()
    by_origin = dict(waiting.order_by().values_list("origin").annotate(Count("pk")))
    n_suggested = Suggestion.objects.waiting().count()
    if not (closed or closing or to_review or texts or by_origin or n_suggested):
        return {}
    return {
        "closed": [_line(scheme, note=what_next(scheme, on)) for scheme in closed],
        "closing": [_line(scheme) for scheme in closing],
        "texts": [_text(found) for found in texts],
        "to_review": [_line(scheme) for scheme in to_review[:SHOWN]],
        "n_to_review": len(to_review),
        "n_more": max(len(to_review) - SHOWN, 0),
        "n_waiting": sum(by_origin.values()),
        "n_by_people": sum(count for origin, count in by_origin.items() if origin != CatalogueTask.Origin.JOB),
        "n_suggested": n_suggested,
        "url_suggested": absolute_url("admin:schemes_suggestion_changelist"),
        "n_failing": Page.objects.failing().count(),
        "url": absolute_url("admin:schemes_cataloguetask_changelist"),
    }


def _closed_within(scheme: Scheme, on: date) -> bool:
    end = scheme.current.closes_on if scheme.current else None
    return end is not None and end >= on - WEEK


def _line(scheme: Scheme, *, note: str = "") -> dict[str, Any]:
    revision = scheme.current
    return {
        "name": str(scheme),
        "closes_on": revision.closes_on if revision else None,
        "review_on": review_day(revision) if revision else None,
        "note": note,
        "url": absolute_url("admin:schemes_scheme_change", scheme.pk),
    }


def _text(found: Due) -> dict[str, Any]:
    """One line for a text, however many sheets name it."""
    return {
        "title": found.event.title,
        "on": found.event.day,
        "effect": found.event.effect,
        "who": found.who,
        "is_for_administrators": found.event.who == ADMINISTRATORS,
        "schemes": [_line(scheme) for scheme in found.unread],
    }
