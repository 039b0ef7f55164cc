"""What the needs of files get: equal to asking the engine of each file, and summed by place, need and size."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from backend.accounts.models import Membership
from backend.common.days import working_days_between
from backend.matchmaking import engine
from backend.matchmaking.models import Need, Submission
from backend.matchmaking.results import compute_result
from backend.matchmaking.services import correct_submission
from backend.matchmaking.standing import Standing, standing
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.models import Revision, Scheme
from backend.steering.facts import follow_files, make_facts
from backend.steering.gap_map import gaps, unmet_files
from backend.steering.models import Action, NeedFact, SoleBlocker
from backend.steering.nightly import rebuild
from backend.steering.scopes import Filters, scope_of
from backend.territories.models import ServedEpci
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    archive_serving,
    make_lead,
    make_officer,
    make_submission,
    publish_revision,
    rewriting,
)
from tests.steering.recount import SEEDS

pytestmark = pytest.mark.django_db
NEED, OTHER = "cyber.diagnostic", "risques.technologique"
ORIENTED = "accompagnement.orientation"
ANSWERS = ("eligible", "likely", "dates")
ORDER = [*ANSWERS, "to_specify", "later", "ineligible"]


def naive(file):
    """Return the best standing of each need of a file and what alone is against it, as its own page would say."""
    result = compute_result(submission=file, on=DAY)
    matches = list(result.matches.select_related("revision__scheme"))
    found = {}
    for need in file.needs.all():
        if need.weight < 0.5:
            continue
        tagged = [match for match in matches if match.revision.served_needs.filter(sub_need=need.sub_need).exists()]
        guides = [match for match in tagged if orients(match.revision) and need.sub_need_id != ORIENTED]
        serving = [match for match in tagged if match not in guides]
        words = [standing(match, match.revision) for match in serving]
        best = min(words, key=ORDER.index, default="")
        advised = any(standing(match, match.revision) in ANSWERS for match in guides)
        alone = set()
        if best not in (*ANSWERS, "to_specify"):
            for match in serving:
                (lines,) = engine.explain(result.facts, [match.revision], on=DAY).values()
                against = [place for place, line in enumerate(lines) if line.outcome == "not_met"]
                if len(against) == 1 and (against[0] or not ended(match.revision)):
                    alone.add((match.revision_id, lines[against[0]].definition["kind"]))
        found[need.sub_need_id] = (str(best), advised, alone)
    return found


def orients(revision):
    return revision.served_needs.filter(sub_need=ORIENTED, weight__gte=0.5).exists()


def ended(revision):
    shut = revision.window_state == "closed" or (revision.closes_on is not None and revision.closes_on < DAY)
    upcoming = revision.opens_on is not None and revision.opens_on > DAY
    return shut and not upcoming and not revision.recurring and revision.window_state not in ("suspended", "exhausted")


def stored(file):
    found = {}
    for need in NeedFact.objects.filter(file=file.pk):
        rows = SoleBlocker.objects.filter(need=need).select_related("criterion")
        alone = {(row.revision_id, row.criterion.definition["kind"] if row.criterion else "window") for row in rows}
        found[need.sub_need_id] = (need.standing, need.is_advised, alone)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_each_file_is_answered_as_its_own_page_answers_it(seed):
    call_command("load_demo", files=14, seed=seed, processes=1, stdout=StringIO())
    assert Action.objects.exists()
    for action in Action.objects.all():
        then = NeedFact.objects.filter(sub_need=action.sub_need, file__filed_on__lte=action.decided_on)
        assert action.demand_then == then.count()
    archive_serving(OTHER)
    asked = Need.objects.filter(weight__gte=0.5, submission__closed_at=None, submission__erased_at=None)
    asked = asked.filter(submission__confirmed_at__isnull=False).values_list("sub_need", flat=True)
    for need, _n in Counter(asked.exclude(sub_need=OTHER)).most_common(3):
        restrict_all({"kind": "headcount", "at_least": 100_000}, need=need)
    rebuild(on=DAY)
    looked_at = 0
    for file in Submission.objects.confirmed().still_open():
        assert stored(file) == naive(file), file.pk
        looked_at += bool(stored(file))
    assert looked_at >= 5
    assert NeedFact.objects.exclude(standing__in=NeedFact.POSSIBLE).exists()
    assert SoleBlocker.objects.filter(criterion__isnull=False).exists()


def make(epci=ARC, **changes):
    facts = {"commune": COMMUNES[epci], **changes.pop("facts", {})}
    n = Submission.objects.count()
    apart = {"siret": "", "siren": "", "email": f"firme{n}@firme.example"}
    return make_submission(confirmed=True, facts=facts, **{"needs": (NEED,), **apart, **changes})


def restrict_all(definition, need=NEED):
    """Leave one condition to every scheme that serves a need."""
    for scheme in Scheme.objects.matchable(Scheme.OWN).filter(current__served_needs__sub_need=need):
        permanent = {"window_state": Revision.WindowState.PERMANENT, "opens_on": None, "closes_on": None}
        new = publish_revision(scheme, **permanent)
        with rewriting():
            new.criteria.all().delete()
        new.criteria.create(position=1, definition=definition)


@pytest.fixture
def small_only():
    restrict_all({"kind": "headcount", "below": 10})


def read(user, **filters):
    return gaps(scope_of(user), Filters(**filters), with_cells=True)


def test_sums_say_who_is_answered_and_what_alone_is_against_the_others(small_only):
    for headcount in (5.0, 35.0, 35.0):
        make(facts={"headcount": headcount})
    make(CCLO, facts={"headcount": 300.0})
    make(CCLO, needs=(OTHER,))
    archive_serving(OTHER)
    rebuild(on=DAY)
    found = read(make_lead())
    total = found.total
    assert (total.n_files, total.demand, total.met, total.unmet, total.share) == (5, 5, 1, 4, 80)
    assert (total.blocker.condition, total.blocker.n_files) == (sentence({"kind": "headcount", "below": 10}), 3)
    assert [(gap.label, gap.demand, gap.unmet, gap.best) for gap in found.by_commune] == [
        ("Compiègne", 3, 2, "Éligible"),
        ("Attichy", 2, 2, "Non éligible"),
    ]
    by_need = {gap.key[1]: gap for gap in found.by_need}
    assert (by_need[NEED].unmet, by_need[NEED].blocker.n_files) == (3, 3)
    assert (by_need[OTHER].unmet, by_need[OTHER].best, by_need[OTHER].blocker) == (1, "Aucun dispositif", None)
    assert sum(cell.demand for cell in found.cells) == 5
    assert {(cell.key[0], cell.key[1]) for cell in found.cells} == {
        ("60159", NEED),
        ("60025", NEED),
        ("60025", OTHER),
    }


def only(needs, *criteria):
    """Leave one scheme that serves some needs, for every firm that meets the criteria."""
    for need in needs:
        archive_serving(need)
    one_more(needs, *criteria)


def one_more(needs, *criteria, window="permanent"):
    free = Scheme.objects.matchable(Scheme.OWN).exclude(current__served_needs__sub_need__in=needs)
    dates = {"window_state": window, "opens_on": None, "closes_on": None, "recurring": None}
    new = publish_revision(free.first(), needs=needs, **dates)
    with rewriting():
        new.criteria.all().delete()
    for position, definition in enumerate(criteria, start=1):
        new.criteria.create(position=position, definition=definition)


SMALL = {"kind": "headcount", "below": 10}


@pytest.mark.parametrize(
    ("needs", "criteria", "unmet", "advised"),
    [
        ({NEED: 0.3, ORIENTED: 1.0}, (), 1, 1),  # whom to turn to, whatever the need
        ({NEED: 0.3, ORIENTED: 1.0}, (SMALL,), 1, 0),  # and this firm is not for it
        ({NEED: 0.3, ORIENTED: 0.4}, (), 0, 0),  # it helps, and knows others too
        ({NEED: 1.0}, (), 0, 0),
    ],
)
def test_a_need_that_a_guide_alone_answers_has_no_scheme_but_advice(needs, criteria, unmet, advised):
    archive_serving(ORIENTED)
    only(needs, *criteria)
    make(facts={"headcount": 35.0})
    rebuild(on=DAY)
    total = read(make_lead()).total
    assert (total.demand, total.unmet, total.advised) == (1, unmet, advised)
    assert not SoleBlocker.objects.exists()  # that a guide is not for everybody keeps no firm from help
    assert len(unmet_files(scope_of(make_lead()), Filters())) == unmet


def test_a_scheme_whose_dates_are_to_be_confirmed_answers_beside_one_that_is_left_to_specify():
    only({NEED: 1.0}, {"kind": "manual", "fact": "essai.ask", "sentence": "Elle exporte.", "ask": "firm"})
    file = make()
    rebuild(on=DAY)
    assert NeedFact.objects.get(file=file.pk).standing == Standing.TO_SPECIFY
    total = read(make_lead()).total
    assert (total.met, total.to_specify, total.unmet, total.best) == (0, 1, 0, "À préciser")
    assert not unmet_files(scope_of(make_lead()), Filters())
    one_more({NEED: 1.0}, window="unknown")
    rebuild(on=DAY)
    assert NeedFact.objects.get(file=file.pk).standing == Standing.DATES
    total = read(make_lead()).total
    assert (total.met, total.to_specify, total.unmet, total.best) == (1, 0, 0, "Dates à confirmer")


def test_a_condition_blocks_alone_only_where_no_question_is_open():
    only({NEED: 1.0}, {"kind": "manual", "fact": "essai.ask", "sentence": "Elle exporte.", "ask": "firm"})
    one_more({NEED: 1.0}, SMALL)
    make(facts={"headcount": 35.0})
    rebuild(on=DAY)
    assert read(make_lead()).total.to_specify == 1
    assert not SoleBlocker.objects.exists()


def test_a_guide_answers_who_asks_to_be_guided():
    only({ORIENTED: 1.0})
    make(needs=(ORIENTED,))
    rebuild(on=DAY)
    total = read(make_lead()).total
    assert (total.demand, total.met, total.unmet, total.advised) == (1, 1, 0, 0)


def test_the_dates_of_what_ended_for_good_block_nothing():
    windows = [
        ({"window_state": "closed", "recurring": None}, False),
        ({"window_state": "dated", "closes_on": DAY - timedelta(days=1), "recurring": None}, False),
        ({"window_state": "dated", "closes_on": DAY - timedelta(days=1), "recurring": True}, True),
        ({"window_state": "closed", "opens_on": DAY + timedelta(days=40), "recurring": None}, True),
        ({"window_state": "exhausted", "recurring": None}, True),
        ({"window_state": "suspended", "recurring": None}, True),
    ]
    archive_serving(NEED)
    schemes = Scheme.objects.matchable(Scheme.OWN).filter(current__isnull=False)[: len(windows)]
    names = {}
    for scheme, (window, named) in zip(schemes, windows, strict=True):
        new = publish_revision(scheme, needs={NEED: 1.0}, **{"opens_on": None, "closes_on": None, **window})
        with rewriting():
            new.criteria.all().delete()
        if named:
            names[new.pk] = new.name
    make(), make(CCLO, needs=(OTHER,))
    rebuild(on=DAY)
    blockers = SoleBlocker.objects.filter(need__sub_need=NEED).order_by("revision")
    assert [(row.revision_id, row.criterion) for row in blockers] == [(pk, None) for pk in sorted(names)]
    blocker = read(make_lead()).by_need[0].blocker
    assert blocker.condition == "Ses dates"
    assert blocker.scheme in names.values()


def test_what_blocks_is_named_without_asking_again(small_only, django_assert_num_queries):
    make(facts={"headcount": 35.0})
    rebuild(on=DAY)
    lead = make_lead()
    assert read(lead).total.blocker
    scope = scope_of(lead)
    with django_assert_num_queries(3):  # the needs, which files ended since, the names of communes
        gaps(scope, Filters(), with_cells=True)


def test_a_file_counts_once_whatever_it_needs(small_only):
    make(facts={"headcount": 35.0}, needs=(NEED, "cyber.equipement"))
    make(CCLO, facts={"headcount": 35.0}, needs=(NEED,))
    restrict_all({"kind": "headcount", "below": 10}, need="cyber.equipement")
    rebuild(on=DAY)
    found = read(make_lead(), need="cyber")
    assert (found.total.demand, found.total.n_files, found.total.blocker.n_files) == (3, 2, 2)
    assert [(gap.key[0], gap.demand, gap.n_files) for gap in found.by_commune] == [("60159", 2, 1), ("60025", 1, 1)]
    assert {gap.key[1]: gap.n_files for gap in found.by_need} == {NEED: 2, "cyber.equipement": 1}
    assert [cell.n_files for cell in found.cells] == [1, 1, 1]


def test_a_gap_says_in_how_many_working_days_its_files_were_answered(small_only):
    answered, late, waiting, elsewhere = make(needs=(NEED, "cyber.equipement")), make(), make(), make(CCLO)
    for file, days in ((answered, 2), (late, 9), (elsewhere, 5)):
        moment = file.filed_at + timedelta(days=days)
        Submission.objects.filter(pk=file.pk).update(first_answered_at=moment)
    rebuild(on=DAY)
    found = read(make_lead())
    expected = {
        file.pk: working_days_between(file.filed_on, file.filed_on + timedelta(days=days))
        for file, days in ((answered, 2), (late, 9), (elsewhere, 5))
    }
    total = sorted(expected.values())
    assert (found.total.n_files, found.total.n_answered, found.total.median) == (4, 3, total[1])
    here = next(gap for gap in found.by_commune if gap.key[0] == "60159")
    assert (here.n_files, here.n_answered, here.median) == (3, 2, min(expected[answered.pk], expected[late.pk]))
    alone = next(gap for gap in found.by_need if gap.key[1] == "cyber.equipement")
    assert (alone.n_answered, alone.median) == (1, expected[answered.pk])
    assert read(make_lead(), commune="60159", size="from_250").total.n_answered == 0
    assert waiting.pk in set(NeedFact.objects.values_list("file", flat=True))


def test_what_is_read_follows_the_facts_of_a_file_and_its_erasing():
    """A commune that is corrected moves its needs within a minute; an erased file asks for nothing from then on."""
    moved, other = make(), make(CCLO)
    rebuild(on=DAY)
    lead = make_lead()
    correct_submission(submission=moved, facts={"commune": COMMUNES[CCLO]}, on=DAY)
    follow_files(on=DAY)
    assert [(gap.key[0], gap.demand) for gap in read(lead).by_commune] == [("60025", 2)]
    erase_submission(submission=moved)
    assert [(gap.key[0], gap.demand, gap.n_files) for gap in read(lead).by_commune] == [("60025", 1, 1)]
    erase_submission(submission=other)
    assert (read(lead).total.demand, read(lead).by_commune) == (0, [])


def test_filters_leave_what_they_say():
    make()
    make(CCLO, needs=(OTHER,))
    rebuild(on=DAY)
    lead = make_lead()
    for filters, demand in (
        ({"commune": "60159"}, 1),
        ({"need": "cyber"}, 1),
        ({"sub_need": OTHER}, 1),
        ({"size": "10_to_49"}, 2),
        ({"size": "large"}, 0),
        ({"commune": "60025", "sub_need": NEED}, 0),
        ({"sub_needs": (NEED, OTHER)}, 2),
        ({"sub_needs": (OTHER,), "commune": "60159"}, 0),
    ):
        assert read(lead, **filters).total.demand == demand, filters


def test_the_lead_of_an_intercommunality_reads_its_needs_only():
    make()
    make(CCLO)
    make(without=("commune",))
    rebuild(on=DAY)
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    found = read(lead)
    assert (found.total.demand, [gap.label for gap in found.by_commune]) == (1, ["Compiègne"])
    assert read(lead, epci=ServedEpci.objects.get(short_name=CCLO)).total.demand == 0
    assert read(lead, commune="60025").total.demand == 0
    assert read(make_lead()).total.demand == 3


def test_files_that_are_closed_or_erased_ask_for_nothing_any_more():
    closed, erased, live = make(), make(), make()
    unconfirmed = make_submission(needs=(NEED,))
    rebuild(on=DAY)
    assert set(NeedFact.objects.values_list("file", flat=True)) == {closed.pk, erased.pk, live.pk}
    assert unconfirmed.pk not in set(NeedFact.objects.values_list("file", flat=True))
    erase_submission(submission=erased)
    assert not NeedFact.objects.filter(file=erased.pk).exists()
    withdraw_consent(submission=closed)
    assert read(make_lead()).total.n_files == 1  # at once
    rebuild(on=DAY)
    assert set(NeedFact.objects.values_list("file", flat=True)) == {live.pk}


def test_a_need_read_between_the_lines_is_not_counted():
    file = make(needs=(NEED, OTHER))
    file.needs.filter(sub_need=OTHER).update(weight=0.4)
    make_facts([file.pk])
    rebuild(on=DAY)
    assert list(NeedFact.objects.values_list("sub_need", flat=True)) == [NEED]
