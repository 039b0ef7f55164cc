"""Which schemes a firm is known to have: what officers learnt of it, as facts that the engine reads."""

from collections import defaultdict

from backend.companies.models import Fact
from backend.matchmaking.models import FollowUp, Review, Submission
from backend.matchmaking.ownership import Readings, readings_of
from backend.schemes.succession import keys_that_lead_to


def held_schemes(submission: Submission) -> dict[str, bool]:
    """Return the schemes that a firm has, by the names of facts: set aside as already had, or granted in the end.

    Any file that is read with this one says so. What was refused or given up is no "no": the firm may have it from
    before.
    """
    return held_by(readings_of([submission]))[submission.pk]


def held_by(readings: Readings) -> dict[int, dict[str, bool]]:
    """Return the same of many files at once, by file.

    Who has a scheme whose sheet gave way to another one has that one: they are the same.
    """
    files = {pk: {pk, *(other.pk for other in others)} for pk, others in readings.items()}
    every = {pk for together in files.values() for pk in together}
    reviews = Review.objects.filter(submission__in=every).select_related("scheme")
    last = {(review.submission_id, review.scheme_id): review for review in reviews.order_by("decided_at", "pk")}
    steps = FollowUp.objects.standing().filter(submission__in=every, step__in=FollowUp.ENDS)
    steps = steps.select_related("scheme").order_by("recorded_at", "pk")
    ends = {(step.submission_id, step.scheme_id): step for step in steps}
    found = [(review.submission_id, review.scheme) for review in last.values() if review.says_it_is_held]
    found += [
        (step.submission_id, step.scheme)
        for step in ends.values()
        if step.scheme and step.step == FollowUp.Step.GRANTED
    ]
    led = keys_that_lead_to() if found else {}
    held: defaultdict[int, set[str]] = defaultdict(set)
    for file, scheme in found:
        held[file] |= {scheme.key, led.get(scheme.key, scheme.key)}
    return {
        pk: {f"{Fact.SCHEME}{key}": True for key in sorted({key for file in together for key in held.get(file, ())})}
        for pk, together in files.items()
    }
