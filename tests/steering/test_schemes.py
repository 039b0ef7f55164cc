"""Schemes that work: facts equal to a slow recount, one firm counted once, bounds that say how little few say."""

from collections import defaultdict
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import Membership
from backend.matchmaking.models import SchemeEvent, Submission
from backend.matchmaking.scheme_events import StateError, say, undo_last
from backend.privacy.erasing import erase_submission
from backend.schemes.catalogue.reports import close_task
from backend.schemes.models import Scheme
from backend.steering.facts import follow_files, rebuild_facts
from backend.steering.models import SchemeFact
from backend.steering.scopes import Filters, scope_of
from backend.steering.success import Success, schemes_at_work, success_of
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.schemes.people import make_editor
from tests.steering.recount import SEEDS, recount_answer_days, recount_schemes, recount_success

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("granted", "refused", "bounds"),
    [(0, 0, None), (0, 5, (0, 43)), (5, 0, (57, 100)), (6, 2, (41, 93)), (50, 50, (40, 60)), (1, 0, (21, 100))],
)
def test_bounds_are_those_of_the_formula(granted, refused, bounds):
    assert Success(granted=granted, refused=refused).bounds == bounds
    if bounds:  # Wilson, Journal of the American Statistical Association 22 (1927), 209-212
        n, z = granted + refused, 1.959964
        centre, half = granted + z * z / 2, z * (granted * refused / n + z * z / 4) ** 0.5
        exact = [100 * (centre + sign * half) / (n + z * z) for sign in (-1, 1)]
        assert bounds == pytest.approx(exact, abs=0.5001)


def live(seed):
    """Have firms, or their officers, say at random what became of schemes, some of it taken back."""
    random = Random(seed)  # noqa: S311
    words = ("followed", "applied", "granted", "refused", "given_up", "set_aside")
    for file in Submission.objects.filter(erased_at=None, closed_at=None).order_by("pk")[:8]:
        for match in first_matches(file, 2):
            officer = random.choice((None, None, make_officer(file.epci.short_name) if file.epci else None))
            for _ in range(random.randint(0, 4)):
                state = random.choice(words)
                reason = "other_project" if state == "set_aside" else ""
                euros = random.choice((None, 1_000, 25_000))
                try:
                    say(
                        submission=file,
                        scheme=match.scheme,
                        state=state,
                        officer=officer,
                        on=DAY,
                        reason=reason,
                        refusal=random.choice(("", *SchemeEvent.Refusal.values)),
                        euros=euros,
                    )
                    if random.random() < 0.2:
                        undo_last(submission=file, scheme=match.scheme, officer=officer, on=DAY)
                except StateError:
                    continue


