"""Which schemes a firm is known to have: what officers learnt of it, as facts that the engine reads."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from backend.companies.models import Fact
from backend.matchmaking.models import FollowUp, Review, Submission
from backend.schemes.succession import keys_that_lead_to


def held_schemes(submission: Submission) -> dict[str, bool]:
    """Return the schemes that a firm has, by the names of facts: set aside as already had, or granted in the end.

    Any file of the firm says so. What was refused or given up is no "no": the firm may have it from before.
    """
    return held_by([submission])[submission.pk]


def held_by(submissions: Iterable[Submission]) -> dict[int, dict[str, bool]]:
    """Return the same of many files at once, by file; their sheets are read with them.

    Who has a scheme whose sheet gave way to another one has that one: they are the same.
    """
    firms = {submission.pk: _firm(submission.pk, submission.sheet.company_id) for submission in submissions}
    companies = [company for company, _alone in firms.values() if company]
    files = Submission.objects.filter(Q(sheet__company__in=companies) | Q(pk__in=firms))
    reviews = Review.objects.filter(submission__in=files).select_related("scheme", "submission__sheet")
    last = {(review.submission_id, review.scheme_id): review for review in reviews.order_by("decided_at", "pk")}
    steps = FollowUp.objects.standing().filter(submission__in=files, step__in=FollowUp.ENDS)
    steps = steps.select_related("scheme", "submission__sheet").order_by("recorded_at", "pk")
    ends = {(step.submission_id, step.scheme_id): step for step in steps}
    found = [(review.submission, review.scheme) for review in last.values() if review.says_it_is_held]
    found += [
        (step.submission, step.scheme) for step in ends.values() if step.scheme and step.step == FollowUp.Step.GRANTED
    ]
    led = keys_that_lead_to() if found else {}
    held: defaultdict[tuple[int | None, int | None], set[str]] = defaultdict(set)
    for file, scheme in found:
        held[_firm(file.pk, file.sheet.company_id)] |= {scheme.key, led.get(scheme.key, scheme.key)}
    return {pk: {f"{Fact.SCHEME}{key}": True for key in sorted(held[firm])} for pk, firm in firms.items()}


def _firm(submission: int, company: int | None) -> tuple[int | None, int | None]:
    """Return what tells a firm from another: its number, or this file alone where it is not known."""
    return (company, None) if company else (None, submission)
