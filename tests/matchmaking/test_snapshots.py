"""After every service that a firm or an officer calls, what is packed of a file is what its facts say."""

import os
from contextlib import suppress
from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.companies.models import FactSheet, FactSnapshot
from backend.companies.packing import unpack
from backend.matchmaking.closing import reopen_file
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.file_links import FileLinkError, close_unentitled, link_files, undo_link
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import FileLink, NeedCorrection, Submission
from backend.matchmaking.ownership import known_facts, known_values_of, readings_of
from backend.matchmaking.results import facts_of, facts_of_all, packed_facts_of
from backend.matchmaking.reviews import ReviewError
from backend.matchmaking.services import answer_condition, correct_submission, decline_question
from backend.matchmaking.state_aid import declare_aid, declare_complete
from backend.schemes.models import SubNeed
from tests.companies.test_packing import told
from tests.companies.test_snapshots import apart
from tests.factories import DAY, OUTSIDE, decide, first_matches, make_officer, make_submission, take_back
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
N_SEQUENCES = 10_000 if os.environ.get("JONCTION_LONG") == "1" else 3
VALUES = {
    "headcount": [35.0, 36, [10, 19], [250, None], None],
    "turnover": [[2_000_000, 10_000_000], None],
    "group": [[], [{"share": 60.0, "headcount": 12}], None],
    "commune": ["60159", "60025", OUTSIDE, None],
    "created_on": ["2009-03-16", None],
    "project.started": [True, False, None],
    "micro_entrepreneur": [True, False, None],
}


