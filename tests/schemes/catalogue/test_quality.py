"""What the report finds, and what it leaves alone."""

import json
from datetime import date, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from backend.schemes.catalogue.quality import (
    REVIEW_DAYS,
    SEVERITIES,
    check_catalogue,
    check_scheme,
    is_overdue,
    review_column,
    review_day,
)
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.editing.archiving import archive
from backend.schemes.models import Proposal, Revision, Scheme
from tests.factories import DAY
from tests.schemes.people import get_scheme, make_approver, make_record

pytestmark = pytest.mark.django_db


def make_scheme(key="essai-pass-robot", *, state=Scheme.State.PUBLISHED, **changes):
    scheme = Scheme.objects.create(source_key=key, state=state)
    changes = {"amount": {"ceiling_eur": 5000}, **changes}
    scheme.current = write_revision(make_record(key, **changes), scheme=scheme)
    scheme.save()
    return scheme


def codes_of(scheme, **options):
    return [finding.code for finding in check_scheme(scheme, on=DAY, **options)]


def window(state="dated", opens_on=None, closes_on=None):
    return {"state": state, "opens_on": opens_on, "closes_on": closes_on, "recurring": None, "note": None}


def source(**changes):
    return {"title": "Vu", "url": "https://exemple.example/", "dated": "2026-11", **changes}


def relation(key):
    return {"kind": "excludes", "scheme": key, "note": None, "source": None}


def test_a_complete_sheet_has_nothing_to_mend():
    assert codes_of(make_scheme()) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        (
            {"sources": [], "criteria": [{"kind": "headcount", "below": 9}], "confidence": "partly_verified"},
            ["no_source", "criterion_without_source"],
        ),
        (
            {"criteria": [{"kind": "headcount", "below": 250}]},
            ["verified_without_evidence", "criterion_without_source"],
        ),
        ({"criteria": []}, ["no_criteria"]),
        ({"sources": [{"title": "Vu", "url": None, "dated": None, "tier": "operator"}]}, ["source_without_date"]),
        ({"sources": [source(tier="other")]}, ["verified_without_evidence"]),
        ({"sources": [source(tier="other")], "confidence": "partly_verified"}, []),
        ({"sources": [source(tier="state", dated="2025-11-25")]}, []),
        ({"sources": [source(tier="state", dated="2025-11-23")]}, ["verified_without_evidence"]),
        ({"window": window("unknown")}, ["window_unknown"]),
        ({"window": window(closes_on="2026-11-23")}, ["window_past"]),
        ({"window": window(closes_on="2026-11-24")}, []),
        ({"window": window("closed", closes_on="2026-11-23")}, []),
        ({"amount": None}, ["amount_missing"]),
        ({"amount": {"cost_left_eur": 0}}, ["amount_missing"]),
        ({"amount": {"text": "Selon le projet"}}, []),
        ({"amount": {"rate_max_pct": 0}}, []),
        ({"amount": None, "kind": "advisory"}, []),
        ({"contact": None}, ["no_contact"]),
        ({"contact": {"name": None, "url": None, "phone": "03 53 01 10 00"}}, []),
        ({"next_step": None}, ["no_next_step"]),
        ({"next_step": f"Appelez la {'x' * 98}. Puis attendez, {'longtemps ' * 20}."}, []),
        ({"next_step": f"Appelez la {'x' * 99}. Puis attendez."}, ["long_first_sentence"]),
        ({"summary": f"{'x' * 100}."}, ["long_first_sentence"]),
        ({"needs": {}}, ["no_need"]),
        ({"relations": [relation("nulle-part")]}, ["relation_unknown"]),
        ({"relations": [relation("vie")]}, []),
        ({"as_of": (DAY - timedelta(days=REVIEW_DAYS + 1)).isoformat()}, ["sheet_old"]),
        ({"as_of": (DAY - timedelta(days=REVIEW_DAYS)).isoformat()}, []),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_thing_that_is_missing_is_found_and_nothing_else(changes, codes):
    assert codes_of(make_scheme(**changes)) == codes


def test_a_link_to_an_archived_scheme_is_found():
    archive(scheme=get_scheme("vie"), approver=make_approver(), reason="Terminé.")
    assert codes_of(make_scheme(relations=[relation("vie")])) == ["relation_archived"]


def test_links_that_cannot_hold_are_found_where_they_were_in_force_before():
    make_scheme("essai-a", relations=[{"kind": "requires", "scheme": "essai-b"}])
    make_scheme("essai-b", name="Autre", relations=[{"kind": "requires", "scheme": "essai-a"}])
    (finding,) = [one for one in check_catalogue(on=DAY) if one.code == "relation_contradiction"]
    assert finding.subject == "essai-a"
    assert "« Pass robot (essai) » → « Autre » → « Pass robot (essai) »" in finding.text.replace("\u00a0", " ")


def test_the_age_allowed_can_be_chosen():
    scheme = make_scheme(as_of="2026-11-01")
    assert codes_of(scheme, days=22) == ["sheet_old"]
    assert codes_of(scheme, days=23) == []