def counted():
    return {
        (row.file_id, row.scheme_id): (row.state, row.reason, row.euros_asked, row.euros_granted)
        for row in SchemeFact.objects.all()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_recount_from_events_finds_the_same(seed):
    call_command("load_demo", files=14, seed=seed, processes=1, stdout=StringIO())
    both = set(SchemeEvent.objects.filter(origin="firm").values_list("submission", "scheme"))
    both &= set(SchemeEvent.objects.exclude(origin="firm").values_list("submission", "scheme"))
    assert not both
    live(seed)
    rebuild_facts()
    assert counted() == recount_schemes()
    page = schemes_at_work(scope_of(make_lead()), Filters())
    expected = recount_success()
    assert {one.name: (one.success.granted, one.success.refused) for one in page.schemes if one.success.n} == {
        str(SchemeEvent.objects.filter(scheme=scheme)[0].scheme): (n["granted"], n["refused"])
        for scheme, n in expected.items()
    }
    days = {(row.file_id, row.scheme_id): row.working_days for row in SchemeFact.objects.filter(working_days__gte=0)}
    assert days == recount_answer_days()
    assert any(days.values())
    delays = {one.name: (one.n_answered, one.median) for one in page.schemes if one.n_answered}
    by_scheme = defaultdict(list)
    for (_file, scheme), n in days.items():
        by_scheme[str(Scheme.objects.get(pk=scheme))].append(n)
    assert delays == {name: (len(each), sorted(each)[(len(each) - 1) // 2]) for name, each in by_scheme.items()}
    states = {state for state, *_rest in counted().values()}
    assert states >= {"kept", "set_aside", "applied", "granted"}
    assert rebuild_facts().n_changed == 0


def answered(scheme_of, state, *, epci="ARC", siren="", n=0, euros=None):
    """Make a file whose firm asked for the first scheme and was answered."""
    commune = {"facts": {"commune": COMMUNES[epci]}}
    file = make_submission(confirmed=True, siret="", siren=siren, email=f"f{n}@firme.example", **commune)
    scheme = scheme_of or first_matches(file)[0].scheme
    say(submission=file, scheme=scheme, state="applied", on=DAY)
    say(submission=file, scheme=scheme, state=state, on=DAY, euros=euros)
    return file, scheme


def test_a_firm_counts_once_by_its_last_answer_and_a_rate_is_said_from_five_on():
    scheme = None
    for n, state in enumerate(("granted", "granted", "granted", "refused")):
        _file, scheme = answered(scheme, state, n=n)
    answered(scheme, "refused", n=10, siren="552100554")
    last, _scheme = answered(scheme, "granted", n=11, siren="552100554")
    follow_files(on=DAY)
    success = success_of([scheme.pk])[scheme.pk]
    assert (success.granted, success.refused, success.percent) == (4, 1, 80)
    low, high = success.bounds
    assert (low, high) == (38, 96)
    undo_last(submission=last, scheme=scheme, on=DAY)
    undo_last(submission=last, scheme=scheme, on=DAY)
    follow_files(on=DAY)
    success = success_of([scheme.pk])[scheme.pk]
    assert (success.granted, success.refused) == (3, 2)


def test_four_answers_say_nothing_beside_the_scheme():
    scheme = None
    for n in range(4):
        _file, scheme = answered(scheme, "granted", n=n)
    follow_files(on=DAY)
    assert success_of([scheme.pk]) == {}


def test_a_lead_reads_the_schemes_of_one_place_and_their_euros():
    _file, scheme = answered(None, "granted", n=1, euros=10_000)
    answered(scheme, "granted", n=2)
    answered(scheme, "refused", n=3, epci=CCLO)
    follow_files(on=DAY)
    (whole,) = schemes_at_work(scope_of(make_lead()), Filters()).schemes
    assert (whole.asked, whole.success.granted, whole.success.refused) == (3, 2, 1)
    assert (whole.euros_granted, whole.n_euros, whole.n_grants) == (10_000, 1, 2)
    lead = make_officer(CCLO, role="epci_lead")
    (there,) = schemes_at_work(scope_of(lead), Filters()).schemes
    assert (there.asked, there.success.granted, there.success.refused) == (1, 0, 1)
    epci = ServedEpci.objects.get(short_name=CCLO)
    assert schemes_at_work(scope_of(make_lead()), Filters(epci=epci)).schemes == [there]


def test_sheets_that_mislead_come_with_their_tasks_and_other_reasons_are_counted():
    officer, file = make_officer(), make_submission(confirmed=True)
    first, second = first_matches(file, 2)
    criterion = first.revision.criteria.first()
    review = decide(file, first.scheme, officer, "wrong_criterion", criterion=criterion, comment="Faux.")
    decide(file, second.scheme, officer, "not_worth_it")
    follow_files(on=DAY)
    page = schemes_at_work(scope_of(make_lead()), Filters())
    (sheet,) = page.misleading
    assert (sheet.name, sheet.n, sheet.n_decided, sheet.n_open, sheet.n_closed) == (str(first.scheme), 1, 1, 1, 0)
    assert [n for _whose, _reason, n in page.reasons] == [1, 1]
    close_task(task=review.task, editor=make_editor(), answer="Corrigé.")
    (sheet,) = schemes_at_work(scope_of(make_lead()), Filters()).misleading
    assert (sheet.n_open, sheet.n_closed) == (0, 1)


def test_an_erased_file_stays_counted():
    file, _scheme = answered(None, "granted", n=1, euros=10_000)
    follow_files(on=DAY)
    before = counted()
    erase_submission(submission=Submission.objects.get(pk=file.pk))
    rebuild_facts()
    assert counted() == before
    (row,) = schemes_at_work(scope_of(make_lead()), Filters()).schemes
    assert (row.asked, row.euros_granted) == (1, 10_000)


def test_refusals_are_counted_by_reason_and_those_nobody_knows_come_last():
    officers = {ARC: make_officer(ARC), CCLO: make_officer(CCLO)}
    for place, (epci, refusal) in enumerate(
        [(ARC, "budget_spent"), (ARC, "budget_spent"), (ARC, "incomplete"), (CCLO, "project"), (ARC, ""), (ARC, "")]
    ):
        apart = {"siret": "", "siren": "", "email": f"f{place}@firme.example"}
        file = make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, **apart)
        scheme = first_matches(file)[0].scheme
        for state in ("applied", "refused"):
            say(submission=file, scheme=scheme, state=state, officer=officers[epci], refusal=refusal, on=DAY)
    rebuild_facts()
    theirs = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    assert schemes_at_work(scope_of(theirs), Filters()).refusals == [
        ("enveloppe épuisée", 2),
        ("dossier incomplet", 1),
        ("raison non dite", 2),
    ]
    assert ("projet jugé insuffisant", 1) in schemes_at_work(scope_of(make_lead()), Filters()).refusals


def test_only_an_officer_says_why_an_operator_refused():
    officer, file = make_officer(), make_submission(confirmed=True)
    firms, scheme = (match.scheme for match in first_matches(file, 2))
    say(submission=file, scheme=firms, state="applied", on=DAY, refusal="project")
    said = say(submission=file, scheme=firms, state="refused", on=DAY, refusal="project")
    assert said.refusal == ""
    say(submission=file, scheme=scheme, state="applied", on=DAY, officer=officer)
    with pytest.raises(StateError, match="Cette raison de refus"):
        say(submission=file, scheme=scheme, state="refused", on=DAY, officer=officer, refusal="la lune")
    with pytest.raises(IntegrityError), transaction.atomic():
        SchemeEvent.objects.create(
            submission=file,
            scheme=scheme,
            state="granted",
            origin="operator",
            actor=officer,
            refusal="project",
            happened_on=DAY,
            recorded_at=timezone.now(),
        )
