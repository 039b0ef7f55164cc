"""The funnel: equal to a slow count, by group; and who reads the figures of whom."""

from datetime import date, timedelta
from io import StringIO
from statistics import median_low

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.models import Membership
from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking.models import AnswerCount, Submission
from backend.matchmaking.reviews import end_review
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.schemes.models import TaxonomyNeed
from backend.steering import funnel
from backend.steering.facts import follow_files, make_facts, rebuild_facts
from backend.steering.funnel import answers_before_a_name, funnels
from backend.steering.models import Step, StepCount
from backend.steering.scopes import Filters, scope_of
from backend.steering.step_counts import code_of
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission
from tests.steering.recount import SEEDS, recount, recount_funnel
from tests.steering.rows import add_all_up, count_file

pytestmark = pytest.mark.django_db
DELAYS = {ARC: (1, 2, 4, 7, 30), CCLO: (3, 3, 12)}
FILED = date(2026, 6, 1)


@pytest.fixture
def files():
    """Count files of two places, each answered so many working days after it was filed."""
    for epci, delays in DELAYS.items():
        for days in delays:
            count_file(epci, filed_on=FILED, read=days, answered=days)
    add_all_up()


def epci_lead(epci=ARC):
    return make_officer(epci, role=Membership.Role.EPCI_LEAD)


def delays_of(funnel):
    answered = funnel.answered
    return answered.n, answered.median, answered.ninth


def test_counts_and_delays_are_those_of_the_files(files):
    found = funnels(scope_of(make_lead()), Filters(), on=DAY)
    every = sorted(DELAYS[ARC] + DELAYS[CCLO])
    assert found.total.filed == len(every)
    assert delays_of(found.total) == (8, median_low(every), every[7])
    by_epci = {row.label: delays_of(row) for row in found.by_epci}
    names = dict(ServedEpci.objects.values_list("short_name", "usual_name"))
    assert by_epci == {names[ARC]: (5, 4, 30), names[CCLO]: (3, 3, 12)}
    assert [(row.label, row.filed) for row in found.by_size] == [("10 à 49 salariés", 8)]
    assert [row.filed for row in found.by_need] == [8, 8]  # each asked for two needs


def test_each_share_is_of_what_was_filed(files):
    count_file(filed_on=FILED, confirmed=False)
    add_all_up()
    total = funnels(scope_of(make_lead()), Filters(), on=DAY).total
    assert [(reached.n, share) for _step, reached, share in total.steps()] == [
        (9, 100),
        (8, 89),
        (8, 89),
        (8, 89),
        (0, 0),
        (0, 0),
    ]


def groups_of(found):
    """Return the groups of a funnel as the slow recount names them."""
    names = {epci.usual_name: ("epci", epci.pk) for epci in ServedEpci.objects.all()} | {
        "Commune inconnue": ("epci", None)
    }
    sizes = {label: key for key, label in SIZE_LABELS.items()}
    needs = {label[:1].upper() + label[1:]: key for key, label in TaxonomyNeed.objects.values_list("key", "label")}
    groups = [("all", found.total), *((("month", month.first), month.funnel) for month in found.by_month)]
    groups += [(names[row.label], row) for row in found.by_epci]
    groups += [(("size", sizes[row.label]), row) for row in found.by_size]
    groups += [(needs[row.label], row) for row in found.by_need]
    return {
        (group, step): (reached.n, reached.median, reached.ninth, reached.n_waiting)
        for group, funnel in groups
        for step, reached in funnel.reached.items()
    }


def of_way(slow):
    return {key: counts for key, counts in slow.items() if key[1] not in ("refused", "closed")}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_recount_finds_the_same_in_all_groups(seed, django_assert_max_num_queries):
    call_command("load_demo", files=30, seed=seed, processes=1, stdout=StringIO())
    files, steps = recount()
    scope = scope_of(make_lead())
    with django_assert_max_num_queries(5):
        found = funnels(scope, Filters(), on=DAY)
    assert groups_of(found) == of_way(recount_funnel(files, steps))
    assert found.total.filed == len(files) >= 30
    for need in files[min(files)][4]:
        own = {pk: file for pk, file in files.items() if need in file[4]}
        slow = recount_funnel(own, {key: row for key, row in steps.items() if key[0] in own})
        wanted = {key: counts for key, counts in of_way(slow).items() if key[0] == need or not isinstance(key[0], str)}
        got = groups_of(funnels(scope, Filters(need=need), on=DAY))
        assert {key: counts for key, counts in got.items() if key[0] != "all"} == wanted


def test_what_happens_to_a_file_is_added_up_with_its_facts():
    file = make_submission(confirmed=True, facts={"commune": COMMUNES[ARC]})
    other = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    make_facts([file.pk, other.pk])
    scope = scope_of(epci_lead())
    assert funnels(scope, Filters(), on=DAY).total.waiting == 1
    end_review(submission=file, officer=make_officer(ARC), on=DAY, message="Bonjour.")
    assert funnels(scope, Filters(), on=DAY).total.waiting == 1
    follow_files(on=DAY)
    total = funnels(scope, Filters(), on=DAY).total
    assert (total.waiting, total.answered.n) == (0, 1)
    assert funnels(scope_of(epci_lead(CCLO)), Filters(), on=DAY).total.answered.n == 0


