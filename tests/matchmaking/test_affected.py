"""How many firms have a sheet, and what that puts first in the list of editors."""

import pytest

from backend.matchmaking.affected import firms_by_scheme, score_sheets
from backend.matchmaking.models import Match
from backend.matchmaking.results import latest_result
from backend.schemes.catalogue.completeness import completeness
from backend.schemes.models import Scheme
from tests.factories import DAY, first_matches, make_submission, publish_revision
from tests.schemes.people import get_scheme, make_editor

pytestmark = pytest.mark.django_db


def answering(submission) -> set[int]:
    return set(submission.results.first().matches.answering().values_list("scheme", flat=True))


def test_a_firm_counts_for_what_answers_it_and_may_be_for_it():
    submission = make_submission(confirmed=True)
    assert firms_by_scheme() == dict.fromkeys(answering(submission), 1)
    refused = Match.objects.filter(eligibility="ineligible", addresses=True).first()
    assert refused is None or refused.scheme_id not in firms_by_scheme()


def test_a_file_that_nobody_confirmed_does_not_count():
    make_submission()
    assert firms_by_scheme() == {}


def test_a_firm_that_filed_twice_is_one_and_two_firms_are_two():
    first = make_submission(confirmed=True)
    make_submission(confirmed=True)
    other = make_submission(confirmed=True, siret="", siren="")
    make_submission(confirmed=True, siret="", siren="")
    found = firms_by_scheme()
    assert {found[scheme] for scheme in answering(first) & answering(other)} == {3}


def test_only_the_newest_result_counts(tmp_path):
    submission = make_submission(confirmed=True)
    scheme = first_matches(submission)[0].scheme
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    latest_result(submission, on=DAY)
    assert scheme.pk not in firms_by_scheme()


def test_every_published_sheet_is_scored_and_no_other():
    archived = get_scheme()
    Scheme.objects.filter(pk=archived.pk).update(state=Scheme.State.ARCHIVED, completeness=50, n_firms=3)
    make_submission(confirmed=True)
    work = score_sheets(on=DAY)
    published = Scheme.objects.of_source(Scheme.OWN).published()
    assert work.n_looked_at == published.count()
    n_firms = firms_by_scheme()
    for scheme in published.select_related("current")[::8]:
        assert scheme.completeness == completeness(scheme.current, on=DAY).score
    assert {scheme.pk: scheme.n_firms for scheme in published} == {
        scheme.pk: n_firms.get(scheme.pk, 0) for scheme in published
    }
    others = Scheme.objects.exclude(pk__in=published.values("pk"))
    assert set(others.values_list("completeness", "n_firms")) == {(None, None)}


def test_the_second_time_costs_little_and_changes_nothing_until_a_sheet_does(django_assert_max_num_queries):
    score_sheets(on=DAY)
    changed_at = dict(Scheme.objects.values_list("pk", "changed_at"))
    with django_assert_max_num_queries(8):
        assert score_sheets(on=DAY).n_changed == 0
    assert dict(Scheme.objects.values_list("pk", "changed_at")) == changed_at
    before = get_scheme().completeness
    publish_revision(get_scheme(), next_step="", contact_name="", contact_url="", contact_phone="")
    assert score_sheets(on=DAY).n_changed == 1
    assert get_scheme().completeness < before


def test_the_worst_sheet_for_most_firms_comes_first(client):
    Scheme.objects.update(completeness=None, n_firms=None)
    for key, score, n_firms in (("mediation-credit", 20, 1), ("vie", 80, 10), ("eic-accelerator", 10, 0)):
        Scheme.objects.filter(source_key=key).update(completeness=score, n_firms=n_firms)
    client.force_login(make_editor())
    listed = client.get("/administration/schemes/scheme/").context["cl"].result_list
    assert [(scheme.source_key, scheme.gap) for scheme in listed[:3]] == [
        ("vie", 200),
        ("mediation-credit", 80),
        ("eic-accelerator", 0),
    ]