class Case:
    """Two files of one firm, read together, one of a stranger, and an officer."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.officer = make_officer()
        self.files = [
            make_submission(confirmed=True, needs=("competences.recruter",)),
            make_submission(confirmed=True, needs=("numerique.robot",), without=("headcount", "turnover")),
            make_submission(confirmed=True, needs=("numerique.robot",), email="autre@firme.example"),
        ]
        self.decided = []

    @property
    def file(self):
        return self.random.choice(self.files)

    def correct(self):
        facts = {name: self.random.choice(VALUES[name]) for name in self.random.sample(sorted(VALUES), 2)}
        correct_submission(submission=self.file, facts=facts, on=DAY, author=self.random.choice([None, self.officer]))

    def identify(self):
        number = self.random.choice(["", "999999956"])
        identity = {"siret": "", "siren": number, "name": "Tôlerie"}
        correct_submission(submission=self.file, facts={}, identity=identity, on=DAY)

    def answer_condition(self):
        file = self.file
        result = file.results.first()
        waiting = sorted({name for match in result.matches.all() for name in match.to_confirm})
        if waiting:
            value = self.random.choice([True, False, None])
            answer_condition(submission=file, condition=self.random.choice(waiting), value=value, on=DAY)

    def decline(self):
        decline_question(submission=self.file, question="turnover", on=DAY)

    def complete(self):
        declare_complete(submission=self.file, complete=self.random.choice([True, False]), on=DAY)

    def review(self):
        file = self.file
        scheme = first_matches(file)[0].scheme
        reason = self.random.choice(["already_has_it", "project_started", "wrong_fact"])
        because = {"fact": "created_on"} if reason == "wrong_fact" else {}
        decide(file, scheme, self.officer, reason, **because)
        self.decided.append((file, scheme))

    def withdraw(self):
        if self.decided:
            take_back(*self.decided.pop(), self.officer)

    def need(self):
        change = self.random.choice(NeedCorrection.Change.values)
        sub_need = SubNeed.objects.get(key=self.random.choice(["numerique.robot", "competences.recruter"]))
        correct_need(submission=self.file, sub_need=sub_need, change=change, officer=self.officer, on=DAY)

    def aid(self):
        declare_aid(submission=self.file, on=DAY, granted_on=DAY, amount_eur=Decimal(1_000))

    def link(self):
        kind = self.random.choice(FileLink.Kind.values)
        one, other = self.random.sample(self.files, 2)
        link_files(submission=one, other=other, kind=kind, officer=self.officer, on=DAY)

    def unlink(self):
        for link in FileLink.objects.standing().touching(self.file.pk):
            undo_link(link=link, officer=self.officer, on=DAY)

    def close(self):
        close_unentitled(submission=self.file, officer=self.officer, on=DAY)

    def reopen(self):
        for file in ours(Submission).exclude(closed_at=None):
            reopen_file(submission=file, officer=self.officer, on=DAY)


STEPS = (
    "correct", "identify", "answer_condition", "decline", "complete", "review", "withdraw", "need", "aid",
    "link", "unlink", "close", "reopen",
)  # fmt: skip
# Decided already, files that are not of one firm, a place where nobody or another officer answers: nothing is written.
REFUSED = (ReviewError, FileLinkError, OutsideTerritory, PermissionDenied)


@pytest.mark.cases(1)
@pytest.mark.parametrize("seed", range(N_SEQUENCES))
def test_whatever_is_called_in_whatever_order_the_snapshots_say_what_the_facts_say(seed):
    case = Case(seed)
    steps = [*STEPS, *case.random.choices(STEPS, k=6)]
    case.random.shuffle(steps)
    for step in steps:
        with suppress(*REFUSED):
            getattr(case, step)()
        assert apart() == [], step
        readings = readings_of(case.files)
        by_row = {file.pk: {name: fact.value for name, fact in known_facts(file).items()} for file in case.files}
        assert told(known_values_of(case.files, readings)) == told(by_row), step


def test_what_was_packed_of_another_list_of_facts_is_not_read():
    file = make_submission(confirmed=True)
    known = facts_of(file)
    FactSnapshot.objects.filter(pk=file.sheet_id).update(version="older", packed=b"")
    assert facts_of(file) == known
    FactSnapshot.objects.filter(pk=file.sheet_id).delete()
    assert facts_of(file) == known


def test_files_that_are_read_alone_take_as_many_queries_however_many(django_assert_max_num_queries):
    files = [make_submission(confirmed=True, siret="", siren="", email=f"{n}@firme.example") for n in range(6)]
    with django_assert_max_num_queries(5):
        assert len(facts_of_all(files)) == 6


@pytest.fixture
def crowd():
    """Files that are read together, files alone, one that has a scheme, one whose row is of another list of facts."""
    one, two = make_submission(confirmed=True), make_submission(confirmed=True, without=("turnover",))
    decide(two, first_matches(two)[0].scheme, make_officer(), "already_has_it")
    alone = [
        make_submission(confirmed=True, siret="", siren="", email=f"{n}@firme.example", facts={"headcount": 10.0 + n})
        for n in range(4)
    ]
    answered = {"answer:jury": True, "group": [{"share": 60.0, "headcount": 12}], "scheme:jonction:acre": False}
    correct_submission(submission=alone[1], facts=answered, on=DAY)
    FactSnapshot.objects.filter(pk=alone[2].sheet_id).update(version="older", packed=b"")
    make_submission(confirmed=False, siret="", siren="", email="pas@firme.example")
    return [one, two, *alone]


def test_thousands_are_read_as_each_by_itself_in_four_queries(crowd):
    keys, facts = packed_facts_of(ours(Submission).filter(confirmed_at__isnull=False))
    assert keys == [file.pk for file in crowd]
    read = [{**known, **facts.rests.get(place, {})} for place, known in enumerate(unpack(facts.rows))]
    looked_up = {"naf_possible", "naf_2025_possible"}  # by the engine, once for each code
    alone = [{name: value for name, value in facts_of(file).items() if name not in looked_up} for file in crowd]
    assert told(read) == told(alone)
    keys, facts = packed_facts_of(Submission.objects.none())
    assert (keys, len(facts.rows), facts.rests) == ([], 0, {})
    with CaptureQueriesContext(connection) as asked:
        packed_facts_of(ours(Submission).filter(confirmed_at__isnull=False))
    of_files = [query["sql"] for query in asked if "matchmaking_" in query["sql"] or "companies_" in query["sql"]]
    assert len(of_files) == 4, of_files


def test_nobody_reads_the_packed_facts_of_a_stranger():
    mine = make_submission(confirmed=True, without=("headcount",))
    make_submission(confirmed=True, email="autre@firme.example", facts={"headcount": 12.0})
    assert "headcount" not in facts_of(mine)
    assert FactSheet.objects.filter(company=mine.sheet.company).count() >= 2