def counts():
    rows = StepCount.objects.order_by("month", "need").values_list("month", "need", "packed")
    return [(month, need, bytes(packed)) for month, need, packed in rows]


def test_no_two_words_are_packed_alike():
    words = [*SIZE_LABELS, *Step]
    assert len({code_of(word) for word in words}) == len(words)


def test_a_count_says_its_place_and_size_whatever_words_are_added(monkeypatch):
    """A size that joins the list moves no other: what was packed before is read as it was meant."""
    for epci in (ARC, CCLO):
        make_submission(confirmed=True, facts={"commune": COMMUNES[epci]})
    rebuild_facts()
    before = funnels(scope_of(make_lead()), Filters(), on=DAY)
    monkeypatch.setattr(funnel, "SIZE_LABELS", {"tiny": "minuscule", **SIZE_LABELS})
    assert funnels(scope_of(make_lead()), Filters(), on=DAY).by_size == before.by_size != []


def test_an_erased_file_keeps_its_place_in_the_counts():
    for epci in (ARC, CCLO):
        make_submission(confirmed=True, facts={"commune": COMMUNES[epci]})
    rebuild_facts()
    before = counts()
    erase_submission(submission=Submission.objects.earliest("pk"))
    follow_files(on=DAY)
    assert counts() == before


def test_the_nightly_rebuild_adds_up_what_had_escaped():
    make_submission(confirmed=True)
    rebuild_facts()
    before = counts()
    StepCount.objects.all().delete()
    rebuild_facts()
    assert counts() == before != []


def test_filters_leave_what_they_say(files):
    scope = scope_of(make_lead())
    for filters, n in (
        (Filters(need="competences"), 8),
        (Filters(need="energie"), 0),
        (Filters(size="10_to_49"), 8),
        (Filters(size="large"), 0),
        (Filters(since=date(2026, 6, 1)), 8),
        (Filters(since=date(2026, 6, 2)), 0),
    ):
        assert funnels(scope, filters, on=DAY).total.filed == n, filters


def test_months_have_no_hole(files):
    months = funnels(scope_of(make_lead()), Filters(), on=DAY).by_month
    assert [(month.first.month, month.funnel.filed) for month in months] == [(6, 8), *((n, 0) for n in range(7, 12))]


def test_a_lead_reads_the_delays_of_his_own_intercommunality_only(files):
    count_file("", filed_on=FILED)
    add_all_up()
    scope = scope_of(epci_lead())
    found = funnels(scope, Filters(), on=DAY)
    assert delays_of(found.total) == (5, 4, 30)
    assert found.total.filed == 5  # a file that is placed nowhere is the territory's
    assert len(found.by_epci) == 1
    other = ServedEpci.objects.get(short_name=CCLO)
    assert funnels(scope, Filters(epci=other), on=DAY).total.filed == 0
    assert funnels(scope_of(make_lead()), Filters(), on=DAY).total.filed == 9


@pytest.mark.parametrize("role", [Membership.Role.OFFICER, Membership.Role.PARTNER, Membership.Role.EDITOR])
def test_nobody_else_reads_figures(role):
    with pytest.raises(PermissionDenied):
        scope_of(make_officer(ARC, role=role))


def test_what_waits_is_confirmed_and_neither_answered_nor_closed(files):
    unconfirmed = make_submission()
    waiting, closed = (make_submission(confirmed=True, facts={"commune": COMMUNES[ARC]}) for _ in range(2))
    withdraw_consent(submission=closed)
    make_facts([unconfirmed.pk, waiting.pk, closed.pk])
    found = funnels(scope_of(make_lead()), Filters(), on=DAY)
    assert (found.total.waiting, found.total.answered.n) == (1, 8)
    assert delays_of(found.total)[2] == 30  # of those answered: the one that waits is in no delay
    assert [row.waiting for row in found.by_epci] == [1, 0]
    assert [row.waiting for row in found.by_need] == [1, 1]
    assert funnels(scope_of(make_lead()), Filters(), on=timezone.localdate()).by_month[-1].funnel.waiting == 1
    assert funnels(scope_of(epci_lead(CCLO)), Filters(), on=DAY).total.waiting == 0


def test_who_leads_for_an_organisation_without_intercommunality_reads_nothing():
    with pytest.raises(PermissionDenied):
        scope_of(make_officer("", role=Membership.Role.EPCI_LEAD, kind="partner"))


def test_answers_shown_before_a_name_are_counted_where_one_leads():
    for epci, need, n in (
        (ARC, "competences.recruter", 3),
        (CCLO, "competences.recruter", 2),
        (ARC, "cyber.incident", 1),
    ):
        for _ in range(n):
            served = ServedEpci.objects.get(short_name=epci)
            AnswerCount.objects.count_one(on=DAY, sub_needs=[need], epci=served)
    whole, own = scope_of(make_lead()), scope_of(epci_lead())
    assert answers_before_a_name(whole, Filters()) == 6
    assert answers_before_a_name(own, Filters()) == 4  # and nothing of the other intercommunality
    assert answers_before_a_name(own, Filters(epci=ServedEpci.objects.get(short_name=CCLO))) == 0
    assert answers_before_a_name(whole, Filters(need="competences")) == 5
    assert answers_before_a_name(whole, Filters(since=DAY + timedelta(days=1))) == 0
