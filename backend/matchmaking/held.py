"""Which schemes a firm is known to have: what officers learnt of it, as facts that the engine reads."""

from backend.companies.models import Fact
from backend.matchmaking.models import FollowUp, Review, Submission


def held_schemes(submission: Submission) -> dict[str, bool]:
    """Return the schemes that a firm has, by the names of facts: set aside as already had, or granted in the end.

    Any file of the firm says so. What was refused or given up is no "no": the firm may have it from before.
    """
    files = Submission.objects.of_firm(submission)
    reviews = Review.objects.filter(submission__in=files).select_related("scheme").order_by("decided_at", "pk")
    last = {(review.submission_id, review.scheme_id): review for review in reviews}
    steps = FollowUp.objects.standing().filter(submission__in=files, step__in=FollowUp.ENDS)
    ends = {
        (step.submission_id, step.scheme_id): step
        for step in steps.select_related("scheme").order_by("recorded_at", "pk")
    }
    found = [review.scheme for review in last.values() if review.says_it_is_held]
    found += [step.scheme for step in ends.values() if step.scheme and step.step == FollowUp.Step.GRANTED]
    return {f"{Fact.SCHEME}{key}": True for key in sorted({scheme.key for scheme in found})}
