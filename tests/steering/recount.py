"""The figures of steering counted again, slowly: a file, an event and a day at a time, by no code of steering."""

import os
from datetime import timedelta

from django.utils import timezone

from backend.accounts.models import Membership
from backend.common.days import is_working_day
from backend.journal.models import AuditEvent
from backend.matchmaking.models import Submission
from backend.matchmaking.results import facts_of
from backend.steering.models import FileFact, StepFact

SEEDS = (1, 2, 3) if os.environ.get("JONCTION_LONG") == "1" else (1,)  # of the files that are counted again


def days_between(first, last):
    count = 0
    while first < last:
        first += timedelta(days=1)
        count += is_working_day(first)
    return count


def moments_of(file):
    """Return all moments of each step of a file."""
    found = {"filed": [file.filed_at], "confirmed": [file.confirmed_at], "closed": [file.closed_at]}
    found["answered"] = list(filter(None, [file.first_answered_at]))
    found["read"] = [
        *(end.ended_at for end in file.review_ends.all()),
        *(review.decided_at for review in file.reviews.all()),
    ]
    for event in AuditEvent.objects.filter(kind="file_read", submission_id=file.pk):
        if not event.actor.memberships.filter(role=Membership.Role.TERRITORY_LEAD).exists():
            found["read"].append(event.at)
    for state in ("applied", "granted", "refused"):
        rows = file.scheme_events.filter(state=state)
        found[state] = [row.recorded_at for row in rows if not file.scheme_events.filter(undoes=row).exists()]
    found["applied"] += [*found["granted"], *found["refused"]]  # who was answered had asked
    return {step: [moment for moment in moments if moment] for step, moments in found.items()}


def band_of(headcount):
    """Return the band that both bounds of a headcount are in."""
    low, high = headcount if isinstance(headcount, list) else (headcount, headcount)
    if headcount is None or (high is None and low < 250):
        return ""
    if low >= 250:
        return "from_250"
    bands = (("under_10", 0, 10), ("10_to_49", 10, 50), ("50_to_249", 50, 250))
    return next((band for band, least, above in bands if least <= low and high < above), "")


def recount():
    """Return what the facts of each live file are to be, by its number, and its steps with their working days."""
    files, steps = {}, {}
    for file in Submission.objects.filter(erased_at=None):
        told = facts_of(file)
        needs = {need.sub_need.need_id for need in file.needs.all() if need.weight >= 0.5}
        commune = told.get("project.commune") or told.get("commune") or ""
        files[file.pk] = (file.filed_on, file.epci_id, commune, band_of(told.get("headcount")), sorted(needs))
        for step, moments in moments_of(file).items():
            if moments:
                day = timezone.localdate(min(moments))
                steps[file.pk, step] = (day, days_between(file.filed_on, day))
    return files, steps


def counted():
    """Return the same as it stands in the tables, erased files left out."""
    rows = FileFact.objects.exclude(commune=FileFact.ERASED)
    files = {row.pk: (row.filed_on, row.epci_id, row.commune, row.size, row.needs) for row in rows}
    steps = StepFact.objects.filter(file__in=rows)
    return files, {(row.file_id, row.step): (row.on, row.working_days) for row in steps}


def recount_funnel(files, steps):
    """Return, by group and step, files, median and ninth decile of their days, and how many wait: a file at a time."""
    days, waiting = {}, {}
    reached = {pk: {step for file, step in steps if file == pk} for pk in files}
    for (pk, step), (_day, n) in steps.items():
        filed_on, epci, _commune, size, needs = files[pk]
        for group in ("all", ("epci", epci), ("size", size), ("month", filed_on.replace(day=1)), *needs):
            days.setdefault((group, step), []).append(n)
            waits = "confirmed" in reached[pk] and not {"answered", "closed"} & reached[pk]
            waiting[group, step] = waiting.get((group, step), 0) + waits
    return {key: (len(found), *_tenths(sorted(found)), waiting[key]) for key, found in days.items()}


def _tenths(days):
    """Return the least days that half of the files, then nine in ten, do not exceed: counted up to it."""
    for tenths in (5, 9):
        yield next(day for day in days if 10 * sum(other <= day for other in days) >= tenths * len(days))


def recount_schemes():
    """Return, by file and scheme, what each pair came to: walked event by event, decision by decision."""
    found = {}
    for file in Submission.objects.all():
        undone = {event.undoes_id for event in file.scheme_events.all()}
        events = [event for event in file.scheme_events.all() if event.pk not in undone and event.state != "withdrawn"]
        reviews = sorted(file.reviews.all(), key=lambda review: (review.decided_at, review.pk))
        for scheme in {event.scheme_id for event in events} | {review.scheme_id for review in reviews}:
            said = sorted((event for event in events if event.scheme_id == scheme), key=lambda one: one.recorded_at)
            last = [review for review in reviews if review.scheme_id == scheme][-1:]
            if came_to := outcome(said, last):
                found[file.pk, scheme] = came_to
    return found


def outcome(events, reviews):
    """Return the state, the reason and the euros asked and granted of a scheme of which one voice alone spoke."""
    asked = [event for event in events if event.state in ("applied", "granted", "refused")]
    ends = [event for event in events if event.state != "followed"]
    if asked:
        sums = {event.state: event.euros for event in events if event.euros is not None}
        return ends[-1].state, ends[-1].refusal, sums.get("applied"), sums.get("granted")
    if reviews and reviews[0].verdict == "rejected":
        return "set_aside", reviews[0].reason, None, None
    if ends and ends[-1].state in ("set_aside", "given_up"):
        return ends[-1].state, ends[-1].reason, None, None
    return ("kept", "", None, None) if reviews and reviews[0].verdict == "kept" else None


def recount_answer_days():
    """Return, by file and scheme, the working days from the first request to the answer that stands."""
    found = {}
    for file in Submission.objects.all():
        undone = {event.undoes_id for event in file.scheme_events.all()}
        events = [event for event in file.scheme_events.order_by("recorded_at") if event.pk not in undone]
        for scheme in {event.scheme_id for event in events}:
            said = [one for one in events if one.scheme_id == scheme and one.state not in ("withdrawn", "followed")]
            asked = [one for one in said if one.state == "applied"]
            if asked and said[-1].state in ("granted", "refused"):
                days = [timezone.localdate(one.recorded_at) for one in (asked[0], said[-1])]
                found[file.pk, scheme] = days_between(*days)
    return found


def recount_success():
    """Return firms granted and refused by scheme: the last answer of each, looked for one firm at a time."""
    answers = {}
    for file in Submission.objects.select_related("sheet"):
        undone = {event.undoes_id for event in file.scheme_events.all()}
        for event in file.scheme_events.order_by("recorded_at"):
            later = file.scheme_events.filter(scheme=event.scheme, recorded_at__gt=event.recorded_at)
            over = any(one.pk not in undone and one.state not in ("withdrawn", "followed") for one in later)
            if event.pk in undone or over or event.state not in ("granted", "refused"):
                continue
            firm = (event.scheme_id, file.sheet.company_id or f"file {file.pk}")
            if firm not in answers or answers[firm].recorded_at < event.recorded_at:
                answers[firm] = event
    counts = {}
    for (scheme, _firm), event in answers.items():
        counts.setdefault(scheme, {"granted": 0, "refused": 0})[event.state] += 1
    return counts
