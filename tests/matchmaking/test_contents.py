"""What a page learns of a file before it reads anything that hangs on it."""

import pytest

from backend.matchmaking.contents import AIDS, GUESTS, REVIEWS, STOPS, read_contents
from backend.matchmaking.correspondence import refuse_emails, refuses_emails
from backend.matchmaking.models import Submission
from backend.matchmaking.state_aid import declare_aid, ledger_of
from tests.factories import DAY, decide, first_matches, make_guest, make_officer, make_submission

pytestmark = pytest.mark.django_db


def read(submission: Submission) -> Submission:
    return read_contents(Submission.objects.all(), submission.pk)


def test_a_file_knows_what_hangs_on_it_and_nothing_of_the_one_beside():
    full = make_submission(confirmed=True, email="Pleine@firm.example")
    beside = make_submission(confirmed=True, email="vide@firm.example", siret="", siren="")
    assert read(full).page_contents == read(beside).page_contents == frozenset()
    decide(full, first_matches(full)[0].scheme, make_officer())
    make_guest(full)
    refuse_emails(submission=full, phone="03 44 00 00 00")
    declare_aid(submission=full, on=DAY, granted_on=DAY, amount_eur=None)
    assert read(full).page_contents == {REVIEWS, GUESTS, STOPS, AIDS}
    assert read(beside).page_contents == frozenset()
    assert refuses_emails(read(full))
    assert not refuses_emails(read(beside))
    assert [len(ledger_of(read(one), on=DAY).lines) for one in (full, beside)] == [1, 0]


def test_an_aid_of_a_file_that_is_read_with_it_is_not_missed():
    first = make_submission(confirmed=True)
    declare_aid(submission=first, on=DAY, granted_on=DAY, amount_eur=None)
    second = make_submission(confirmed=True)  # the same firm and address
    assert AIDS not in read(second).page_contents
    assert len(ledger_of(read(second), on=DAY).lines) == 1
