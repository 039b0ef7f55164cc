"""Files that are done, for the tests of their closing."""

from backend.matchmaking.closing import close_file
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


def closed(file, officer, *states):
    """Close a file in which the firm said something of its first scheme; return that scheme."""
    scheme = first_matches(file)[0].scheme
    for state in states:
        say(submission=file, scheme=scheme, state=state, on=DAY)
    close_file(submission=file, officer=officer, reason="helped", note="Bon vent.")
    return scheme
