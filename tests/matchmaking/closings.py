"""Files that are done, for the tests of their closing."""

from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from tests.factories import DAY, decide, first_matches


def reviewed(file, officer, *, kept=1):
    """End the review of a file with the first schemes kept; return them."""
    schemes = [match.scheme for match in first_matches(file, kept)]
    for scheme in schemes:
        decide(file, scheme, officer)
    end_review(submission=file, officer=officer, on=DAY, message="Bonjour.")
    return schemes


def officers_word(file, officer, scheme, *states):
    for state in states:
        say(submission=file, scheme=scheme, state=state, officer=officer, on=DAY)


def reason_of(file):
    file.refresh_from_db()
    return file.closed_reason