def test_a_sheet_is_to_be_read_again_so_many_days_after_it_was():
    assert review_day(make_scheme(as_of="2026-11-24").current) == date(2027, 5, 23)


def test_a_sheet_may_name_the_day_itself():
    scheme = make_scheme(as_of="2026-11-24", review_by="2026-12-31")
    assert review_day(scheme.current) == date(2026, 12, 31)
    assert [is_overdue(scheme.current, on=date(2026, 12, day)) for day in (30, 31)] == [False, False]
    assert is_overdue(scheme.current, on=date(2027, 1, 1))
    (finding,) = [one for one in check_scheme(scheme, on=date(2027, 1, 1)) if one.code == "sheet_old"]
    assert "à revoir avant le 31 décembre 2026" in finding.text


def test_the_database_knows_the_same_day():
    make_scheme()
    make_scheme("essai-a-relire", review_by="2026-12-01")
    rows = list(Revision.objects.annotate(review_on=review_column()))
    assert {row.review_on for row in rows} >= {date(2026, 12, 1), date(2027, 5, 23)}
    assert [row.review_on for row in rows] == [review_day(row) for row in rows]


@pytest.mark.parametrize(
    ("state", "closes_on", "code"),
    [
        ("permanent", None, None),
        ("dated", "2026-12-31", None),
        ("dated", "2026-11-24", None),
        ("dated", "2026-11-23", "need_only_unconfirmed"),
        ("unknown", None, "need_only_unconfirmed"),
        ("suspended", None, "need_only_unconfirmed"),
        ("exhausted", None, "need_only_unconfirmed"),
    ],
)
def test_a_sub_need_wants_a_scheme_whose_window_is_known(state, closes_on, code):
    Scheme.objects.update(state=Scheme.State.ARCHIVED)
    make_scheme(window=window(state, closes_on=closes_on))
    found = [finding.code for finding in check_catalogue(on=DAY) if finding.subject == "numerique.robot"]
    assert found == ([code] if code else [])


def test_a_sub_need_that_nothing_serves_is_found():
    Scheme.objects.update(state=Scheme.State.ARCHIVED)
    make_scheme(state=Scheme.State.DRAFT)
    codes = {finding.code for finding in check_catalogue(on=DAY)}
    assert codes == {"need_without_scheme"}


def test_one_name_twice_is_found():
    make_scheme()
    make_scheme("essai-autre", name="PASS ROBOT  (Essai)")
    assert [finding.text for finding in check_catalogue(on=DAY) if finding.code == "duplicate_name"] == [
        "porte le même nom que essai-autre"
    ]


def test_only_published_schemes_are_checked():
    make_scheme(state=Scheme.State.DRAFT, amount=None)
    make_scheme("essai-archive", state=Scheme.State.ARCHIVED, amount=None)
    assert not [finding for finding in check_catalogue(on=DAY) if finding.subject.startswith("essai")]


def test_the_worst_subject_comes_first_and_its_findings_stay_together():
    make_scheme(window=window(closes_on="2026-11-01"), contact=None, criteria=[], needs={})
    findings = check_catalogue(on=DAY)
    assert [finding.code for finding in findings[:4]] == ["no_need", "window_past", "no_contact", "no_criteria"]
    subjects = [finding.subject for finding in findings]
    changes = sum(one != other for one, other in pairwise(subjects))
    assert changes == len(set(subjects)) - 1


# -- the real catalogue, and the command


def run(*arguments):
    output = StringIO()
    call_command("check_catalogue", *arguments, stdout=output)
    return output.getvalue()


def test_the_real_catalogue_has_no_sheet_without_source_need_or_first_step():
    codes = {finding.code for finding in check_catalogue(on=DAY)}
    assert codes <= SEVERITIES.keys()
    assert not codes & {"no_source", "no_need", "no_next_step", "no_contact", "duplicate_name", "sheet_old"}
    assert "long_first_sentence" not in codes  # answers show a whole sentence of each sheet
    assert not codes & {"relation_unknown", "relation_archived", "relation_contradiction"}


def test_the_report_names_each_scheme_changes_nothing_and_fails_only_when_asked_to():
    make_scheme(contact=None)
    report = run()
    assert "Pass robot (essai) (essai-pass-robot)\n  à corriger : aucun contact [no_contact]\n" in report
    assert f"Résumé : {Scheme.objects.published().count()} dispositifs publiés, " in report
    assert not Proposal.objects.exists()
    with pytest.raises(SystemExit) as caught:
        run("--strict")
    assert caught.value.code == 1


def test_the_report_for_machines_says_the_same():
    report = json.loads(run("--json"))
    assert (report["on"], report["schemes"]) == ("2026-11-24", Scheme.objects.published().count())
    assert sum(report["counts"].values()) == len(report["findings"]) == len(check_catalogue(on=DAY))
    assert set(report["findings"][0]) == {"code", "severity", "subject", "name", "text"}


@pytest.mark.parametrize("days", ["0", "-3", "beaucoup", "9" * 30])
def test_a_number_of_days_that_is_none_is_refused(days):
    with pytest.raises(CommandError, match="n’est pas un nombre de jours"):
        run(f"--days={days}")
