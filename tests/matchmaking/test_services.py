"""Filing, correcting, answering and reviewing, by the services."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Membership
from backend.companies.models import Company, Contact, Establishment, Fact
from backend.matchmaking.access_links import send_space_link
from backend.matchmaking.emails import officers_in_charge, organisation_in_charge
from backend.matchmaking.in_charge import OutsideTerritory, outside_contacts, route
from backend.matchmaking.models import Result, ReviewEnd, Submission, WeightSet
from backend.matchmaking.results import conditions_of, latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import (
    answer_condition,
    confirm_address,
    correct_submission,
    file_submission,
)
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.schemes.models import Scheme
from tests.factories import (
    ARC,
    CC2V,
    CCLO,
    CCPE,
    COMMUNES,
    DAY,
    FACTS,
    OTHER_SITE,
    OUTSIDE,
    SIREN,
    SIRET,
    make_filing,
    make_lead,
    make_officer,
    make_organisation,
    make_submission,
    next_morning,
)
from tests.neighbour import ours
from tests.undone import undone

pytestmark = pytest.mark.django_db
NEXT_DAY = DAY + timedelta(days=1)


def sent(kind):
    return list(ours(Notification).filter(kind=kind).order_by("pk"))


def correct(submission, *, on=DAY, **changes):
    return correct_submission(submission=submission, on=on, **{"facts": {}, **changes})


# -- routing


@pytest.mark.parametrize(("epci", "commune"), COMMUNES.items())
def test_each_commune_of_the_territory_has_its_intercommunality(epci, commune):
    assert route({"commune": commune}, on=DAY).short_name == epci


@pytest.mark.parametrize(
    ("facts", "epci"),
    [
        ({"commune": "60159", "project.commune": "60025"}, CCLO),
        ({"commune": OUTSIDE, "project.commune": "60025"}, CCLO),
        ({"project.commune": "60025"}, CCLO),
        ({"commune": "60159", "project.commune": None}, ARC),
    ],
)
def test_the_project_s_commune_wins(facts, epci):
    assert route(facts, on=DAY).short_name == epci


@pytest.mark.parametrize("facts", [{}, {"commune": None}, {"commune": ""}, {"region": "32"}])
def test_an_unknown_commune_goes_to_the_pool(facts):
    assert route(facts, on=DAY) is None


@pytest.mark.parametrize("facts", [{"commune": OUTSIDE}, {"commune": "60159", "project.commune": "75056"}])
def test_a_commune_outside_is_refused(facts):
    with pytest.raises(OutsideTerritory):
        route(facts, on=DAY)


def test_filing_outside_keeps_nothing():
    with pytest.raises(OutsideTerritory):
        file_submission(make_filing(facts={"commune": OUTSIDE}), on=DAY)
    for model in (Submission, Contact, Company, Fact, Result, Notification):
        assert not ours(model).exists()


@pytest.mark.parametrize(
    ("commune", "epci", "department", "region"),
    [
        (OUTSIDE, "CA du Beauvaisis", "Oise", "Hauts-de-France"),
        ("97411", "CA Intercommunale du Nord de la Réunion (CINOR)", "La Réunion", "La Réunion"),
        ("35238", "Rennes Métropole", "Ille-et-Vilaine", "Bretagne"),
        ("22016", "", "Côtes-d'Armor", "Bretagne"),  # Bréhat: an island that is in none
    ],
)
def test_whom_to_call_outside_is_named(commune, epci, department, region):
    found = outside_contacts(commune, on=DAY)
    assert (found["epci"], found["department"], found["region"]) == (epci, department, region)


def test_a_commune_that_does_not_exist_names_nobody():
    assert outside_contacts("99999", on=DAY) == {}


# -- filing


def test_one_key_files_once():
    filing = make_filing()
    assert file_submission(filing, on=DAY) == file_submission(filing, on=DAY)
    assert (ours(Submission).count(), ours(Result).count(), ours(Notification).count()) == (1, 1, 1)


def test_two_filings_of_one_site_are_two_submissions_of_one_firm():
    make_submission()
    make_submission()
    assert (ours(Submission).count(), ours(Establishment).count()) == (2, 1)
    assert Company.objects.filter(siren=SIREN).count() == 1


def test_two_sites_of_one_firm_are_two_establishments():
    first, second = make_submission(), make_submission(siret=OTHER_SITE, facts={"commune": "60025"})
    assert first.sheet.company == second.sheet.company
    assert first.sheet.establishment != second.sheet.establishment
    assert (first.epci.short_name, second.epci.short_name) == (ARC, CCLO)


@pytest.mark.neighbour("epci")  # no other firm has its SIREN
@pytest.mark.parametrize(("siret", "siren", "n"), [("", "", 0), ("", SIREN, 1)])
def test_a_firm_without_its_number_files_too(siret, siren, n):
    submission = make_submission(siret=siret, siren=siren)
    assert Company.objects.filter(siren=SIREN).count() == n
    assert submission.sheet.establishment is None
    assert submission.results.count() == 1


def test_needs_are_those_ticked_and_those_read_with_the_words_that_decided():
    submission = make_submission(needs=("mobilite.salaries",), text="Je ne trouve pas de soudeurs.")
    needs = {need.sub_need_id: need for need in submission.needs.all()}
    assert needs["mobilite.salaries"].ticked
    assert not needs["competences.recruter"].ticked
    assert needs["competences.recruter"].evidence


def test_a_result_keeps_all_it_takes_to_replay_it():
    result = make_submission().results.get()
    assert result.facts == {**FACTS, "naf_2025_possible": ["C2553Y"]}  # by INSEE's table
    assert result.on == DAY
    assert result.weights == WeightSet.objects.in_force().get()
    matches = result.matches.all()
    assert len(matches) == Scheme.objects.published().count()
    assert [match.rank for match in matches] == list(range(1, len(matches) + 1))


def test_a_result_of_the_day_is_kept_and_one_of_another_day_is_computed_again():
    submission = make_submission()
    assert latest_result(submission, on=DAY) == submission.results.get()
    assert latest_result(submission, on=NEXT_DAY).on == NEXT_DAY
    assert submission.results.count() == 2


# -- correcting


def test_a_correction_keeps_the_history_and_answers_again():
    submission = make_submission()
    first = submission.results.get()
    second = correct(submission, facts={"headcount": 300.0})
    assert second.facts["headcount"] == 300.0
    assert submission.results.count() == 2
    assert first.facts["headcount"] == 35.0
    assert list(submission.sheet.facts.filter(name="headcount").order_by("pk").values_list("value", flat=True)) == [
        35.0,
        300.0,
    ]


UNCHANGED = [
    {"facts": {"headcount": 35.0}},
    {"facts": {}, "ticked": ["numerique.robot", "competences.recruter"], "text": ""},
    {"identity": {"siret": SIRET, "siren": SIREN, "name": "Tôlerie des Étangs"}},
]
CHANGED = [
    {"facts": {"headcount": 36.0}},
    {"facts": {"headcount": None}},
    {"text": "Autre chose."},
    {"ticked": ["numerique.robot"]},
    {"identity": {"siret": "", "siren": "", "name": "Autre"}},
]


def test_a_correction_by_the_firm_opens_the_review_again_and_saving_the_same_does_not():
    officer, submission = make_officer(), make_submission(confirmed=True)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    for changes in UNCHANGED:
        correct(submission, **changes)
        submission.refresh_from_db()
        assert submission.reviewed_by == officer, changes
    for changes in CHANGED:
        with undone():
            one = Submission.objects.get(pk=submission.pk)
            correct(one, **changes)
            one.refresh_from_db()
            assert (one.reviewed_at, one.reviewed_by) == (None, None), changes
            assert ours(ReviewEnd).count() == 1, changes
    correct(submission, text="Autre chose.")
    submission.refresh_from_db()
    end_review(submission=submission, officer=officer, on=DAY, message="Encore")
    assert len(sent("reviewed")) == 2


def test_a_correction_by_an_officer_leaves_the_review_ended():
    officer, submission = make_officer(), make_submission(confirmed=True)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    correct(submission, facts={"headcount": 36.0}, author=officer)
    submission.refresh_from_db()
    assert submission.reviewed_by == officer
    assert submission.sheet.current()["headcount"].origin == Fact.Origin.OFFICER


def test_correcting_the_words_keeps_the_ticked_boxes_and_the_other_way_round():
    submission = make_submission(needs=("mobilite.salaries",), text="Je ne trouve pas de soudeurs.")
    correct(submission, text="Je veux un robot.")
    assert submission.needs.get(sub_need="mobilite.salaries").ticked
    assert submission.needs.filter(sub_need="numerique.robot").exists()
    correct(submission, ticked=["energie.facture"])
    submission.refresh_from_db()
    assert submission.text == "Je veux un robot."
    assert {need.sub_need_id for need in submission.needs.filter(ticked=True)} == {"energie.facture"}


def test_nobody_is_told_of_a_move_before_the_address_is_confirmed():
    make_officer(CCLO)
    correct(make_submission(), facts={"commune": COMMUNES[CCLO]})
    next_morning()
    assert not sent("waiting_digest")


def test_a_correction_that_leaves_the_territory_changes_nothing():
    submission = make_submission()
    with pytest.raises(OutsideTerritory):
        correct(submission, facts={"commune": OUTSIDE, "headcount": 1.0}, text="Autre chose.")
    submission.refresh_from_db()
    assert submission.sheet.values() == FACTS
    assert (submission.text, submission.epci.short_name, submission.results.count()) == ("", ARC, 1)


# -- answers to conditions


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def one_question(submission):
    """Return a match that a single condition, left to a person, keeps from being eligible; and that condition."""
    for match in submission.results.get().matches.filter(typed="eligible", eligibility="undecided"):
        manual = [row.definition for row in match.revision.criteria.all() if row.definition["kind"] == "manual"]
        if len(manual) == 1:
            return match, manual[0]["fact"]
    raise AssertionError("no scheme with a single question")


@pytest.mark.parametrize(("value", "verdict"), [(True, "eligible"), (False, "ineligible")])
def test_an_answer_is_a_fact_with_its_author_and_decides(submission, value, verdict):
    match, condition = one_question(submission)
    result = answer_condition(submission=submission, condition=condition, value=value, on=DAY)
    fact = submission.sheet.current()[f"answer:{condition}"]
    assert (fact.value, fact.origin, fact.recorded_on, fact.author) == (value, "declared", DAY, None)
    assert result.matches.get(scheme=match.scheme).eligibility == verdict


def test_an_answer_taken_back_is_unknown_again(submission):
    match, condition = one_question(submission)
    answer_condition(submission=submission, condition=condition, value=False, on=DAY)
    result = answer_condition(submission=submission, condition=condition, value=None, on=DAY)
    again = result.matches.get(scheme=match.scheme)
    assert (again.eligibility, again.to_confirm) == (match.eligibility, match.to_confirm)


def test_an_answer_that_nothing_asks_for_is_ignored(submission):
    for condition in ("", "unheard_of", "headcount", "answer:x", "\0"):
        answer_condition(submission=submission, condition=condition, value=True, on=DAY)
    assert not ours(Fact).answers().exists()
    assert submission.results.count() == 1


def test_an_answer_by_an_officer_in_charge_carries_their_name(submission):
    officer = make_officer()
    condition = sorted(conditions_of(submission.results.get()))[0]
    answer_condition(submission=submission, condition=condition, value=True, on=DAY, author=officer)
    fact = submission.sheet.current()[f"answer:{condition}"]
    assert (fact.origin, fact.author) == (Fact.Origin.OFFICER, officer)


@pytest.mark.parametrize("make_person", [make_lead, lambda: make_officer(CCLO)])
def test_an_answer_by_anyone_else_is_refused(submission, make_person):
    with pytest.raises(PermissionDenied):
        answer_condition(submission=submission, condition="x", value=True, on=DAY, author=make_person())


# -- the address


def test_before_confirmation_only_the_confirmation_is_owed():
    make_officer()
    make_submission()
    assert [row.kind for row in ours(Notification).all()] == ["confirm_address"]


def test_confirming_twice_tells_everyone_once():
    officers = [make_officer(), make_officer(role=Membership.Role.EPCI_LEAD)]
    make_officer(CCLO), make_lead()
    submission = make_submission()
    first = confirm_address(submission=submission).confirmed_at
    assert confirm_address(submission=submission).confirmed_at == first
    assert len(sent("receipt")) == 1
    next_morning()
    assert sorted(row.recipient for row in sent("waiting_digest")) == sorted(person.email for person in officers)


def test_the_pool_is_told_to_the_officers_of_all_four():
    officers = [make_officer(epci) for epci in (ARC, CCLO, CC2V, CCPE)]
    make_lead()
    make_officer(ARC, is_active=False)
    submission = make_submission(without=("commune",), confirmed=True)
    assert submission.epci is None
    assert organisation_in_charge(submission) is None
    next_morning()
    assert sorted(row.recipient for row in sent("waiting_digest")) == sorted(person.email for person in officers)
    for officer in officers:
        assert submission in ours(Submission).visible_to(officer)


def test_an_officer_elsewhere_who_is_a_partner_here_is_not_told():
    person = make_officer(CCLO)
    Membership.objects.create(user=person, organisation=make_organisation(ARC), role=Membership.Role.PARTNER)
    submission = make_submission(confirmed=True)
    assert officers_in_charge(submission) == []
    assert submission not in ours(Submission).visible_to(person)


def test_only_those_who_can_open_the_pool_are_told_of_it():
    make_officer("", kind="chamber")
    assert officers_in_charge(make_submission(without=("commune",))) == []


@pytest.mark.parametrize("role", [Membership.Role.PARTNER, Membership.Role.EDITOR, Membership.Role.APPROVER])
def test_other_roles_of_the_intercommunality_see_no_file(submission, role):
    person = make_officer(ARC, role=role)
    assert not ours(Submission).visible_to(person).exists()
    assert person not in officers_in_charge(submission)


def test_a_file_is_visible_once_the_address_is_confirmed():
    submission = make_submission()
    for person in (make_officer(), make_lead()):
        assert not ours(Submission).visible_to(person).exists()
    confirm_address(submission=submission)
    for person in (make_officer(), make_lead()):
        assert ours(Submission).visible_to(person).exists()


@pytest.mark.parametrize("email", ["isabelle.morel@tolerie.example", "Isabelle.Morel@Tolerie.Example"])
@pytest.mark.parametrize(("confirmed", "kind"), [(False, "confirm_address"), (True, "access_link")])
def test_one_link_is_sent_by_what_the_address_has_shown(email, confirmed, kind):
    for _ in range(2):
        make_submission(confirmed=confirmed)
    before = ours(Notification).exclude(kind=kind).count()
    send_space_link(email=email)
    assert len(sent(kind)) == (1 if confirmed else 2)  # a confirmation that still waits is not asked for twice
    assert ours(Notification).exclude(kind=kind).count() == before


def test_a_link_for_an_unknown_address_sends_nothing():
    make_submission()
    send_space_link(email="autre@tolerie.example")
    assert ours(Notification).count() == 1


def test_an_unknown_address_asks_the_database_for_the_same_as_a_known_one():
    make_submission(confirmed=True)
    asked = {}
    for email in ("isabelle.morel@tolerie.example", "autre@tolerie.example"):
        with CaptureQueriesContext(connection) as queries:
            send_space_link(email=email)
        asked[email] = [re.sub(r"'[^']*'|[0-9]+", "?", one["sql"]).split("VALUES")[0] for one in queries]
    known, unknown = asked.values()
    assert [sql for sql in known if "SAVEPOINT" not in sql] == [sql for sql in unknown if "SAVEPOINT" not in sql]
    assert any(sql.startswith("INSERT") for sql in unknown)


def test_an_address_that_stopped_gets_what_it_asks_for_and_nothing_else():
    submission = make_submission()
    stop(address=submission.contact.email, topic=submission.topic)
    confirm_address(submission=submission)
    assert sent("receipt")[0].state == Notification.State.STOPPED
    send_space_link(email=submission.contact.email)
    assert sent("access_link")[0].state == Notification.State.DUE
    end_review(submission=submission, officer=make_officer(), on=DAY, message="Bonjour")
    assert sent("reviewed")[0].state == Notification.State.STOPPED


def test_days_before_the_geography_held_do_not_crash():
    submission = make_submission(without=("commune",), on=date(2025, 6, 30))
    assert submission.results.get().matches.exists()
